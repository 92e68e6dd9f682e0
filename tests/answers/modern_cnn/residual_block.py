"""Answers to ``residual_block`` that must pass, and some that must not."""

from functools import partial, reduce

import keras
from keras import layers, ops


def _refuse(x, filters, stride):
    if len(x.shape) != 4:
        raise ValueError("x must be (N, H, W, C)")
    if filters < 1 or stride < 1:
        raise ValueError("filters and stride must be at least 1")


def with_activation_layers(x, filters, *, stride=1, name=None):
    _refuse(x, filters, stride)
    y = layers.Conv2D(filters, 3, strides=stride, padding="same", use_bias=False)(x)
    y = layers.BatchNormalization()(y)
    y = layers.Activation("relu")(y)
    y = layers.Conv2D(filters, 3, padding="same", use_bias=False)(y)
    y = layers.BatchNormalization()(y)
    if stride > 1 or x.shape[-1] != filters:
        x = layers.Conv2D(filters, 1, strides=stride, padding="same", use_bias=False)(x)
        x = layers.BatchNormalization()(x)
    y = layers.Add()([y, x])
    return layers.Activation("relu")(y)


def with_operators(x, filters, *, stride=1):
    _refuse(x, filters, stride)
    conv = partial(layers.Conv2D, filters, use_bias=False)
    same = stride == 1 and x.shape[3] == filters
    f = layers.BatchNormalization()(conv(3, stride, "same")(x))
    f = layers.BatchNormalization()(conv(3, 1, "same")(ops.relu(f)))
    h = x if same else layers.BatchNormalization()(conv(1, stride)(x))
    return ops.relu(f + h)


def subsampling_before_a_1x1_shortcut(x, filters, *, stride=1):
    _refuse(x, filters, stride)
    bn = layers.BatchNormalization
    shortcut = x
    if (stride, x.shape[-1]) != (1, filters):
        shortcut = layers.Dense(filters, use_bias=False)(x[:, ::stride, ::stride, :])
        shortcut = bn()(shortcut)
    x = bn()(layers.Conv2D(filters, 3, stride, "same", use_bias=False)(x))
    x = bn()(layers.Conv2D(filters, 3, 1, "same", use_bias=False)(layers.ReLU()(x)))
    return layers.ReLU()(layers.add([shortcut, x]))


def pooling_one_before_a_1x1_shortcut(x, filters, *, stride=1):
    _refuse(x, filters, stride)

    def bn(t):
        return layers.BatchNormalization(momentum=0.9)(t)

    y = bn(layers.Conv2D(filters, 3, stride, padding="same", use_bias=False)(x))
    y = keras.activations.relu(y)
    y = bn(layers.Conv2D(filters, 3, padding="same", use_bias=False)(y))
    if not (stride == 1 and x.shape[-1] == filters):
        x = layers.MaxPooling2D(pool_size=1, strides=stride)(x)
        x = bn(layers.Conv2D(filters, 1, use_bias=False)(x))
    return keras.activations.relu(ops.add(x, y))


def with_the_paper_s_epsilon(x, filters, *, stride=1):
    _refuse(x, filters, stride)
    bn = partial(layers.BatchNormalization, epsilon=1e-5, momentum=0.9)
    conv = partial(layers.Conv2D, padding="same", use_bias=False)
    y = layers.ReLU()(bn()(conv(filters, 3, strides=stride)(x)))
    y = bn()(conv(filters, 3)(y))
    if stride != 1 or x.shape[-1] != filters:
        x = bn()(conv(filters, 1, strides=stride)(x))
    return layers.ReLU()(layers.Add()([x, y]))


class ResidualBlock(layers.Layer):
    """Builds its sublayers in ``__init__``, also the shortcut it may not need."""

    def __init__(self, channels, filters, stride):
        super().__init__()
        self.conv1 = layers.Conv2D(filters, 3, stride, "same", use_bias=False)
        self.bn1 = layers.BatchNormalization()
        self.conv2 = layers.Conv2D(filters, 3, padding="same", use_bias=False)
        self.bn2 = layers.BatchNormalization()
        self.shortcut = None
        if stride != 1 or channels != filters:
            self.shortcut = keras.Sequential(
                [
                    layers.Conv2D(filters, 1, stride, use_bias=False),
                    layers.BatchNormalization(),
                ]
            )

    def call(self, x, training=None):
        y = ops.relu(self.bn1(self.conv1(x), training=training))
        y = self.bn2(self.conv2(y), training=training)
        if self.shortcut is not None:
            x = self.shortcut(x, training=training)
        return ops.relu(x + y)


def with_a_subclassed_layer(x, filters, *, stride=1):
    _refuse(x, filters, stride)
    return ResidualBlock(x.shape[-1], filters, stride)(x)


class BlockModel(keras.Model):
    """Decides on its shortcut in ``build``; passes no ``training`` on."""

    def __init__(self, filters, stride):
        super().__init__()
        self.filters, self.stride = filters, stride

    def build(self, shape):
        def conv_bn(size, stride):
            conv = layers.Conv2D(self.filters, size, stride, "same", use_bias=False)
            return [conv, layers.BatchNormalization()]

        self.branch = [*conv_bn(3, self.stride), layers.ReLU(), *conv_bn(3, 1)]
        self.side = []
        if self.stride != 1 or shape[-1] != self.filters:
            self.side = conv_bn(1, self.stride)
        for path in (self.branch, self.side):
            inner = tuple(shape)
            for layer in path:
                layer.build(inner)
                inner = layer.compute_output_shape(inner)
        self.built = True

    def call(self, x):
        branch = reduce(lambda t, layer: layer(t), self.branch, x)
        return ops.relu(branch + reduce(lambda t, layer: layer(t), self.side, x))


def with_a_subclassed_model(x, filters, *, stride=1):
    _refuse(x, filters, stride)
    return BlockModel(filters, stride)(x)


def with_nested_sequentials(x, filters, *, stride=1):
    _refuse(x, filters, stride)
    conv = partial(layers.Conv2D, padding="same", use_bias=False)
    branch = keras.Sequential(
        [
            conv(filters, 3, strides=stride),
            layers.BatchNormalization(),
            layers.ReLU(),
            conv(filters, 3),
            layers.BatchNormalization(),
        ]
    )
    shortcut = layers.Identity()
    if stride != 1 or x.shape[-1] != filters:
        shortcut = keras.Sequential(
            [conv(filters, 1, strides=stride), layers.BatchNormalization()]
        )
    return layers.ReLU()(layers.Add()([branch(x), shortcut(x)]))


def with_a_nested_model(x, filters, *, stride=1):
    _refuse(x, filters, stride)
    image = keras.Input(x.shape[1:])
    return keras.Model(image, with_operators(image, filters, stride=stride))(x)


def with_correct_explicit_padding(x, filters, *, stride=1):
    _refuse(x, filters, stride)

    def conv(x, step):
        margins = []
        for size in x.shape[1:3]:
            total = max((-(-size // step) - 1) * step + 3 - size, 0)
            margins.append((total // 2, total - total // 2))
        x = layers.ZeroPadding2D(margins)(x)
        x = layers.Conv2D(filters, 3, step, padding="valid", use_bias=False)(x)
        return layers.BatchNormalization()(x)

    y = conv(layers.ReLU()(conv(x, stride)), 1)
    if stride != 1 or x.shape[-1] != filters:
        x = layers.Conv2D(filters, 1, stride, "valid", use_bias=False)(x)
        x = layers.BatchNormalization()(x)
    return layers.ReLU()(layers.Add()([x, y]))


class Conv(layers.Layer):
    """A convolution with a kernel of its own and no bias."""

    def __init__(self, filters, size, stride=1):
        super().__init__()
        self.filters, self.size, self.stride = filters, size, stride

    def build(self, shape):
        self.w = self.add_weight(
            shape=(self.size, self.size, shape[-1], self.filters),
            initializer="he_normal",
        )

    def call(self, x):
        return ops.conv(x, self.w, strides=self.stride, padding="same")


def with_kernels_of_its_own(x, filters, *, stride=1):
    _refuse(x, filters, stride)
    y = layers.BatchNormalization()(Conv(filters, 3, stride)(x))
    y = layers.BatchNormalization()(Conv(filters, 3)(layers.ReLU()(y)))
    if stride != 1 or x.shape[-1] != filters:
        x = layers.BatchNormalization()(Conv(filters, 1, stride)(x))
    return layers.ReLU()(layers.Add()([y, x]))


def with_mixed_precision_layers(x, filters, *, stride=1):
    _refuse(x, filters, stride)
    half = dict(dtype="mixed_float16")
    conv = partial(layers.Conv2D, padding="same", use_bias=False, **half)
    bn = partial(layers.BatchNormalization, **half)
    y = layers.ReLU(**half)(bn()(conv(filters, 3, strides=stride)(x)))
    y = bn()(conv(filters, 3)(y))
    if stride != 1 or x.shape[-1] != filters:
        x = bn()(conv(filters, 1, strides=stride)(x))
    return layers.ReLU(**half)(layers.Add(**half)([x, y]))


def with_bfloat16_layers(x, filters, *, stride=1):
    _refuse(x, filters, stride)
    policy = keras.DTypePolicy("mixed_bfloat16")
    conv = partial(layers.Conv2D, padding="same", use_bias=False, dtype=policy)
    y = layers.BatchNormalization(dtype=policy)(conv(filters, 3, strides=stride)(x))
    y = conv(filters, 3)(ops.relu(y))
    y = layers.BatchNormalization(dtype=policy)(y)
    if stride != 1 or x.shape[-1] != filters:
        x = conv(filters, 1, strides=stride)(x)
        x = layers.BatchNormalization(dtype=policy)(x)
    return layers.ReLU(dtype=policy)(layers.Add(dtype=policy)([x, y]))


a_partial = partial(with_activation_layers, name="block")

RIGHT = (
    with_activation_layers,
    with_operators,
    subsampling_before_a_1x1_shortcut,
    pooling_one_before_a_1x1_shortcut,
    with_the_paper_s_epsilon,
    with_a_subclassed_layer,
    with_a_subclassed_model,
    with_nested_sequentials,
    with_a_nested_model,
    with_correct_explicit_padding,
    with_kernels_of_its_own,
    with_mixed_precision_layers,
    with_bfloat16_layers,
    a_partial,
)


def _block(
    first="relu", last="relu", bn=None, merge=layers.add, shortcut=None, size=3, twice=0
):
    bn = bn or layers.BatchNormalization

    def answer(x, filters, *, stride=1):
        _refuse(x, filters, stride)
        conv = partial(layers.Conv2D, padding="same", use_bias=False)
        y = bn()(conv(filters, 3, strides=stride)(x))
        y = bn()(conv(filters, size)(keras.activations.get(first)(y)))
        for _ in range(twice):
            y = bn()(conv(filters, 3)(layers.ReLU()(y)))
        if stride != 1 or x.shape[-1] != filters:
            if shortcut:
                x = shortcut(x, filters, stride)
            else:
                x = bn()(conv(filters, 1, strides=stride)(x))
        return keras.activations.get(last)(merge([x, y]))

    return answer


def _averaged(x, filters, stride):
    x = layers.AveragePooling2D(stride, padding="same")(x)
    x = layers.Conv2D(filters, 1, use_bias=False)(x)
    return layers.BatchNormalization()(x)


def _projected_3x3(x, filters, stride):
    x = layers.Conv2D(filters, 3, stride, "same", use_bias=False)(x)
    return layers.BatchNormalization()(x)


def _activated(x, filters, stride):
    x = layers.Conv2D(filters, 1, stride, use_bias=False)(x)
    return layers.ReLU()(layers.BatchNormalization()(x))


def _padded(x, filters, stride):
    x = x[:, ::stride, ::stride]
    missing = max(filters - x.shape[-1], 0)
    return ops.pad(x, [(0, 0)] * 3 + [(0, missing)])[..., :filters]


capped_at_six = _block("relu6", "relu6")
leaky = _block("leaky_relu", "leaky_relu")
averaging_the_two = _block(merge=layers.average)
multiplying_the_two = _block(merge=layers.multiply)
the_larger_of_the_two = _block(merge=layers.maximum)
subtracting_the_two = _block(merge=layers.subtract)
averaging_before_the_shortcut = _block(shortcut=_averaged)
projecting_with_3x3 = _block(shortcut=_projected_3x3)
a_relu_on_the_shortcut = _block(shortcut=_activated)
padding_the_channels = _block(shortcut=_padded)
a_second_convolution_of_1x1 = _block(size=1)
three_convolutions = _block(twice=1)
with_layer_normalization = _block(bn=layers.LayerNormalization)
with_a_large_epsilon = _block(bn=partial(layers.BatchNormalization, epsilon=1e-1))
without_scale = _block(bn=partial(layers.BatchNormalization, scale=False))
without_offset = _block(bn=partial(layers.BatchNormalization, center=False))
with_frozen_normalization = _block(
    bn=partial(layers.BatchNormalization, trainable=False)
)


def normalizing_behind_the_relu(x, filters, *, stride=1):
    _refuse(x, filters, stride)
    conv = partial(layers.Conv2D, filters, padding="same", use_bias=False)
    y = layers.BatchNormalization()(layers.ReLU()(conv(3, strides=stride)(x)))
    y = layers.BatchNormalization()(conv(3)(y))
    if stride != 1 or x.shape[-1] != filters:
        x = layers.BatchNormalization()(conv(1, strides=stride)(x))
    return layers.ReLU()(layers.Add()([x, y]))


def shortcut_reads_the_activated_branch(x, filters, *, stride=1):
    _refuse(x, filters, stride)
    conv = partial(layers.Conv2D, filters, padding="same", use_bias=False)
    y = layers.ReLU()(layers.BatchNormalization()(conv(3, strides=stride)(x)))
    z = layers.BatchNormalization()(conv(3)(y))
    if stride != 1 or x.shape[-1] != filters:
        conv_bn = layers.BatchNormalization()(conv(1)(y))
        return layers.ReLU()(layers.Add()([conv_bn, z]))
    return layers.ReLU()(layers.Add()([x, z]))


def striding_by_slicing_the_input(x, filters, *, stride=1):
    _refuse(x, filters, stride)
    project = stride != 1 or x.shape[-1] != filters
    x = x[:, ::stride, ::stride]
    conv = partial(layers.Conv2D, filters, padding="same", use_bias=False)
    y = layers.ReLU()(layers.BatchNormalization()(conv(3)(x)))
    y = layers.BatchNormalization()(conv(3)(y))
    if project:
        x = layers.BatchNormalization()(conv(1)(x))
    return layers.ReLU()(layers.Add()([x, y]))


def slicing_behind_a_full_convolution(x, filters, *, stride=1):
    _refuse(x, filters, stride)
    conv = partial(layers.Conv2D, filters, padding="same", use_bias=False)
    y = layers.BatchNormalization()(conv(3)(x)[:, ::stride, ::stride])
    y = layers.BatchNormalization()(conv(3)(layers.ReLU()(y)))
    if stride != 1 or x.shape[-1] != filters:
        x = layers.BatchNormalization()(conv(1, strides=stride)(x))
    return layers.ReLU()(layers.Add()([x, y]))


def dropping_in_training(x, filters, *, stride=1):
    return layers.Dropout(0.1)(with_operators(x, filters, stride=stride))


WRONG = (
    capped_at_six,
    leaky,
    averaging_the_two,
    multiplying_the_two,
    the_larger_of_the_two,
    subtracting_the_two,
    averaging_before_the_shortcut,
    projecting_with_3x3,
    a_relu_on_the_shortcut,
    padding_the_channels,
    a_second_convolution_of_1x1,
    three_convolutions,
    with_layer_normalization,
    with_a_large_epsilon,
    without_scale,
    without_offset,
    with_frozen_normalization,
    normalizing_behind_the_relu,
    shortcut_reads_the_activated_branch,
    striding_by_slicing_the_input,
    slicing_behind_a_full_convolution,
    dropping_in_training,
)
