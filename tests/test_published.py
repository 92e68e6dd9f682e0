"""Every network of the lectures has the parameters and the depth of its paper."""

import inspect
from functools import cache

import keras
import numpy as np
import pytest

from course import modern_cnn
from course.published import BY_DEPTH, PUBLISHED


def builders():
    """Names of the functions that build a network, and their first argument."""
    found = {}
    for name in modern_cnn.__all__:
        value = getattr(modern_cnn, name)
        if callable(value):
            arguments = list(inspect.signature(value).parameters)
            if {"num_classes", "input_shape"} <= set(arguments):
                found[name] = arguments[0]
    return found


def trainable(model):
    return sum(int(np.prod(variable.shape)) for variable in model.trainable_variables)


@cache
def unfilled(name, *args):
    """Build a network without drawing its weights, which takes most of the time."""
    with keras.StatelessScope():
        return getattr(modern_cnn, name)(*args)


def depth(model):
    """Weighted layers on the longest path; a projection is never on it."""
    longest = {}
    for operation in model.operations:
        before = max(
            (longest[id(x)] for x in keras.tree.flatten(operation.input)), default=0
        )
        weighted = isinstance(operation, (keras.layers.Conv2D, keras.layers.Dense))
        longest[id(operation.output)] = before + weighted
    return max(longest.values())


def test_every_builder_has_a_row_and_every_row_a_builder():
    by_depth = {name for name, first in builders().items() if first == "depth"}
    fixed = {name for name, first in builders().items() if first == "num_classes"}
    assert fixed == set(PUBLISHED)
    assert by_depth == {row.builder for row in BY_DEPTH}
    assert set(builders()) - by_depth - fixed == {"resnet"}


@pytest.mark.parametrize("name", PUBLISHED)
def test_network_has_its_published_parameters_and_depth(name):
    model = unfilled(name)
    assert trainable(model) == PUBLISHED[name].parameters
    assert depth(model) == PUBLISHED[name].depth
    assert model.name == name


@pytest.mark.parametrize("row", BY_DEPTH, ids=lambda r: f"{r.builder}-{r.depth}")
def test_family_by_depth_has_its_parameters(row):
    # Parameters grow by the same number with every block a stage: three small
    # networks give those of a deep one, and show that they do.
    step = 9 if row.builder == "resnet_v2_cifar" else 6
    first, second, third = (
        trainable(unfilled(row.builder, n * step + 2)) for n in (1, 2, 3)
    )
    assert third - second == second - first
    n = (row.depth - 2) // step
    assert first + (n - 1) * (second - first) == row.parameters


@pytest.mark.parametrize("row", BY_DEPTH, ids=lambda r: f"{r.builder}-{r.depth}")
def test_family_by_depth_rounds_to_the_number_in_the_paper(row):
    decimals = len(row.millions.split(".")[1])
    parameters = row.parameters
    if "shortcuts" in row.note:
        parameters -= 16 * 32 + 2 * 32 + 32 * 64 + 2 * 64  # the two projections
    if (row.builder, row.depth) == ("resnet_v2_cifar", 1001):
        assert parameters / 1e6 / float(row.millions) == pytest.approx(1.0125, abs=1e-3)
    else:
        assert f"{parameters / 1e6:.{decimals}f}" == row.millions


@pytest.mark.parametrize("name", ["plain_cifar", "resnet_cifar"])
def test_family_by_depth_is_as_deep_as_it_says(name):
    assert depth(unfilled(name, 20)) == 20


def test_preactivation_network_is_as_deep_as_it_says():
    assert depth(unfilled("resnet_v2_cifar", 29)) == 29
    with keras.StatelessScope():
        basic = modern_cnn.resnet_v2_cifar(14, block=modern_cnn.preact_block)
    assert depth(basic) == 14


@pytest.mark.parametrize(
    ("name", "depth", "rule"),
    [
        ("plain_cifar", 21, "6n"),
        ("resnet_cifar", 2, "6n"),
        ("resnet_v2_cifar", 110 + 3, "9n"),
    ],
)
def test_a_depth_that_no_blocks_give_names_the_rule(name, depth, rule):
    with pytest.raises(ValueError, match=rf"depth must be {rule} \+ 2"):
        getattr(modern_cnn, name)(depth)
