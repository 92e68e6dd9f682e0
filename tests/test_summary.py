"""The table of a network tells the truth about it, and can be read."""

import re
from functools import cache

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

from course import modern_cnn
from course.published import PUBLISHED
from course.toolkit.model_table import main, short, summary


@cache
def unfilled(name):
    with keras.StatelessScope():
        return getattr(modern_cnn, name)()


def by_name(table):
    return {row.name: row for row in table.rows}


@pytest.mark.parametrize("blocks", [False, True])
@pytest.mark.parametrize("name", ["googlenet", "resnet50", "alexnet", "densenet121"])
def test_totals_equal_those_of_the_model(name, blocks):
    model = unfilled(name)
    table = summary(model, blocks=blocks)
    assert table.parameters == PUBLISHED[name].parameters
    assert table.parameters + table.fixed == model.count_params()
    assert table.depth == PUBLISHED[name].depth
    assert sum(row.depth for row in summary(model, blocks=True).rows) == table.depth


# Operations in millions that table 1 of the GoogLeNet paper prints. Two rows are
# left out: conv1 (see published.py), and inception_5a, which prints 54.
GOOGLENET_OPERATIONS = {
    "conv2": 360,
    "inception_3a": 128,
    "inception_3b": 304,
    "inception_4a": 73,
    "inception_4b": 88,
    "inception_4c": 100,
    "inception_4d": 119,
    "inception_4e": 170,
    "inception_5b": 71,
    "predictions": 1,
}


# Its weights in K, which is 1024. The last three rows differ by more: see published.py.
GOOGLENET_WEIGHTS = {
    "conv2": (112, 1.0),
    "inception_3a": (159, 1.003),
    "inception_3b": (380, 0.997),
    "inception_4a": (364, 1.008),
    "inception_4b": (437, 1.002),
    "inception_4d": (580, 1.018),
    "inception_4e": (840, 1.008),
    "inception_5b": (1388, 1.015),
    "predictions": (1000, 1.0),
    "conv1": (2.7, 3.403),
    "inception_4c": (463, 1.075),
    "inception_5a": (1072, 0.950),
}


def test_googlenet_reads_like_the_table_of_its_paper():
    rows = by_name(summary(unfilled("googlenet"), blocks=True))
    for name, millions in GOOGLENET_OPERATIONS.items():
        assert rows[name].multiply_adds / 1e6 == pytest.approx(millions, abs=0.65)
    assert rows["conv1"].multiply_adds == 7 * 7 * 3 * 64 * 112 * 112
    assert rows["conv1"].patch == "7x7/2"
    assert rows["inception_3a"].output == "28x28x256"
    assert [rows[name].depth for name in ("conv2", "pool2", "inception_5b")] == [
        2,
        0,
        2,
    ]
    assert rows["inception_5b"].receptive_field == (715, 715)
    assert rows["predictions"].receptive_field == ()
    assert {rows[name].patch for name in rows if "inception" in name} == {
        "1x1, 3x3, 5x5"
    }


@pytest.mark.parametrize("name", GOOGLENET_WEIGHTS)
def test_weights_of_googlenet_against_the_table_of_its_paper(name):
    row = by_name(summary(unfilled("googlenet"), blocks=True))[name]
    height, width = ([int(n) for n in row.output.split("x")] + [1, 1])[:2]
    places = height * width if name != "predictions" else 1
    printed, factor = GOOGLENET_WEIGHTS[name]
    ours = row.multiply_adds / places / 1024
    assert ours / printed == pytest.approx(factor, abs=1e-3)


def test_note_on_googlenet_says_what_its_rows_give():
    rows = by_name(summary(unfilled("googlenet"), blocks=True))
    places = {"inception_4c": 14 * 14, "inception_5a": 7 * 7, "conv2": 56 * 56}
    weights = {name: rows[name].multiply_adds / n for name, n in places.items()}
    note = PUBLISHED["googlenet"].note
    for said in (
        f"the {weights['conv2']:,.0f} of conv2",
        f"{weights['inception_5a'] / 1024:.0f}K",
        f"{rows['inception_5a'].multiply_adds / 1e6:.0f}M",
        f"{weights['inception_4c'] / 1024:.0f}K",
        f"{rows['conv1'].multiply_adds / 1e6:.0f}M",
    ):
        assert said in note


# Ours as a multiple of the paper's rounded number. ResNets of bottlenecks count more,
# because three 1x1 convolutions see four times the places (77 M each) where the 3x3
# strides. GoogLeNet: 118 M where 34 M are printed for conv1. VGG: our 124 M for the
# dense layers.
@pytest.mark.parametrize(
    ("name", "factor"),
    [
        ("googlenet", 1.055),
        ("resnet18", 1.008),
        ("resnet34", 1.018),
        ("resnet50", 1.076),
        ("resnet152", 1.019),
        ("vgg16", 1.011),
        ("vgg19", 1.002),
    ],
)
def test_multiply_adds_against_the_papers(name, factor):
    ours = summary(unfilled(name)).multiply_adds
    assert ours / PUBLISHED[name].multiply_adds == pytest.approx(factor, abs=1e-3)


def test_multiply_adds_by_hand():
    image = keras.Input((8, 10, 4))
    x = layers.Conv2D(6, (3, 1), strides=2, padding="same", name="conv")(image)
    x = layers.Conv2D(8, 3, groups=2, name="groups")(x)
    x = layers.DepthwiseConv2D(1, depth_multiplier=2, name="depthwise")(x)
    x = layers.SeparableConv2D(5, 1, name="separable")(x)
    x = layers.Conv2DTranspose(7, 3, strides=2, name="transposed")(x)
    x = layers.BatchNormalization(name="norm")(x)
    x = layers.Dense(2, name="dense_on_places")(x)
    x = layers.Dense(3, name="dense")(layers.Flatten(name="flatten")(x))
    rows = by_name(summary(keras.Model(image, x)))
    found = {name: row.multiply_adds for name, row in rows.items()}
    assert found == {
        "conv": 3 * 1 * 4 * 6 * (4 * 5),
        "groups": 3 * 3 * 3 * 8 * (2 * 3),
        "depthwise": 8 * 2 * (2 * 3),
        "separable": (16 + 16 * 5) * (2 * 3),
        "transposed": 3 * 3 * 5 * 7 * (2 * 3),  # per input place
        "norm": 0,
        "dense_on_places": 7 * 2 * (5 * 7),
        "flatten": 0,
        "dense": 5 * 7 * 2 * 3,
    }


def seen(model):
    """Rows and columns of input that the central output depends on, by gradient."""
    for variable in model.weights:
        if variable.name != "moving_mean":
            variable.assign(np.abs(variable.numpy()) + 0.1)
    # Noise breaks the ties of max pools: over many images each place wins once.
    shape = (400, *model.input_shape[1:])
    x = tf.constant(np.random.default_rng(0).uniform(0.5, 1, shape).astype("float32"))
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = model(x, training=False)
        centre = y[:, y.shape[1] // 2, y.shape[2] // 2, :]
    touched = np.abs(tape.gradient(centre, x)).sum((0, 3)) > 0
    return tuple(np.ptp(np.flatnonzero(touched.any(axis))) + 1 for axis in (1, 0))


def _chain(x):
    x = layers.Conv2D(2, (3, 5), strides=2, padding="same")(x)
    x = layers.MaxPooling2D(3, strides=2, padding="same")(x)
    return layers.Conv2D(1, 3, dilation_rate=2, padding="same")(x)


def _explicit(x):
    x = layers.ZeroPadding2D(((2, 1), (0, 3)))(x)
    x = layers.Conv2D(2, 4, strides=3)(x)
    x = layers.Cropping2D(((1, 0), (0, 1)))(x)
    return layers.AveragePooling2D(2)(x)


def _unlike_paths(x):
    # Path to the left and path to the right: together more than either.
    left = layers.Conv2D(1, 3)(layers.ZeroPadding2D(((2, 0), (2, 0)))(x))
    right = layers.Conv2D(1, 3)(layers.ZeroPadding2D(((0, 2), (0, 2)))(x))
    return layers.Add()([left, right])


def _up(x):
    x = layers.Conv2D(1, 3, strides=2, padding="same")(x)
    x = layers.Conv2DTranspose(1, 2, strides=2)(x)
    return layers.Conv2D(1, 3, padding="same")(x)


def _inception(x):
    widths = modern_cnn.INCEPTION["3a"]._replace(conv1x1=1, conv3x3=1, conv5x5=1)
    x = modern_cnn.inception_block(x, widths._replace(reduce3x3=1, reduce5x5=1))
    return layers.MaxPooling2D(3, strides=2, padding="same")(x)


def _residual(x):
    x = modern_cnn.bottleneck_block(x, 2, stride=2)
    return modern_cnn.preact_block(x, 8, stride=1)


@pytest.mark.parametrize(
    "network", [_chain, _explicit, _unlike_paths, _up, _inception, _residual]
)
@pytest.mark.parametrize("side", [28, 29])
def test_receptive_field_is_what_the_gradient_reaches(network, side):
    image = keras.Input((side, side, 1))
    model = keras.Model(image, network(image))
    assert seen(model) == summary(model).rows[-1].receptive_field


def test_receptive_field_of_a_chain_is_the_function_of_the_lecture():
    rows = by_name(summary(unfilled("vgg16"), blocks=True))
    chain = [(3, 1), (3, 1), (2, 2)] * 2 + [(3, 1), (3, 1), (3, 1), (2, 2)] * 3
    assert rows["block5"].receptive_field == (modern_cnn.receptive_field(chain),) * 2


def test_models_inside_and_layers_called_twice():
    inner = keras.Sequential(
        [keras.Input((9, 9, 2)), layers.Conv2D(2, 3, name="conv")], name="inner"
    )
    image = keras.Input((9, 9, 2))
    twice = layers.Conv2D(2, 3, padding="same", name="twice")
    model = keras.Model(image, layers.ReLU()(inner(twice(twice(image)))))
    table = summary(model)
    names = [row.name for row in table.rows]
    assert names[:3] == ["twice", "twice", "inner_conv"]
    assert [row.parameters for row in table.rows] == [38, 0, 38, 0]
    assert table.rows[1].multiply_adds == table.rows[0].multiply_adds == 36 * 81
    assert table.rows[-1].receptive_field == (7, 7)
    assert table.parameters == model.count_params()


def test_what_is_not_known_is_said():
    image = keras.Input((None, None, 3))
    table = summary(keras.Model(image, layers.Conv2D(4, 3)(image)))
    assert table.multiply_adds is None
    assert table.rows[0].output == "?x?x4"
    assert "multiply-adds of Conv2D are not known" in str(table)
    with pytest.raises(ValueError, match="starts with keras.Input"):
        summary(keras.Sequential([layers.Dense(2)]))


def test_layers_that_keras_named_are_not_taken_for_blocks():
    image = keras.Input((8, 8, 1))
    x = image
    for _ in range(3):
        x = layers.ReLU()(layers.Conv2D(1, 3)(x))
    assert len(summary(keras.Model(image, x), blocks=True).rows) == 6


@pytest.mark.parametrize("columns", [70, 80, 100, 200])
def test_text_keeps_to_the_terminal_and_its_columns_align(columns, monkeypatch):
    monkeypatch.setenv("COLUMNS", str(columns))
    lines = str(summary(unfilled("resnet18"), blocks=True)).splitlines()
    end = next(i for i, line in enumerate(lines) if line.startswith("total"))
    table = lines[: end + 1]
    assert max(map(len, table)) <= columns
    assert lines[-1].startswith("9,600 further parameters")
    edge = {line.rindex("  ") for line in table[2:-2] if line.endswith("image")}
    assert len(edge) == 1
    assert (", …" in str(table) or "…" in str(table)) == (columns == 70)


@pytest.mark.parametrize(
    ("network", "patches"),
    [
        ("vgg16", {"block1": "3x3, 2x2/2", "block5": "3x3, 2x2/2"}),
        ("densenet121", {"block1": "1x1, 3x3", "transition1": "1x1, 2x2/2"}),
        ("googlenet_with_auxiliary", {"auxiliary1": "1x1, 5x5/3", "pool3": "3x3/2"}),
        ("resnet50", {"conv3_block1": "1x1, 1x1/2, 3x3/2", "pool1": "3x3/2"}),
        ("nin", {"mlpconv1": "1x1, 11x11/4"}),
    ],
)
def test_patches_of_a_block_say_where_it_strides(network, patches, monkeypatch):
    monkeypatch.setenv("COLUMNS", "100")
    table = summary(unfilled(network), blocks=True)
    text, page = str(table), table._repr_html_()
    for name, patch in patches.items():
        assert by_name(table)[name].patch == patch
        assert re.search(rf"^{name} +{patch}  ", text, re.MULTILINE)
        assert f'{name}</td><td style="text-align: left">{patch}</td>' in page


def test_a_pool_that_does_not_stride_shows_where_it_stands_alone():
    image = keras.Input((8, 8, 1))
    x = layers.MaxPooling2D(3, strides=1, padding="same", name="pool1")(image)
    x = layers.Conv2D(1, 3, strides=2, padding="same", name="part1_conv")(x)
    x = layers.MaxPooling2D(3, strides=2, padding="same", name="part1_pool")(x)
    rows = by_name(summary(keras.Model(image, x), blocks=True))
    assert (rows["pool1"].patch, rows["part1"].patch) == ("3x3", "3x3/2")


def test_html_is_escaped():
    image = keras.Input((4, 4, 1))
    model = keras.Model(image, layers.Conv2D(1, 3, name="<b>&bold")(image))
    page = summary(model)._repr_html_()
    assert "&lt;b&gt;&amp;bold" in page
    assert "<b>" not in page


@pytest.mark.parametrize(
    ("number", "text"),
    [(0, "0"), (999, "999"), (1000, "1.00 k"), (9_995, "10.0 k"), (99_949, "99.9 k")]
    + [(999_499, "999 k"), (999_500, "1.00 M"), (118_013_952, "118 M")]
    + [(1_580_000_000, "1.58 G")],
)
def test_short_numbers_have_three_digits(number, text):
    assert short(number) == text


def test_main_prints_the_table_and_its_source(capsys):
    assert main("googlenet") == 0
    out = capsys.readouterr().out
    assert re.search(r"^inception_5b .* 7x7x1024 ", out, re.MULTILINE)
    assert "Szegedy" in out
    assert "Published multiply-adds: 1.5 G." in out  # as the paper prints it
    assert main("resnet_cifar20") == 0
    assert "resnet20_cifar" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("gogglenet", "did you mean googlenet"),
        ("zzz", "there is no network 'zzz'; there is alexnet"),
        ("resnet_cifar", "resnet_cifar20"),
        ("resnet_cifar21", "depth must be 6n + 2"),
        ("vgg_block", "no network 'vgg_block'"),
    ],
)
def test_main_explains_a_name_it_does_not_know(name, message, capsys):
    assert main(name) == 2
    captured = capsys.readouterr()
    assert message in captured.err
    assert captured.out == ""
