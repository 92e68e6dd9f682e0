"""Answers to ``bottleneck_block`` that must pass, and some that must not."""

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
    y = layers.Conv2D(filters, 1, padding="same", use_bias=False)(x)
    y = layers.BatchNormalization()(y)
    y = layers.Activation("relu")(y)
    y = layers.Conv2D(filters, 3, strides=stride, padding="same", use_bias=False)(y)
    y = layers.BatchNormalization()(y)
    y = layers.Activation("relu")(y)
    y = layers.Conv2D(filters * 4, 1, padding="same", use_bias=False)(y)
    y = layers.BatchNormalization()(y)
    if stride > 1 or x.shape[-1] != filters * 4:
        x = layers.Conv2D(filters * 4, 1, strides=stride, use_bias=False)(x)
        x = layers.BatchNormalization()(x)
    return layers.Activation("relu")(layers.Add()([y, x]))


def with_dense_layers(x, filters, *, stride=1):
    _refuse(x, filters, stride)
    wide, bn = 4 * filters, layers.BatchNormalization
    dense = partial(layers.Dense, use_bias=False)
    y = ops.relu(bn()(dense(filters)(x)))
    y = bn()(layers.Conv2D(filters, 3, stride, "same", use_bias=False)(y))
    y = bn()(dense(wide)(ops.relu(y)))
    if stride != 1 or x.shape[-1] != wide:
        x = bn()(dense(wide)(x[:, ::stride, ::stride]))
    return ops.relu(x + y)


def with_a_loop(x, filters, *, stride=1):
    _refuse(x, filters, stride)
    y = x
    rows = ((filters, 1, 1), (filters, 3, stride), (4 * filters, 1, 1))
    for i, (channels, size, step) in enumerate(rows):
        if i:
            y = layers.ReLU()(y)
        y = layers.Conv2D(channels, size, step, padding="same", use_bias=False)(y)
        y = layers.BatchNormalization(epsilon=1.001e-5, momentum=0.997)(y)
    if not (stride == 1 and x.shape[-1] == 4 * filters):
        x = layers.Conv2D(4 * filters, 1, stride, "valid", use_bias=False)(x)
        x = layers.BatchNormalization(epsilon=1.001e-5, momentum=0.997)(x)
    return layers.ReLU()(layers.add([x, y]))


def with_nested_sequentials(x, filters, *, stride=1):
    _refuse(x, filters, stride)

    def conv_bn(channels, size, step=1):
        conv = layers.Conv2D(channels, size, step, padding="same", use_bias=False)
        return keras.Sequential([conv, layers.BatchNormalization()])

    branch = keras.Sequential(
        [
            conv_bn(filters, 1),
            layers.ReLU(),
            conv_bn(filters, 3, stride),
            layers.ReLU(),
            conv_bn(4 * filters, 1),
        ]
    )
    project = stride != 1 or x.shape[-1] != 4 * filters
    shortcut = conv_bn(4 * filters, 1, stride) if project else (lambda t: t)
    return keras.activations.relu(ops.add(branch(x), shortcut(x)))


class Bottleneck(layers.Layer):
    """Builds its sublayers in ``build``, where it knows its channels."""

    def __init__(self, filters, stride=1, **kwargs):
        super().__init__(**kwargs)
        self.filters, self.stride = filters, stride

    def build(self, shape):
        wide = 4 * self.filters
        conv = partial(layers.Conv2D, padding="same", use_bias=False)
        self.norms = [layers.BatchNormalization() for _ in range(3)]
        self.convs = [
            conv(self.filters, 1),
            conv(self.filters, 3, strides=self.stride),
            conv(wide, 1),
        ]
        self.project = self.stride != 1 or shape[-1] != wide
        if self.project:
            self.side = conv(wide, 1, strides=self.stride)
            self.side_norm = layers.BatchNormalization()

    def call(self, x):
        y = x
        for i, (conv, norm) in enumerate(zip(self.convs, self.norms, strict=True)):
            y = norm(conv(ops.relu(y) if i else y))
        x = self.side_norm(self.side(x)) if self.project else x
        return ops.relu(x + y)


def with_a_subclassed_layer(x, filters, *, stride=1):
    _refuse(x, filters, stride)
    return Bottleneck(filters, stride)(x)


class LazyBottleneck(Bottleneck):
    """Knows its output's shape, so Keras builds its sublayers at the first numbers."""

    def compute_output_shape(self, shape):
        height, width = (-(-size // self.stride) for size in shape[1:3])
        return (shape[0], height, width, 4 * self.filters)


def with_sublayers_built_late(x, filters, *, stride=1):
    _refuse(x, filters, stride)
    return LazyBottleneck(filters, stride)(x)


def with_a_nested_model(x, filters, *, stride=1):
    _refuse(x, filters, stride)
    image = keras.Input(x.shape[1:])
    return keras.Model(image, with_a_loop(image, filters, stride=stride))(x)


class Conv(layers.Layer):
    """A convolution with a kernel of its own and no bias."""

    def __init__(self, filters, size, stride=1):
        super().__init__()
        self.filters, self.size, self.stride = filters, size, stride

    def build(self, shape):
        self.kernel = self.add_weight(
            name="kernel", shape=(self.size, self.size, shape[-1], self.filters)
        )

    def call(self, x):
        return ops.conv(x, self.kernel, strides=self.stride, padding="same")


def with_kernels_of_its_own(x, filters, *, stride=1):
    _refuse(x, filters, stride)
    bn = layers.BatchNormalization
    y = layers.ReLU()(bn()(Conv(filters, 1)(x)))
    y = layers.ReLU()(bn()(Conv(filters, 3, stride)(y)))
    y = bn()(Conv(4 * filters, 1)(y))
    if stride != 1 or x.shape[-1] != 4 * filters:
        x = bn()(Conv(4 * filters, 1, stride)(x))
    return layers.ReLU()(layers.Add()([x, y]))


def with_correct_explicit_padding(x, filters, *, stride=1):
    _refuse(x, filters, stride)
    conv = partial(layers.Conv2D, use_bias=False)
    bn = layers.BatchNormalization
    y = layers.ReLU()(bn()(conv(filters, 1)(x)))
    margins = []
    for size in y.shape[1:3]:
        total = max((-(-size // stride) - 1) * stride + 3 - size, 0)
        margins.append((total // 2, total - total // 2))
    y = conv(filters, 3, strides=stride)(layers.ZeroPadding2D(margins)(y))
    y = bn()(conv(4 * filters, 1)(layers.ReLU()(bn()(y))))
    if stride != 1 or x.shape[-1] != 4 * filters:
        x = layers.AveragePooling2D(1, strides=stride)(x)
        x = bn()(conv(4 * filters, 1)(x))
    return layers.ReLU()(layers.Add()([x, y]))


def with_reduce(x, filters, *, stride=1):
    _refuse(x, filters, stride)
    wide = 4 * filters

    def chain(*parts):
        return lambda x: reduce(lambda tensor, layer: layer(tensor), parts, x)

    def conv(channels, size, step=1):
        return chain(
            layers.Conv2D(channels, size, (step, step), "same", use_bias=False),
            layers.BatchNormalization(axis=3),
        )

    relu = layers.ReLU()
    branch = chain(
        conv(filters, 1), relu, conv(filters, 3, stride), relu, conv(wide, 1)
    )
    shortcut = chain()
    if stride != 1 or x.shape[-1] != wide:
        shortcut = conv(wide, 1, stride)
    return relu(layers.Add()([shortcut(x), branch(x)]))


def with_mixed_precision_layers(x, filters, *, stride=1):
    _refuse(x, filters, stride)
    half = dict(dtype="mixed_float16")
    conv = partial(layers.Conv2D, padding="same", use_bias=False, **half)
    bn, relu = partial(layers.BatchNormalization, **half), layers.ReLU(**half)
    y = relu(bn()(conv(filters, 1)(x)))
    y = relu(bn()(conv(filters, 3, strides=stride)(y)))
    y = bn()(conv(4 * filters, 1)(y))
    if stride != 1 or x.shape[-1] != 4 * filters:
        x = bn()(conv(4 * filters, 1, strides=stride)(x))
    return relu(layers.Add(**half)([x, y]))


RIGHT = (
    with_activation_layers,
    with_dense_layers,
    with_a_loop,
    with_nested_sequentials,
    with_a_subclassed_layer,
    with_sublayers_built_late,
    with_a_nested_model,
    with_kernels_of_its_own,
    with_correct_explicit_padding,
    with_reduce,
    with_mixed_precision_layers,
)


def _block(relu="relu", bn=None, groups=1, merge=layers.add, narrow=1, dilation=1):
    bn, relu = bn or layers.BatchNormalization, keras.activations.get(relu)

    def answer(x, filters, *, stride=1):
        _refuse(x, filters, stride)
        conv = partial(layers.Conv2D, padding="same", use_bias=False)
        y = relu(bn()(conv(filters * narrow, 1)(x)))
        rate = dilation if stride == 1 else 1
        y = conv(filters * narrow, 3, strides=stride, groups=groups,
                 dilation_rate=rate)(y)  # fmt: skip
        y = bn()(conv(4 * filters, 1)(relu(bn()(y))))
        if stride != 1 or x.shape[-1] != 4 * filters:
            x = bn()(conv(4 * filters, 1, strides=stride)(x))
        return relu(merge([x, y]))

    return answer


capped_at_six = _block("relu6")
leaky = _block("leaky_relu")
with_swish = _block("swish")
the_larger_of_the_two = _block(merge=layers.maximum)
twice_as_wide_inside = _block(narrow=2)
dilated = _block(dilation=2)
with_a_large_epsilon = _block(bn=partial(layers.BatchNormalization, epsilon=1e-2))
with_frozen_normalization = _block(
    bn=partial(layers.BatchNormalization, trainable=False)
)


def shortcut_sliced_where_only_the_stride_changes(x, filters, *, stride=1):
    _refuse(x, filters, stride)
    y, bn = x, layers.BatchNormalization
    for i, (n, k, s) in enumerate(((1, 1, 1), (1, 3, stride), (4, 1, 1))):
        y = layers.ReLU()(y) if i else y
        y = bn()(layers.Conv2D(n * filters, k, s, "same", use_bias=False)(y))
    if x.shape[-1] != 4 * filters:
        x = bn()(layers.Conv2D(4 * filters, 1, stride, use_bias=False)(x))
    else:
        x = x[:, ::stride, ::stride]
    return layers.ReLU()(layers.Add()([x, y]))


def depthwise_in_the_middle(x, filters, *, stride=1):
    _refuse(x, filters, stride)
    bn = layers.BatchNormalization
    y = layers.ReLU()(bn()(layers.Conv2D(filters, 1, use_bias=False)(x)))
    y = layers.DepthwiseConv2D(3, stride, "same", use_bias=False)(y)
    y = bn()(layers.Conv2D(4 * filters, 1, use_bias=False)(layers.ReLU()(bn()(y))))
    if stride != 1 or x.shape[-1] != 4 * filters:
        x = bn()(layers.Conv2D(4 * filters, 1, stride, use_bias=False)(x))
    return layers.ReLU()(layers.Add()([x, y]))


def squeezing_by_four(x, filters, *, stride=1):
    """``filters`` taken for the output's channels."""
    _refuse(x, filters, stride)
    return with_a_loop(x, max(filters // 4, 1), stride=stride)


def shortcut_behind_the_first_convolution(x, filters, *, stride=1):
    _refuse(x, filters, stride)
    bn = layers.BatchNormalization
    conv = partial(layers.Conv2D, padding="same", use_bias=False)
    first = layers.ReLU()(bn()(conv(filters, 1)(x)))
    y = layers.ReLU()(bn()(conv(filters, 3, strides=stride)(first)))
    y = bn()(conv(4 * filters, 1)(y))
    if stride != 1 or x.shape[-1] != 4 * filters:
        x = bn()(conv(4 * filters, 1, strides=stride)(first))
    return layers.ReLU()(layers.Add()([x, y]))


def a_default_stride_of_two(x, filters, *, stride=2):
    return with_a_loop(x, filters, stride=stride)


WRONG = (
    capped_at_six,
    leaky,
    with_swish,
    the_larger_of_the_two,
    twice_as_wide_inside,
    dilated,
    with_a_large_epsilon,
    with_frozen_normalization,
    shortcut_sliced_where_only_the_stride_changes,
    depthwise_in_the_middle,
    squeezing_by_four,
    shortcut_behind_the_first_convolution,
    a_default_stride_of_two,
)
