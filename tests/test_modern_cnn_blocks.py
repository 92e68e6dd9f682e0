"""The blocks of lecture 05: shapes, parameters, functions written out, errors."""

import keras
import numpy as np
import pytest
from keras import layers, ops

from course import modern_cnn as cnn
from course.modern_cnn.alexnet import LocalResponseNorm
from course.toolkit.types import InceptionWidths

WIDTHS = InceptionWidths(2, 3, 4, 5, 6, 7)
BLOCKS = {
    "two_tower_conv": (lambda x, **k: cnn.two_tower_conv(x, 6, 3, stride=2, **k)),
    "vgg_block": (lambda x, **k: cnn.vgg_block(x, 5, 2, **k)),
    "inception_block": (lambda x, **k: cnn.inception_block(x, WIDTHS, **k)),
    "residual_block": (lambda x, **k: cnn.residual_block(x, 5, stride=2, **k)),
    "bottleneck_block": (lambda x, **k: cnn.bottleneck_block(x, 3, stride=2, **k)),
    "preact_block": (lambda x, **k: cnn.preact_block(x, 5, stride=2, **k)),
    "preact_bottleneck_block": (
        lambda x, **k: cnn.preact_bottleneck_block(x, 3, stride=2, **k)
    ),
    "dense_block": (lambda x, **k: cnn.dense_block(x, 3, 2, **k)),
    "transition_block": (lambda x, **k: cnn.transition_block(x, **k)),
}
# Output for an input of (7, 10, 4), and trainable parameters counted by hand.
EXPECTED = {
    "two_tower_conv": ((4, 5, 6), 9 * 2 * 6 + 6),
    "vgg_block": ((4, 5, 5), (9 * 4 * 5 + 5) + (9 * 5 * 5 + 5)),
    "inception_block": (
        (7, 10, 2 + 4 + 6 + 7),
        (4 * 2 + 2)
        + (4 * 3 + 3)
        + (9 * 3 * 4 + 4)
        + (4 * 5 + 5)
        + (25 * 5 * 6 + 6)
        + (4 * 7 + 7),
    ),
    "residual_block": ((4, 5, 5), 9 * 4 * 5 + 9 * 5 * 5 + 4 * 5 + 3 * 2 * 5),
    "bottleneck_block": (
        (4, 5, 12),
        4 * 3 + 9 * 3 * 3 + 3 * 12 + 4 * 12 + 2 * (3 + 3 + 12 + 12),
    ),
    "preact_block": ((4, 5, 5), 9 * 4 * 5 + 9 * 5 * 5 + 4 * 5 + 2 * (4 + 5)),
    "preact_bottleneck_block": (
        (4, 5, 12),
        4 * 3 + 9 * 3 * 3 + 3 * 12 + 4 * 12 + 2 * (4 + 3 + 3),
    ),
    "dense_block": (
        (7, 10, 10),
        sum(2 * c + c * 8 + 2 * 8 + 9 * 8 * 2 for c in (4, 6, 8)),
    ),
    "transition_block": ((4, 5, 2), 2 * 4 + 4 * 2),
}


SHAPE = r"input_shape must be \(H, W, C\)"


def build(block, **kwargs):
    image = keras.Input((7, 10, 4))
    return keras.Model(image, BLOCKS[block](image, **kwargs))


def randomize(model):
    rng = np.random.default_rng(1)
    for variable in model.weights:
        value = rng.uniform(0.5, 1.5, variable.shape)
        sign = rng.choice([-1, 1], variable.shape)
        variable.assign(value if "variance" in variable.name else value * sign)


def noise(*shape):
    return np.random.default_rng(2).normal(size=shape).astype("float32")


@pytest.mark.parametrize("name", BLOCKS)
def test_block_has_the_shape_and_the_parameters_of_its_specification(name):
    model = build(name)
    shape, parameters = EXPECTED[name]
    assert model.output_shape[1:] == shape
    assert sum(w.numpy().size for w in model.trainable_weights) == parameters


@pytest.mark.parametrize("name", BLOCKS)
def test_names_follow_the_prefix_and_are_free_without_one(name):
    image = keras.Input((8, 8, 4))
    block = BLOCKS[name]
    keras.Model(image, [block(image), block(image)])  # no name occurs twice
    named = keras.Model(image, block(image, name="part"))
    assert all(layer.name.startswith("part_") for layer in named.layers[1:])


@pytest.mark.parametrize("name", BLOCKS)
def test_input_without_four_axes_is_refused(name):
    with pytest.raises(ValueError, match=r"x must be a tensor \(N, H, W, C\)"):
        BLOCKS[name](keras.Input((12,)))


@pytest.mark.parametrize(
    "call",
    [
        lambda x: cnn.two_tower_conv(x, 0, 3),
        lambda x: cnn.two_tower_conv(x, 4, (3, 0)),
        lambda x: cnn.two_tower_conv(x, 4, 3, stride=0),
        lambda x: cnn.vgg_block(x, 0, 1),
        lambda x: cnn.vgg_block(x, 1, 0),
        lambda x: cnn.inception_block(x, WIDTHS._replace(pool_proj=0)),
        lambda x: cnn.residual_block(x, 0),
        lambda x: cnn.residual_block(x, 4, stride=0),
        lambda x: cnn.bottleneck_block(x, 0),
        lambda x: cnn.bottleneck_block(x, 4, stride=0),
        lambda x: cnn.preact_block(x, 0),
        lambda x: cnn.preact_block(x, 4, stride=0),
        lambda x: cnn.preact_bottleneck_block(x, 0),
        lambda x: cnn.preact_bottleneck_block(x, 4, stride=0),
        lambda x: cnn.dense_block(x, 0, 4),
        lambda x: cnn.dense_block(x, 4, 0),
        lambda x: cnn.resnet((1, 0)),
        lambda x: cnn.resnet((1,), filters=0),
        lambda x: cnn.resnet((1,), num_classes=0),
    ],
)
def test_sizes_below_one_are_refused(call):
    with pytest.raises(ValueError, match=r"must be at least 1, got"):
        call(keras.Input((8, 8, 4)))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda x: cnn.two_tower_conv(x, 5, 3), "even number"),
        (lambda x: cnn.two_tower_conv(x[..., :3], 4, 3), "even number"),
        (lambda x: cnn.two_tower_conv(x, 4, 9, padding="valid"), "output size"),
        (lambda x: cnn.two_tower_conv(x, 4, 3, padding="full"), "padding"),
        (lambda x: cnn.transition_block(x, compression=0), "above 0"),
        (lambda x: cnn.transition_block(x, compression=1.5), "at most 1"),
        (lambda x: cnn.transition_block(x, compression=0.2), "leave a channel"),
        (lambda x: cnn.resnet(()), "at least one stage"),
        (lambda x: cnn.resnet((1,), input_shape=(32, 32)), SHAPE),
        (lambda x: cnn.resnet((1,), input_shape=(4, 32, 32, 3)), SHAPE),
        (lambda x: cnn.resnet((1,), input_shape=(0, 32, 3)), rf"{SHAPE}.*\(0, 32, 3\)"),
        (lambda x: cnn.resnet((1,), input_shape=(None, -1, 3)), SHAPE),
        (lambda x: cnn.resnet((1,), input_shape=(32, 32, 0)), SHAPE),
        (lambda x: cnn.resnet18(input_shape=(0, 32, 3)), SHAPE),
        (lambda x: cnn.resnet50(input_shape=(0, 32, 3)), SHAPE),
    ],
)
def test_arguments_that_do_not_fit_are_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call(keras.Input((8, 8, 4)))


def test_towers_do_not_see_each_other():
    model = build("two_tower_conv")
    x = noise(1, 7, 10, 4)
    y = np.array(model(x))
    x[..., 2:] += 1
    changed = np.array(model(x)) != y
    assert not changed[..., :3].any()
    assert changed[..., 3:].any()


def test_local_response_norm_layer_equals_the_function():
    x = noise(2, 3, 4, 7) * 30
    expected = [cnn.local_response_norm(image) for image in x]
    np.testing.assert_allclose(LocalResponseNorm()(x), expected, rtol=1e-5)


@pytest.mark.parametrize(
    ("block", "channels", "projected"),
    [
        (lambda x: cnn.residual_block(x, 4), 4, False),
        (lambda x: cnn.residual_block(x, 4, stride=2), 4, True),
        (lambda x: cnn.residual_block(x, 5), 4, True),
        (lambda x: cnn.bottleneck_block(x, 2), 8, False),
        (lambda x: cnn.bottleneck_block(x, 2), 2, True),
        (lambda x: cnn.preact_block(x, 4), 4, False),
        (lambda x: cnn.preact_block(x, 4, stride=2), 4, True),
    ],
)
def test_shortcut_is_projected_exactly_when_the_shape_changes(
    block, channels, projected
):
    image = keras.Input((8, 8, channels))
    model = keras.Model(image, block(image))
    kernels = [
        layer.kernel_size for layer in model.layers if isinstance(layer, layers.Conv2D)
    ]
    add = next(layer for layer in model.layers if isinstance(layer, layers.Add))
    assert (add.input[0] is not image) == projected
    assert len(kernels) == (3 if channels in (8, 2) else 2) + projected


def test_preact_projection_reads_the_first_relu():
    model = build("preact_block", name="p")
    projection = model.get_layer("p_0_conv")
    assert projection.input is model.get_layer("p_1_relu").output
    assert projection.output is model.get_layer("p_add").input[0]
    assert np.array(model(noise(1, 7, 10, 4))).min() < 0  # no ReLU after the addition


def test_dense_block_keeps_its_input_in_front():
    model = build("dense_block")
    randomize(model)
    x = noise(2, 7, 10, 4)
    np.testing.assert_array_equal(np.array(model(x))[..., :4], x)


def test_inception_pool_branch_is_the_last_and_pools_before_it_projects():
    model = build("inception_block", name="i")
    randomize(model)
    x = noise(1, 7, 10, 4)
    pooled = ops.max_pool(x, 3, strides=1, padding="same")
    conv = model.get_layer("i_pool_proj_conv")
    expected = ops.relu(pooled @ conv.kernel[0, 0] + conv.bias)
    np.testing.assert_allclose(np.array(model(x))[..., -7:], expected, atol=1e-5)


@pytest.mark.parametrize("side", [32, 33])
def test_resnet_stages_halve_the_map_and_double_the_channels(side):
    model = cnn.resnet((1, 2, 1), filters=4, num_classes=3, input_shape=(side, side, 1))
    shapes = [
        model.get_layer(f"conv{stage}_block1_out").output.shape[1:]
        for stage in (2, 3, 4)
    ]
    first = -(-side // 4)
    second = -(-first // 2)
    third = -(-second // 2)
    assert shapes == [(first, first, 16), (second, second, 32), (third, third, 64)]
    np.testing.assert_allclose(
        ops.sum(model(noise(2, side, side, 1)), -1), 1, atol=1e-5
    )


def test_resnet_takes_images_of_any_size():
    model = cnn.resnet((1,), filters=2, num_classes=3, input_shape=(None, None, 1))
    assert model.input_shape == (None, None, None, 1)
    assert model(noise(2, 9, 12, 1)).shape == (2, 3)


def test_googlenet_heads_are_told_by_name():
    model = cnn.googlenet_with_auxiliary(num_classes=3, input_shape=(224, 224, 3))
    shapes = {name: output.shape for name, output in model.output.items()}
    assert shapes == dict.fromkeys(
        ("predictions", "auxiliary1", "auxiliary2"), (None, 3)
    )
