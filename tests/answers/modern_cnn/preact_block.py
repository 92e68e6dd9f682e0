"""Answers to ``preact_block`` that must pass, and some that must not."""

from functools import partial

import keras
from keras import layers, ops


def _refuse(x, filters, stride):
    if len(x.shape) != 4:
        raise ValueError("x must be (N, H, W, C)")
    if filters < 1 or stride < 1:
        raise ValueError("filters and stride must be at least 1")


def with_activation_layers(x, filters, *, stride=1, name=None):
    _refuse(x, filters, stride)
    a = layers.BatchNormalization()(x)
    a = layers.Activation("relu")(a)
    y = layers.Conv2D(filters, 3, strides=stride, padding="same", use_bias=False)(a)
    y = layers.BatchNormalization()(y)
    y = layers.Activation("relu")(y)
    y = layers.Conv2D(filters, 3, padding="same", use_bias=False)(y)
    if stride != 1 or x.shape[-1] != filters:
        x = layers.Conv2D(filters, 1, strides=stride, padding="same", use_bias=False)(a)
    return layers.Add()([y, x])


def with_operators(x, filters, *, stride=1):
    _refuse(x, filters, stride)
    a = ops.relu(layers.BatchNormalization(momentum=0.9, epsilon=1e-5)(x))
    y = layers.Conv2D(filters, 3, stride, "same", use_bias=False)(a)
    y = ops.relu(layers.BatchNormalization(momentum=0.9, epsilon=1e-5)(y))
    y = layers.Conv2D(filters, 3, 1, "same", use_bias=False)(y)
    if stride == 1 and x.shape[-1] == filters:
        return x + y
    return layers.Conv2D(filters, 1, stride, use_bias=False)(a) + y


def with_convolutions_that_normalize_first(x, filters, *, stride=1):
    _refuse(x, filters, stride)

    def activated(x):
        return layers.ReLU()(layers.BatchNormalization()(x))

    def conv(x, size, step):
        return layers.Conv2D(filters, size, step, "same", use_bias=False)(x)

    first = activated(x)
    project = stride > 1 or x.shape[-1] != filters
    shortcut = conv(first, 1, stride) if project else layers.Identity()(x)
    return layers.add([shortcut, conv(activated(conv(first, 3, stride)), 3, 1)])


def with_a_dense_shortcut(x, filters, *, stride=1):
    _refuse(x, filters, stride)
    a = keras.activations.relu(layers.BatchNormalization()(x))
    shortcut = x
    if {stride} != {1} or filters != x.shape[3]:
        shortcut = layers.Dense(filters, use_bias=False)(a[:, ::stride, ::stride, :])
    y = layers.Conv2D(filters, 3, strides=stride, padding="same", use_bias=False)(a)
    y = keras.activations.relu(layers.BatchNormalization()(y))
    y = layers.Conv2D(filters, 3, padding="same", use_bias=False)(y)
    return ops.add(shortcut, y)


class PreActBlock(layers.Layer):
    """Builds its sublayers in ``__init__``."""

    def __init__(self, channels, filters, stride, **kwargs):
        super().__init__(**kwargs)
        conv = partial(layers.Conv2D, filters, padding="same", use_bias=False)
        self.bn1, self.bn2 = (layers.BatchNormalization() for _ in range(2))
        self.conv2 = conv(3)
        self.conv1 = conv(3, strides=stride)
        same = stride == 1 and channels == filters
        self.project = None if same else conv(1, strides=stride)

    def call(self, x, training=False):
        a = ops.relu(self.bn1(x, training=training))
        y = ops.relu(self.bn2(self.conv1(a), training=training))
        return self.conv2(y) + (x if self.project is None else self.project(a))


def with_a_subclassed_layer(x, filters, *, stride=1):
    _refuse(x, filters, stride)
    return PreActBlock(x.shape[-1], filters, stride)(x)


class Conv(layers.Layer):
    """A convolution with a kernel of its own and no bias."""

    def __init__(self, shape, stride=1):
        super().__init__()
        self.w = self.add_weight(shape=shape, initializer="he_normal")
        self.stride = stride

    def call(self, x):
        return ops.nn.conv(x, self.w, strides=self.stride, padding="same")


def with_kernels_of_its_own(x, filters, *, stride=1):
    _refuse(x, filters, stride)
    channels = x.shape[-1]
    a = layers.ReLU()(layers.BatchNormalization()(x))
    y = Conv((3, 3, channels, filters), stride)(a)
    y = layers.ReLU()(layers.BatchNormalization()(y))
    y = Conv((3, 3, filters, filters))(y)
    if stride != 1 or channels != filters:
        x = Conv((1, 1, channels, filters), stride)(a)
    return layers.Add()([x, y])


def with_nested_models(x, filters, *, stride=1):
    _refuse(x, filters, stride)
    start = keras.Sequential([layers.BatchNormalization(), layers.ReLU()])
    a = start(x)
    inside = keras.Input(a.shape[1:])
    y = layers.Conv2D(filters, 3, stride, "same", use_bias=False)(inside)
    y = keras.Sequential([layers.BatchNormalization(), layers.ReLU()])(y)
    y = layers.Conv2D(filters, 3, padding="same", use_bias=False)(y)
    branch = keras.Model(inside, y)
    if stride != 1 or x.shape[-1] != filters:
        x = layers.Conv2D(filters, 1, stride, use_bias=False)(a)
    return layers.Add()([branch(a), x])


def with_correct_explicit_padding(x, filters, *, stride=1):
    _refuse(x, filters, stride)

    def conv(x, step):
        margins = []
        for size in x.shape[1:3]:
            total = max((-(-size // step) - 1) * step + 3 - size, 0)
            margins.append((total // 2, total - total // 2))
        x = layers.ZeroPadding2D(margins)(x)
        return layers.Conv2D(filters, 3, step, use_bias=False)(x)

    a = layers.ReLU()(layers.BatchNormalization()(x))
    y = conv(layers.ReLU()(layers.BatchNormalization()(conv(a, stride))), 1)
    if stride != 1 or x.shape[-1] != filters:
        a = layers.MaxPooling2D(1, stride)(a)
        x = layers.Conv2D(filters, 1, use_bias=False)(a)
    return layers.Add()([x, y])


def with_mixed_precision_layers(x, filters, *, stride=1):
    _refuse(x, filters, stride)
    half = dict(dtype="mixed_float16")
    conv = partial(layers.Conv2D, padding="same", use_bias=False, **half)
    a = layers.ReLU(**half)(layers.BatchNormalization(**half)(x))
    y = conv(filters, 3, strides=stride)(a)
    y = layers.ReLU(**half)(layers.BatchNormalization(**half)(y))
    y = conv(filters, 3)(y)
    if stride != 1 or x.shape[-1] != filters:
        x = conv(filters, 1, strides=stride)(a)
    return layers.Add(**half)([x, y])


RIGHT = (
    with_activation_layers,
    with_operators,
    with_convolutions_that_normalize_first,
    with_a_dense_shortcut,
    with_a_subclassed_layer,
    with_kernels_of_its_own,
    with_nested_models,
    with_correct_explicit_padding,
    with_mixed_precision_layers,
)


def _block(relu="relu", bn=None, merge=layers.add):
    bn, relu = bn or layers.BatchNormalization, keras.activations.get(relu)

    def answer(x, filters, *, stride=1):
        _refuse(x, filters, stride)
        conv = partial(layers.Conv2D, padding="same", use_bias=False)
        a = relu(bn()(x))
        y = conv(filters, 3)(relu(bn()(conv(filters, 3, strides=stride)(a))))
        if stride != 1 or x.shape[-1] != filters:
            x = conv(filters, 1, strides=stride)(a)
        return merge([x, y])

    return answer


capped_at_six = _block("relu6")
leaky = _block("leaky_relu")
without_relu = _block("linear")
averaging_the_two = _block(merge=layers.average)
with_a_large_epsilon = _block(bn=partial(layers.BatchNormalization, epsilon=1e-2))
with_frozen_normalization = _block(
    bn=partial(layers.BatchNormalization, trainable=False)
)


def projecting_before_the_first_relu(x, filters, *, stride=1):
    _refuse(x, filters, stride)
    conv = partial(layers.Conv2D, padding="same", use_bias=False)
    n = layers.BatchNormalization()(x)
    y = conv(filters, 3, strides=stride)(layers.ReLU()(n))
    y = conv(filters, 3)(layers.ReLU()(layers.BatchNormalization()(y)))
    if stride != 1 or x.shape[-1] != filters:
        x = conv(filters, 1, strides=stride)(n)
    return layers.Add()([x, y])


def a_normalization_of_its_own_for_the_shortcut(x, filters, *, stride=1):
    _refuse(x, filters, stride)
    conv = partial(layers.Conv2D, padding="same", use_bias=False)
    y = layers.ReLU()(layers.BatchNormalization()(x))
    y = conv(filters, 3, strides=stride)(y)
    y = conv(filters, 3)(layers.ReLU()(layers.BatchNormalization()(y)))
    if stride != 1 or x.shape[-1] != filters:
        x = layers.ReLU()(layers.BatchNormalization()(x))
        x = conv(filters, 1, strides=stride)(x)
    return layers.Add()([x, y])


def relu_before_normalization(x, filters, *, stride=1):
    _refuse(x, filters, stride)
    conv = partial(layers.Conv2D, padding="same", use_bias=False)
    a = layers.BatchNormalization()(layers.ReLU()(x))
    y = conv(filters, 3, strides=stride)(a)
    y = conv(filters, 3)(layers.BatchNormalization()(layers.ReLU()(y)))
    if stride != 1 or x.shape[-1] != filters:
        x = conv(filters, 1, strides=stride)(a)
    return layers.Add()([x, y])


def projecting_only_other_channels(x, filters, *, stride=1):
    _refuse(x, filters, stride)
    conv = partial(layers.Conv2D, padding="same", use_bias=False)
    a = layers.ReLU()(layers.BatchNormalization()(x))
    y = conv(filters, 3, strides=stride)(a)
    y = conv(filters, 3)(layers.ReLU()(layers.BatchNormalization()(y)))
    if x.shape[-1] != filters:
        x = conv(filters, 1, strides=stride)(a)
    else:
        x = x[:, ::stride, ::stride]
    return layers.Add()([x, y])


def normalizing_the_sum(x, filters, *, stride=1):
    x = with_operators(x, filters, stride=stride)
    return layers.BatchNormalization()(x)


WRONG = (
    capped_at_six,
    leaky,
    without_relu,
    averaging_the_two,
    with_a_large_epsilon,
    with_frozen_normalization,
    projecting_before_the_first_relu,
    a_normalization_of_its_own_for_the_shortcut,
    relu_before_normalization,
    projecting_only_other_channels,
    normalizing_the_sum,
)
