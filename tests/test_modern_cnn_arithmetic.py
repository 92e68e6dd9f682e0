"""The numeric questions of lecture 05 against the parameters of real Keras blocks."""

import keras
import numpy as np
import pytest

from course import modern_cnn as cnn
from course.modern_cnn import (
    bottleneck_weights,
    densenet_channels,
    inception_parameters,
)
from course.toolkit.types import InceptionWidths


def sizes(weights):
    return sum(int(np.prod(w.shape)) for w in weights)


def of_convolutions(model):
    kernels = [
        layer for layer in model.layers if isinstance(layer, keras.layers.Conv2D)
    ]
    return sizes(w for layer in kernels for w in layer.trainable_weights)


@pytest.mark.parametrize(
    ("channels", "widths"),
    [
        (1, InceptionWidths(1, 1, 1, 1, 1, 1)),
        (5, InceptionWidths(2, 3, 4, 5, 6, 7)),
        (192, cnn.INCEPTION["3a"]),
        (832, cnn.INCEPTION["5b"]),
    ],
)
def test_inception_parameters_are_those_of_the_block(channels, widths):
    x = keras.Input((4, 4, channels))
    built = sizes(keras.Model(x, cnn.inception_block(x, widths)).trainable_weights)
    assert inception_parameters(channels, widths) == built


def test_inception_parameters_of_the_first_block_as_its_specification_says():
    widths = InceptionWidths(64, 96, 128, 16, 32, 32)
    assert widths == cnn.INCEPTION["3a"]
    assert inception_parameters(192, widths) == 163_696
    assert 192 * 64 + 64 == 12_352


@pytest.mark.parametrize(
    ("channels", "filters"),
    [(256, 64), (64, 64), (256, 128), (1, 1), (4, 1), (7, 2), (100, 3)],
)
def test_bottleneck_weights_are_those_of_the_block(channels, filters):
    x = keras.Input((4, 4, channels))
    model = keras.Model(x, cnn.bottleneck_block(x, filters))
    assert bottleneck_weights(channels, filters) == of_convolutions(model)


def test_bottleneck_weights_of_the_example_as_the_specification_says():
    assert bottleneck_weights(256, 64) == 69_632 == 17 * 64**2
    assert 9 * 64**2 == 36_864


@pytest.mark.parametrize(
    ("channels", "depths", "growth_rate", "compression"),
    [
        (64, (6, 12), 32, 0.5),
        (5, (2,), 3, 0.5),
        (5, (2, 1, 3), 3, 0.5),  # 11 channels, of which 5 stay
        (7, (1, 2, 1), 4, 0.75),
        (6, (2, 2), 2, 1.0),
    ],
)
def test_densenet_channels_are_those_of_the_blocks(
    channels, depths, growth_rate, compression
):
    x = keras.Input((8, 8, channels))
    for block, num_layers in enumerate(depths):
        if block:
            x = cnn.transition_block(x, compression=compression)
        x = cnn.dense_block(x, num_layers, growth_rate)
    counted = densenet_channels(channels, depths, growth_rate, compression=compression)
    assert counted == x.shape[-1]


def test_densenet_channels_of_the_example_as_the_specification_says():
    assert densenet_channels(64, (6,), 32) == 256
    assert densenet_channels(64, (6, 12), 32) == 512


def test_densenet_channels_are_those_of_the_published_network():
    model = cnn.densenet121(input_shape=(32, 32, 3))
    pooled = next(
        layer
        for layer in model.layers
        if isinstance(layer, keras.layers.GlobalAveragePooling2D)
    )
    assert densenet_channels(64, [6, 12, 24, 16], 32) == pooled.input.shape[-1] == 1024


def test_small_integers_of_numpy_do_not_overflow():
    byte = np.uint8(200)
    assert bottleneck_weights(byte, byte) == bottleneck_weights(200, 200)
    widths = InceptionWidths(*[byte] * 6)
    assert inception_parameters(byte, widths) == inception_parameters(
        200, InceptionWidths(*[200] * 6)
    )
    assert densenet_channels(byte, np.array([200, 2], "uint8"), byte) == 20_500
    for number in (
        bottleneck_weights(byte, byte),
        inception_parameters(byte, widths),
        densenet_channels(byte, (byte,), byte),
    ):
        assert type(number) is int


@pytest.mark.parametrize("bad", [(0, 1), (1, 0), (-4, 1), (4, -1)])
def test_bottleneck_weights_refuses(bad):
    with pytest.raises(ValueError, match="must be at least 1, got"):
        bottleneck_weights(*bad)


@pytest.mark.parametrize("name", InceptionWidths._fields)
def test_inception_parameters_refuses(name):
    widths = InceptionWidths(2, 3, 4, 5, 6, 7)
    with pytest.raises(ValueError, match=f"{name} must be at least 1, got 0"):
        inception_parameters(8, widths._replace(**{name: 0}))
    with pytest.raises(ValueError, match="channels must be at least 1, got -1"):
        inception_parameters(-1, widths)


@pytest.mark.parametrize(
    ("arguments", "compression", "said"),
    [
        ((8, (), 4), 0.5, "depths must not be empty"),
        ((8, (2,), 4), 0, "compression must be above 0 and at most 1"),
        ((8, (2,), 4), 1.5, "compression must be above 0 and at most 1"),
        ((0, (2,), 4), 0.5, "channels must be at least 1, got 0"),
        ((8, (2, 0), 4), 0.5, "depths must be at least 1, got"),
        ((8, (2,), -1), 0.5, "growth_rate must be at least 1, got -1"),
        ((1, (1, 1), 1), 0.25, "0.25 leaves none for block 2"),
    ],
)
def test_densenet_channels_refuses(arguments, compression, said):
    with pytest.raises(ValueError, match=said):
        densenet_channels(*arguments, compression=compression)
