"""Residual networks for ImageNet (He et al. 2015, https://arxiv.org/abs/1512.03385).

A block outputs F(x) + x, so that doing nothing, F = 0, is easy to learn.

Departs from the paper: in a bottleneck the 3x3 convolution strides, not the first
1x1, which would skip three quarters of its input. Most later code does the same.
"""

import keras
from keras import layers

from course.modern_cnn._blocks import (
    _check_feature_map,
    _check_input_shape,
    _check_sizes,
    _classify,
    _conv_bn,
    _join,
    _stages,
    _stem,
)


def residual_block(x, filters, *, stride=1, name=None):
    """Add two 3x3 convolutions to a shortcut.

    The residual branch is conv 3x3 - BN - ReLU - conv 3x3 - BN, and its first
    convolution strides. The shortcut is ``x`` itself; exactly when ``stride`` is not
    1 or ``x`` has not ``filters`` channels, it is a 1x1 convolution with that stride
    and a BN instead. Branch and shortcut are added, then comes a ReLU.

    Each convolution is one Keras layer with padding "same" and no bias; BN is a
    BatchNormalization layer as Keras makes it by default.

    Args:
        x: symbolic tensor (N, H, W, C).
        filters: output channels.
        stride: of the first convolution and of a projected shortcut, an int.
        name: prefix of the layer names; free to use or leave.

    Returns:
        Symbolic tensor (N, H / stride, W / stride, filters), sizes rounded up.

    Raises:
        ValueError: ``x`` has not four axes; ``filters`` or ``stride`` is below 1.

    Source: He et al. 2015, figure 5 left and section 3.3 (option B).
    """
    _check_feature_map(x)
    _check_sizes(filters=filters, stride=stride)
    shortcut = x
    if stride != 1 or x.shape[-1] != filters:
        shortcut = _conv_bn(x, filters, 1, stride=stride, name=_join(name, "0"))
    x = _conv_bn(x, filters, 3, stride=stride, name=_join(name, "1"))
    x = layers.ReLU(name=_join(name, "1_relu"))(x)
    x = _conv_bn(x, filters, 3, name=_join(name, "2"))
    x = layers.Add(name=_join(name, "add"))([shortcut, x])
    return layers.ReLU(name=_join(name, "out"))(x)


def bottleneck_block(x, filters, *, stride=1, name=None):
    """Add a 3x3 convolution between two of 1x1 to a shortcut.

    The residual branch is conv 1x1 - BN - ReLU - conv 3x3 - BN - ReLU - conv 1x1 -
    BN. The first two convolutions have ``filters`` channels, the last one
    4 * ``filters``; the 3x3 convolution strides. The shortcut is ``x`` itself;
    exactly when ``stride`` is not 1 or ``x`` has not 4 * ``filters`` channels, it is
    a 1x1 convolution with that stride and a BN instead. Branch and shortcut are
    added, then comes a ReLU.

    Each convolution is one Keras layer with padding "same" and no bias; BN is a
    BatchNormalization layer as Keras makes it by default.

    Args:
        x: symbolic tensor (N, H, W, C).
        filters: channels between the 1x1 convolutions, a quarter of the output's.
        stride: of the 3x3 convolution and of a projected shortcut, an int.
        name: prefix of the layer names; free to use or leave.

    Returns:
        Symbolic tensor (N, H / stride, W / stride, 4 * filters), sizes rounded up.

    Raises:
        ValueError: ``x`` has not four axes; ``filters`` or ``stride`` is below 1.

    Source: He et al. 2015, figure 5 right. The paper lets the first 1x1 stride.
    """
    _check_feature_map(x)
    _check_sizes(filters=filters, stride=stride)
    shortcut = x
    if stride != 1 or x.shape[-1] != 4 * filters:
        shortcut = _conv_bn(x, 4 * filters, 1, stride=stride, name=_join(name, "0"))
    x = _conv_bn(x, filters, 1, name=_join(name, "1"))
    x = layers.ReLU(name=_join(name, "1_relu"))(x)
    x = _conv_bn(x, filters, 3, stride=stride, name=_join(name, "2"))
    x = layers.ReLU(name=_join(name, "2_relu"))(x)
    x = _conv_bn(x, 4 * filters, 1, name=_join(name, "3"))
    x = layers.Add(name=_join(name, "add"))([shortcut, x])
    return layers.ReLU(name=_join(name, "out"))(x)


def resnet(depths, *, filters=64, num_classes=1000, input_shape=(224, 224, 3)):
    """Build a residual network of bottleneck blocks.

    Stem: a 7x7 convolution with stride 2 to ``filters`` channels, padding "same" and
    no bias; BN; ReLU; a 3x3 max pool with stride 2 and padding "same". Then one
    stage per entry of ``depths``: stage i, counted from 0, is ``depths[i]`` calls of
    your ``bottleneck_block`` with ``filters`` * 2^i as its filters. The first block
    of every stage but the first has stride 2, all others 1. Head: global average
    pool, then a dense layer with softmax.

    ``resnet((3, 4, 6, 3))`` is ResNet-50.

    Args:
        depths: number of blocks in each stage.
        filters: channels of the stem, and filters of the blocks of the first stage.
        num_classes: number of classes.
        input_shape: (H, W, C) of an image.

    Returns:
        keras.Model from images to class probabilities (N, num_classes).

    Raises:
        ValueError: ``depths`` is empty; one of ``depths``, ``filters`` or
            ``num_classes`` is below 1; ``input_shape`` has not three entries, or one
            below 1.

    Source: He et al. 2015, table 1.
    """
    if len(depths) == 0:
        raise ValueError(f"depths must hold at least one stage, got {depths}.")
    _check_input_shape(input_shape)
    _check_sizes(depths=depths, filters=filters, num_classes=num_classes)
    image = keras.Input(input_shape, name="image")
    x = _conv_bn(image, filters, 7, stride=2, name="conv1")
    x = layers.ReLU(name="conv1_relu")(x)
    x = layers.MaxPooling2D(3, strides=2, padding="same", name="pool1")(x)
    for stage, depth in enumerate(depths):
        for i in range(depth):
            stride = 2 if stage > 0 and i == 0 else 1
            name = f"conv{stage + 2}_block{i + 1}"
            x = bottleneck_block(x, filters * 2**stage, stride=stride, name=name)
    x = layers.GlobalAveragePooling2D(name="avg_pool")(x)
    x = layers.Dense(num_classes, activation="softmax", name="predictions")(x)
    return keras.Model(image, x, name="resnet")


def _basic_resnet(depths, num_classes, input_shape, name):
    _check_input_shape(input_shape)
    image = keras.Input(input_shape, name="image")
    x = _stages(_stem(image, 64), residual_block, depths, 64)
    return _classify(image, x, num_classes, name)


def resnet18(num_classes=1000, input_shape=(224, 224, 3)):
    """Build ResNet-18: 1 + 2 * (2 + 2 + 2 + 2) + 1 weighted layers.

    Images (N, *input_shape) in, class probabilities (N, num_classes) out.
    """
    return _basic_resnet((2, 2, 2, 2), num_classes, input_shape, "resnet18")


def resnet34(num_classes=1000, input_shape=(224, 224, 3)):
    """Build ResNet-34: 1 + 2 * (3 + 4 + 6 + 3) + 1 weighted layers.

    Images (N, *input_shape) in, class probabilities (N, num_classes) out.
    """
    return _basic_resnet((3, 4, 6, 3), num_classes, input_shape, "resnet34")


def _bottleneck_resnet(depths, num_classes, input_shape, name):
    model = resnet(depths, num_classes=num_classes, input_shape=input_shape)
    model.name = name
    return model


def resnet50(num_classes=1000, input_shape=(224, 224, 3)):
    """Build ResNet-50: 1 + 3 * (3 + 4 + 6 + 3) + 1 weighted layers.

    Images (N, *input_shape) in, class probabilities (N, num_classes) out.
    """
    return _bottleneck_resnet((3, 4, 6, 3), num_classes, input_shape, "resnet50")


def resnet101(num_classes=1000, input_shape=(224, 224, 3)):
    """Build ResNet-101: 1 + 3 * (3 + 4 + 23 + 3) + 1 weighted layers.

    Images (N, *input_shape) in, class probabilities (N, num_classes) out.
    """
    return _bottleneck_resnet((3, 4, 23, 3), num_classes, input_shape, "resnet101")


def resnet152(num_classes=1000, input_shape=(224, 224, 3)):
    """Build ResNet-152: 1 + 3 * (3 + 8 + 36 + 3) + 1 weighted layers.

    Images (N, *input_shape) in, class probabilities (N, num_classes) out.
    """
    return _bottleneck_resnet((3, 8, 36, 3), num_classes, input_shape, "resnet152")
