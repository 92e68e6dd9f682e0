"""Plain, residual and pre-activation networks for small images.

He et al. 2015, https://arxiv.org/abs/1512.03385, section 4.2: 6n + 2 layers on
CIFAR-10. He et al. 2016, https://arxiv.org/abs/1603.05027: BN and ReLU before the
convolutions, up to 1001 layers.

Departs from the papers: a shortcut that changes shape is projected, also where the
first paper pads with zeros (option A), which costs 2,752 weights at 16 filters.
"""

import keras
from keras import layers

from course.modern_cnn._blocks import (
    _bn_relu,
    _check_feature_map,
    _check_sizes,
    _classify,
    _conv,
    _conv_bn,
    _join,
    _stages,
)
from course.modern_cnn.resnet import residual_block


def preact_block(x, filters, *, stride=1, name=None):
    """Add two 3x3 convolutions to a shortcut, each after its BN and ReLU.

    The residual branch is BN - ReLU - conv 3x3 - BN - ReLU - conv 3x3, and its first
    convolution strides. The shortcut is ``x`` itself; exactly when ``stride`` is not
    1 or ``x`` has not ``filters`` channels, it is a 1x1 convolution with that stride
    instead, without BN, that reads what comes out of the first ReLU, not ``x``.
    Branch and shortcut are added; nothing follows the addition.

    Each convolution, that of the shortcut included, is one Keras layer with padding
    "same" and no bias; BN is a BatchNormalization layer as Keras makes it by default.

    Args:
        x: symbolic tensor (N, H, W, C).
        filters: output channels.
        stride: of the first convolution and of a projected shortcut, an int.
        name: prefix of the layer names; free to use or leave.

    Returns:
        Symbolic tensor (N, H / stride, W / stride, filters), sizes rounded up.

    Raises:
        ValueError: ``x`` has not four axes; ``filters`` or ``stride`` is below 1.

    Source: He et al. 2016, figure 1(b) and section 4.
    """
    _check_feature_map(x)
    _check_sizes(filters=filters, stride=stride)
    shortcut = x
    x = _bn_relu(x, name=_join(name, "1"))
    if stride != 1 or shortcut.shape[-1] != filters:
        shortcut = _conv(x, filters, 1, stride=stride, name=_join(name, "0_conv"))
    x = _conv(x, filters, 3, stride=stride, name=_join(name, "1_conv"))
    x = _bn_relu(x, name=_join(name, "2"))
    x = _conv(x, filters, 3, name=_join(name, "2_conv"))
    return layers.Add(name=_join(name, "add"))([shortcut, x])


def preact_bottleneck_block(x, filters, *, stride=1, name=None):
    """Add 1x1, 3x3 and 1x1 convolutions to a shortcut, each after its BN and ReLU.

    The bottleneck of He et al. 2016: as ``preact_block``, with 4 * ``filters``
    output channels; the 3x3 convolution strides.

    Args:
        x: symbolic tensor (N, H, W, C).
        filters: channels between the 1x1 convolutions, a quarter of the output's.
        stride: of the 3x3 convolution and of a projected shortcut, an int.
        name: prefix of the layer names; free to use or leave.

    Returns:
        Symbolic tensor (N, H / stride, W / stride, 4 * filters), sizes rounded up.

    Raises:
        ValueError: ``x`` has not four axes; ``filters`` or ``stride`` is below 1.

    Source: He et al. 2016, section 4.1.
    """
    _check_feature_map(x)
    _check_sizes(filters=filters, stride=stride)
    shortcut = x
    x = _bn_relu(x, name=_join(name, "1"))
    if stride != 1 or shortcut.shape[-1] != 4 * filters:
        shortcut = _conv(x, 4 * filters, 1, stride=stride, name=_join(name, "0_conv"))
    x = _conv(x, filters, 1, name=_join(name, "1_conv"))
    x = _bn_relu(x, name=_join(name, "2"))
    x = _conv(x, filters, 3, stride=stride, name=_join(name, "2_conv"))
    x = _bn_relu(x, name=_join(name, "3"))
    x = _conv(x, 4 * filters, 1, name=_join(name, "3_conv"))
    return layers.Add(name=_join(name, "add"))([shortcut, x])


def _blocks_per_stage(depth, per_block):
    """Divide the layers but the first and the last among three stages of blocks."""
    n, rest = divmod(depth - 2, 3 * per_block)
    if n < 1 or rest:
        rule = 3 * per_block
        raise ValueError(
            f"depth must be {rule}n + 2 with n at least 1 ({rule + 2}, "
            f"{2 * rule + 2}, {3 * rule + 2}, ...): three stages of n blocks of "
            f"{per_block} convolutions, and two layers around them. Got {depth}."
        )
    return (n, n, n)


def _plain_block(x, filters, *, stride=1, name=None):
    """Do what a residual block does, without its shortcut."""
    for part, step in (("1", stride), ("2", 1)):
        x = _conv_bn(x, filters, 3, stride=step, name=_join(name, part))
        x = layers.ReLU(name=_join(name, f"{part}_relu"))(x)
    return x


def plain_cifar(depth, *, filters=16, num_classes=10, input_shape=(32, 32, 3)):
    """Build a network without shortcuts, the control of He et al. 2015.

    Args:
        depth: weighted layers, 6n + 2 with n at least 1.
        filters: channels of the first stage; two later stages double them.
        num_classes: number of classes.
        input_shape: (H, W, C) of an image.

    Returns:
        keras.Model from "image" to class probabilities (N, num_classes).

    Raises:
        ValueError: ``depth`` is not 6n + 2.
    """
    model = resnet_cifar(
        depth,
        block=_plain_block,
        filters=filters,
        num_classes=num_classes,
        input_shape=input_shape,
    )
    model.name = f"plain{depth}_cifar"
    return model


def resnet_cifar(
    depth,
    *,
    block=residual_block,
    filters=16,
    num_classes=10,
    input_shape=(32, 32, 3),
):
    """Build a residual network for small images, section 4.2 of He et al. 2015.

    Args:
        depth: weighted layers, projections not counted: 6n + 2 with n at least 1.
        block: called as block(x, filters, stride=..., name=...); two convolutions.
        filters: channels of the first stage; two later stages double them.
        num_classes: number of classes.
        input_shape: (H, W, C) of an image.

    Returns:
        keras.Model from "image" to class probabilities (N, num_classes).

    Raises:
        ValueError: ``depth`` is not 6n + 2.
    """
    depths = _blocks_per_stage(depth, 2)
    image = keras.Input(input_shape, name="image")
    x = _conv_bn(image, filters, 3, name="conv1")
    x = layers.ReLU(name="conv1_relu")(x)
    x = _stages(x, block, depths, filters)
    return _classify(image, x, num_classes, f"resnet{depth}_cifar")


def resnet_v2_cifar(
    depth,
    *,
    block=preact_bottleneck_block,
    filters=16,
    num_classes=10,
    input_shape=(32, 32, 3),
):
    """Build a pre-activation residual network, up to 1001 layers and beyond.

    Args:
        depth: weighted layers, projections not counted: 9n + 2 with n at least 1 for
            the bottleneck (164, 1001), 6n + 2 for any other block (110).
        block: called as block(x, filters, stride=..., name=...).
        filters: of the blocks of the first stage; two later stages double them.
        num_classes: number of classes.
        input_shape: (H, W, C) of an image.

    Returns:
        keras.Model from "image" to class probabilities (N, num_classes).

    Raises:
        ValueError: ``depth`` does not follow the rule of its block.
    """
    depths = _blocks_per_stage(depth, 3 if block is preact_bottleneck_block else 2)
    image = keras.Input(input_shape, name="image")
    x = _conv(image, filters, 3, name="conv1_conv")
    x = _stages(x, block, depths, filters)
    x = _bn_relu(x, name="norm5")  # nothing followed the last addition
    return _classify(image, x, num_classes, f"resnet{depth}_v2_cifar")
