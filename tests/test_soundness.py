"""The rules that make an observation sound hold for every exercise's probes."""

import inspect

import keras
import numpy as np
import pytest
from keras import layers

from course.checks.calls import call_text
from course.checks.fill import fill, weights_with_roles
from course.checks.keras_observer import _inputs, materialized, pinned
from course.checks.observe import observe
from course.checks.probe import Probe, Tensor
from course.exercises import PUBLIC_SEED, load, public

SEEDS = (PUBLIC_SEED, 5, 77)
MODELS = [e for e in load("modern_cnn").values() if e.observer == "model"]
BLOCKS = [e for e in MODELS if e.name != "resnet"]
ids = [e.name for e in MODELS]


def behaviour(exercise, seed=PUBLIC_SEED):
    return [p for p in exercise.draw(seed) if p.claim == "behaviour"]


def built(exercise, probe):
    real = materialized(probe)
    result = public.reference(exercise)(*real.args, **real.kwargs)
    if isinstance(result, keras.Model):
        return result
    return keras.Model([a for a in real.args if hasattr(a, "shape")], result)


@pytest.mark.parametrize("exercise", MODELS, ids=ids)
def test_statistics_of_the_batch_rest_on_32_values(exercise):
    for probe in behaviour(exercise):
        model = built(exercise, probe)
        batch = len(_inputs(model, probe))
        for layer in model.layers:
            if isinstance(layer, layers.BatchNormalization):
                values = batch * np.prod(layer.input.shape[1:3])
                assert values >= 32, (
                    f"{call_text(exercise.name, probe)}: {layer.name} sees {values} "
                    "values a channel: take a larger map, or more inputs by "
                    "options=dict(batch=...)"
                )


@pytest.mark.parametrize("exercise", BLOCKS, ids=[e.name for e in BLOCKS])
def test_blocks_are_called_on_even_and_on_odd_sizes(exercise):
    sizes = [s for p in behaviour(exercise) for s in p.args[0].shape[:2]]
    assert {size % 2 for size in sizes} == {0, 1}, "probe even and odd sizes"


def strides(exercise):
    return "stride" in inspect.signature(public.reference(exercise)).parameters


STRIDING = [e for e in BLOCKS if strides(e)]


@pytest.mark.parametrize("exercise", STRIDING, ids=[e.name for e in STRIDING])
def test_blocks_stride_by_two_and_by_three_on_maps_where_it_shows(exercise):
    """Padding "same" begins elsewhere on even sizes than on odd ones."""
    rows = [
        (p.kwargs.get("stride", 1), p.args[0].shape[:2]) for p in behaviour(exercise)
    ]
    rows = [(stride, shape) for stride, shape in rows if min(shape) > 1]
    assert {1, 3} <= {stride for stride, _ in rows}, "probe the strides 1 and 3"
    if exercise.name != "two_tower_conv":
        even = any(stride == 2 and not shape[0] % 2 for stride, shape in rows)
        assert even, "probe a stride of 2 on an even height"


def test_probes_have_one_channel_and_strides_where_they_can():
    for exercise in MODELS:
        probes = behaviour(exercise)
        if strides(exercise):
            assert any("stride" in p.kwargs for p in probes), exercise.id
    single = [
        e.name
        for e in MODELS
        for p in behaviour(e)
        if 1 in (p.args[0].shape[-1:] if isinstance(p.args[0], Tensor) else ())
        or 1 in p.kwargs.get("input_shape", ())
    ]
    assert {"vgg_block", "inception_block", "dense_block", "resnet"} <= set(single)


@pytest.mark.parametrize("seed", SEEDS)
def test_no_softmax_saturates_and_no_output_is_constant(seed):
    exercise = load("modern_cnn")["resnet"]
    for probe in behaviour(exercise, seed):
        outputs = observe(public.reference(exercise), probe, "model")["outputs"]
        for mode, least in (("inference", 0.003), ("training", 0.03)):
            probabilities = outputs[mode]["output"]
            assert 1e-6 < probabilities.min() and probabilities.max() < 0.99
            if len(probabilities) > 1:  # one image cannot differ from the others
                assert np.log(probabilities).std(axis=0).max() > least


@pytest.mark.parametrize("exercise", MODELS, ids=ids)
def test_expected_values_are_finite_and_vary(exercise):
    for probe in behaviour(exercise):
        outputs = observe(public.reference(exercise), probe, "model")["outputs"]
        for named in outputs.values():
            assert np.isfinite(named["output"]).all()
            values = named["output"]
            assert values.std() > 1e-3 * np.abs(values).max()


def test_weights_lie_where_a_mistake_shows():
    inputs = keras.Input((8, 8, 16))
    x = layers.Conv2D(64, 3)(inputs)
    x = layers.BatchNormalization()(x)
    model = keras.Model(inputs, layers.Dense(5)(x))
    fill(model, 3)
    values = {}
    for variable, role, _ in weights_with_roles(model):
        values.setdefault(role, np.asarray(variable))
    assert 1 <= values["variance"].min() and values["variance"].max() <= 4
    assert 0.5 <= values["scale"].min() and values["scale"].max() <= 1.5
    assert np.abs(values["mean"]).max() > 0.1
    assert values["kernel"].std() == pytest.approx(np.sqrt(2 / (9 * 16)), rel=0.05)


def test_weights_depend_on_shape_role_and_seed_only():
    def filled(names, seed):
        inputs = keras.Input((4, 4, 3))
        made = {n: layers.Conv2D(3, 3, padding="same", name=n) for n in names}
        x = inputs
        for name in names:
            x = made[name](x)
        fill(keras.Model(inputs, x), seed)
        return np.asarray(made["a"].kernel)

    assert np.array_equal(filled(["a", "b"], 1), filled(["b", "c", "a"], 1))
    assert not np.array_equal(filled(["a"], 1), filled(["a"], 2))


def test_a_moved_statistic_does_not_leak_into_the_next_call():
    def twice(**flag):
        def block(x):
            norm = layers.BatchNormalization(momentum=0.0)
            return norm(norm(x, **flag))

        probe = Probe((Tensor((6, 6, 3)),), options={"seed": 1})
        return observe(block, probe, "model")["outputs"]

    # The plain call of the first moves its statistics; Keras lets a model's own
    # training=False win over the layer's flag, so the second calls must agree.
    forced, free = twice(training=True), twice()
    assert not np.array_equal(forced["plain"]["output"], free["plain"]["output"])
    assert np.array_equal(forced["inference"]["output"], free["inference"]["output"])


def test_random_layers_are_not_weights():
    inputs = keras.Input((4,))
    model = keras.Model(inputs, layers.Dropout(0.5)(inputs))
    assert weights_with_roles(model) == []


def test_models_run_on_the_cpu():
    seen = []

    class Where(layers.Layer):
        def call(self, x):
            seen.append(getattr(x, "device", ""))
            return x

    with pinned():
        keras.Model(i := keras.Input((2,)), Where()(i))(np.zeros((1, 2)))
    assert any("CPU" in place for place in seen)
