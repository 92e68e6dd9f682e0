"""DenseNet: every layer reads all earlier ones (Huang et al. 2016).

"Densely Connected Convolutional Networks", https://arxiv.org/abs/1608.06993; the
variant DenseNet-BC, with bottlenecks and compression.
"""

import keras
from keras import layers

from course.modern_cnn._blocks import (
    _bn_relu,
    _check_feature_map,
    _check_sizes,
    _classify,
    _conv,
    _join,
    _stem,
)


def dense_block(x, num_layers, growth_rate, *, name=None):
    """Let every layer read all that came before it.

    ``num_layers`` times: BN - ReLU - conv 1x1 to 4 * ``growth_rate`` channels - BN -
    ReLU - conv 3x3 to ``growth_rate`` channels, and the result is concatenated
    behind what that layer has read, the oldest channels first. The next layer reads
    the whole.

    Each convolution is one Keras layer with padding "same" and no bias; BN is a
    BatchNormalization layer as Keras makes it by default.

    Args:
        x: symbolic tensor (N, H, W, C).
        num_layers: number of layers, each of two convolutions.
        growth_rate: channels that each layer adds.
        name: prefix of the layer names; free to use or leave.

    Returns:
        Symbolic tensor (N, H, W, C + num_layers * growth_rate); its first C channels
        are ``x``.

    Raises:
        ValueError: ``x`` has not four axes; ``num_layers`` or ``growth_rate`` is
            below 1.

    Source: Huang et al. 2016, section 3 and table 1.
    """
    _check_feature_map(x)
    _check_sizes(num_layers=num_layers, growth_rate=growth_rate)
    for i in range(num_layers):
        layer = _join(name, f"layer{i + 1}")
        new = _bn_relu(x, name=_join(layer, "1"))
        new = _conv(new, 4 * growth_rate, 1, name=_join(layer, "1_conv"))
        new = _bn_relu(new, name=_join(layer, "2"))
        new = _conv(new, growth_rate, 3, name=_join(layer, "2_conv"))
        x = layers.Concatenate(name=_join(layer, "concat"))([x, new])
    return x


def transition_block(x, *, compression=0.5, name=None):
    """Thin out the channels and halve the map between two dense blocks.

    BN - ReLU - conv 1x1 to int(C * ``compression``) channels - 2x2 average pool with
    stride 2. The convolution is one Keras layer without bias; it and the pool have
    padding "same"; BN is a BatchNormalization layer as Keras makes it by default.

    Args:
        x: symbolic tensor (N, H, W, C).
        compression: the part of the channels that stays, above 0 and at most 1.
        name: prefix of the layer names; free to use or leave.

    Returns:
        Symbolic tensor (N, H / 2, W / 2, int(C * compression)); odd sizes are
        rounded up.

    Raises:
        ValueError: ``x`` has not four axes; ``compression`` is not above 0 and at
            most 1, or leaves no channel.

    Source: Huang et al. 2016, section 3.
    """
    _check_feature_map(x)
    filters = int(x.shape[-1] * compression)
    if not 0 < compression <= 1 or filters < 1:
        raise ValueError(
            "compression must be above 0 and at most 1, and leave a channel; "
            f"got {compression} for {x.shape[-1]} channels."
        )
    x = _bn_relu(x, name=name)
    x = _conv(x, filters, 1, name=_join(name, "conv"))
    return layers.AveragePooling2D(2, padding="same", name=_join(name, "pool"))(x)


def _densenet(depths, num_classes, input_shape, name, growth_rate=32):
    """Alternate dense blocks and transitions; a column of table 1 is a row here."""
    image = keras.Input(input_shape, name="image")
    x = _stem(image, 2 * growth_rate)
    for i, num_layers in enumerate(depths):
        if i > 0:
            x = transition_block(x, name=f"transition{i}")
        x = dense_block(x, num_layers, growth_rate, name=f"block{i + 1}")
    x = _bn_relu(x, name="norm5")
    return _classify(image, x, num_classes, name)


def densenet121(num_classes=1000, input_shape=(224, 224, 3)):
    """Build DenseNet-121: 1 + 2 * (6 + 12 + 24 + 16) + 3 + 1 weighted layers.

    Images (N, *input_shape) in, class probabilities (N, num_classes) out.
    """
    return _densenet((6, 12, 24, 16), num_classes, input_shape, "densenet121")


def densenet169(num_classes=1000, input_shape=(224, 224, 3)):
    """Build DenseNet-169: 1 + 2 * (6 + 12 + 32 + 32) + 3 + 1 weighted layers.

    Images (N, *input_shape) in, class probabilities (N, num_classes) out.
    """
    return _densenet((6, 12, 32, 32), num_classes, input_shape, "densenet169")


def densenet201(num_classes=1000, input_shape=(224, 224, 3)):
    """Build DenseNet-201: 1 + 2 * (6 + 12 + 48 + 32) + 3 + 1 weighted layers.

    Images (N, *input_shape) in, class probabilities (N, num_classes) out.
    """
    return _densenet((6, 12, 48, 32), num_classes, input_shape, "densenet201")


def densenet264(num_classes=1000, input_shape=(224, 224, 3)):
    """Build DenseNet-264; its rows in table 1 add up to 265 weighted layers.

    Images (N, *input_shape) in, class probabilities (N, num_classes) out.
    """
    return _densenet((6, 12, 64, 48), num_classes, input_shape, "densenet264")
