"""VGG: nothing but 3x3 convolutions (Simonyan and Zisserman 2014).

"Very Deep Convolutional Networks for Large-Scale Image Recognition",
https://arxiv.org/abs/1409.1556.
"""

import keras
from keras import layers

from course.modern_cnn._blocks import (
    _check_feature_map,
    _check_sizes,
    _conv_relu,
    _join,
)


def vgg_block(x, filters, num_convs, *, name=None):
    """Convolve several times at one resolution, then halve it.

    ``num_convs`` times a 3x3 convolution with bias and padding "same", each one Keras
    layer and followed by a ReLU; then one 2x2 max pool with stride 2, also with
    padding "same".

    Args:
        x: symbolic tensor (N, H, W, C).
        filters: output channels of each convolution.
        num_convs: number of convolutions.
        name: prefix of the layer names; free to use or leave.

    Returns:
        Symbolic tensor (N, H / 2, W / 2, filters); odd sizes are rounded up.

    Raises:
        ValueError: ``x`` has not four axes; ``filters`` or ``num_convs`` is below 1.

    Source: Simonyan and Zisserman 2014, section 2.1 and table 1.
    """
    _check_feature_map(x)
    _check_sizes(filters=filters, num_convs=num_convs)
    for i in range(num_convs):
        x = _conv_relu(x, filters, 3, name=_join(name, i + 1))
    return layers.MaxPooling2D(2, padding="same", name=_join(name, "pool"))(x)


def _vgg(depths, num_classes, input_shape, name):
    """Stack five blocks and three dense layers; a column of table 1 is a row here."""
    image = keras.Input(input_shape, name="image")
    x = image
    for i, depth in enumerate(depths):
        x = vgg_block(x, min(64 * 2**i, 512), depth, name=f"block{i + 1}")
    x = layers.Flatten(name="flatten")(x)
    for fc in ("fc1", "fc2"):
        x = layers.Dense(4096, activation="relu", name=fc)(x)
        x = layers.Dropout(0.5, name=f"{fc}_dropout")(x)
    x = layers.Dense(num_classes, activation="softmax", name="predictions")(x)
    return keras.Model(image, x, name=name)


def vgg11(num_classes=1000, input_shape=(224, 224, 3)):
    """Build VGG-11, column A of table 1: 8 convolutions and 3 dense layers.

    Images (N, *input_shape) in, class probabilities (N, num_classes) out.
    """
    return _vgg((1, 1, 2, 2, 2), num_classes, input_shape, "vgg11")


def vgg13(num_classes=1000, input_shape=(224, 224, 3)):
    """Build VGG-13, column B of table 1: 10 convolutions and 3 dense layers.

    Images (N, *input_shape) in, class probabilities (N, num_classes) out.
    """
    return _vgg((2, 2, 2, 2, 2), num_classes, input_shape, "vgg13")


def vgg16(num_classes=1000, input_shape=(224, 224, 3)):
    """Build VGG-16, column D of table 1: 13 convolutions and 3 dense layers.

    Images (N, *input_shape) in, class probabilities (N, num_classes) out.
    """
    return _vgg((2, 2, 3, 3, 3), num_classes, input_shape, "vgg16")


def vgg19(num_classes=1000, input_shape=(224, 224, 3)):
    """Build VGG-19, column E of table 1: 16 convolutions and 3 dense layers.

    Images (N, *input_shape) in, class probabilities (N, num_classes) out.
    """
    return _vgg((2, 2, 4, 4, 4), num_classes, input_shape, "vgg19")
