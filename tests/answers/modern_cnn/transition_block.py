"""Answers to ``transition_block`` that must pass, and some that must not."""

import math
from functools import partial

import keras
from keras import layers, ops


def _filters(x, compression):
    if len(x.shape) != 4:
        raise ValueError("x must be (N, H, W, C)")
    if not 0 < compression <= 1:
        raise ValueError("compression must be above 0 and at most 1")
    if int(x.shape[-1] * compression) < 1:
        raise ValueError("no channel is left")
    return int(x.shape[-1] * compression)


def with_activation_layer(x, *, compression=0.5, name=None):
    filters = _filters(x, compression)
    x = layers.BatchNormalization()(x)
    x = layers.Activation("relu")(x)
    x = layers.Conv2D(filters, 1, padding="same", use_bias=False)(x)
    return layers.AveragePooling2D(2, strides=2, padding="same")(x)


def pooling_before_the_convolution(x, *, compression=0.5):
    filters = _filters(x, compression)
    x = layers.ReLU()(layers.BatchNormalization(epsilon=1e-5)(x))
    x = layers.AveragePooling2D(2, padding="same")(x)
    return layers.Conv2D(filters, 1, use_bias=False)(x)


def with_a_dense_layer(x, *, compression=0.5):
    filters = _filters(x, compression)
    x = ops.relu(layers.BatchNormalization(momentum=0.9)(x))
    x = layers.Dense(filters, use_bias=False)(x)
    return ops.average_pool(x, 2, strides=2, padding="same")


def with_a_sequential(x, *, compression=0.5):
    filters = math.floor(_filters(x, compression))
    return keras.Sequential(
        [
            layers.BatchNormalization(),
            layers.ReLU(),
            layers.Conv2D(filters, (1, 1), use_bias=False),
            layers.AvgPool2D((2, 2), padding="same"),
        ]
    )(x)


def with_a_nested_model(x, *, compression=0.5):
    image = keras.Input(x.shape[1:])
    return keras.Model(image, with_a_dense_layer(image, compression=compression))(x)


class Transition(layers.Layer):
    """The block as a layer that makes its sublayers in ``build``."""

    def __init__(self, compression, name=None):
        super().__init__(name=name)
        self.compression = compression

    def build(self, shape):
        self.bn = layers.BatchNormalization()
        filters = int(shape[-1] * self.compression)
        self.conv = layers.Conv2D(filters, 1, use_bias=False)
        self.pool = layers.AveragePooling2D(2, padding="same")
        self.bn.build(shape)
        self.conv.build(shape)

    def call(self, x, training=None):
        x = keras.activations.relu(self.bn(x, training=training))
        return self.pool(self.conv(x))


def with_a_subclassed_layer(x, *, compression=0.5, name=None):
    _filters(x, compression)
    return Transition(compression, name)(x)


class Mix(layers.Layer):
    """A 1x1 convolution as a matrix of its own."""

    def __init__(self, filters):
        super().__init__()
        self.filters = filters

    def build(self, shape):
        self.matrix = self.add_weight(shape=(shape[-1], self.filters))

    def call(self, x):
        return ops.matmul(x, self.matrix)


def with_a_matrix_of_its_own(x, *, compression=0.5):
    filters = _filters(x, compression)
    x = Mix(filters)(layers.ReLU()(layers.BatchNormalization()(x)))
    return layers.AveragePooling2D(2, padding="same")(x)


def counting_what_each_window_holds(x, *, compression=0.5):
    """Average a ragged edge by hand: sum of the values, divided by their number."""
    filters = _filters(x, compression)
    height, width = x.shape[1:3]
    x = layers.ReLU()(layers.BatchNormalization()(x))
    x = layers.Conv2D(filters, 1, use_bias=False)(x)
    margins = [(0, 0), (0, height % 2), (0, width % 2), (0, 0)]
    x = ops.pad(x, margins)
    x = x[:, ::2] + x[:, 1::2]
    x = x[:, :, ::2] + x[:, :, 1::2]
    ones = ops.pad(ops.ones((1, height, width, 1)), margins)
    ones = ones[:, ::2] + ones[:, 1::2]
    return x / (ones[:, :, ::2] + ones[:, :, 1::2])


def with_mixed_precision_layers(x, *, compression=0.5):
    filters = _filters(x, compression)
    half = dict(dtype="mixed_float16")
    x = layers.ReLU(**half)(layers.BatchNormalization(**half)(x))
    x = layers.Conv2D(filters, 1, use_bias=False, **half)(x)
    return layers.AveragePooling2D(2, padding="same", **half)(x)


class Callable:
    """An object that is called like a function."""

    def __call__(self, x, compression=0.5):
        return with_a_sequential(x, compression=compression)


a_callable_object = Callable()
a_partial = partial(with_activation_layer, name="transition")

RIGHT = (
    with_activation_layer,
    pooling_before_the_convolution,
    with_a_dense_layer,
    with_a_sequential,
    with_a_nested_model,
    with_a_subclassed_layer,
    with_a_matrix_of_its_own,
    counting_what_each_window_holds,
    with_mixed_precision_layers,
    a_callable_object,
    a_partial,
)


def _block(relu="relu", bn=None, pool=None, conv=None):
    def answer(x, *, compression=0.5):
        filters = _filters(x, compression)
        x = (bn or layers.BatchNormalization)()(x)
        x = (conv or partial(layers.Conv2D, kernel_size=1, use_bias=False))(filters)(
            keras.activations.get(relu)(x)
        )
        return (pool or layers.AveragePooling2D(2, padding="same"))(x)

    return answer


capped_at_six = _block("relu6")
leaky = _block("leaky_relu")
pooling_three = _block(pool=layers.AveragePooling2D(3, strides=2, padding="same"))
with_a_large_epsilon = _block(bn=partial(layers.BatchNormalization, epsilon=1e-2))
with_frozen_normalization = _block(
    bn=partial(layers.BatchNormalization, trainable=False)
)
striding_instead_of_pooling = _block(pool=layers.AveragePooling2D(1, strides=2))
padding_with_zeros = _block(
    pool=lambda x: layers.AveragePooling2D(2)(
        layers.ZeroPadding2D([(0, size % 2) for size in x.shape[1:3]])(x)
    )
)


def relu_behind_the_convolution(x, *, compression=0.5):
    filters = _filters(x, compression)
    x = layers.Conv2D(filters, 1, use_bias=False)(layers.BatchNormalization()(x))
    return layers.AveragePooling2D(2, padding="same")(layers.ReLU()(x))


def pooling_before_the_relu(x, *, compression=0.5):
    filters = _filters(x, compression)
    x = layers.AveragePooling2D(2, padding="same")(layers.BatchNormalization()(x))
    return layers.Conv2D(filters, 1, use_bias=False)(layers.ReLU()(x))


def no_convolution_at_compression_one(x, *, compression=0.5):
    if compression == 1:
        x = layers.ReLU()(layers.BatchNormalization()(x))
        return layers.AveragePooling2D(2, padding="same")(x)
    return with_activation_layer(x, compression=compression)


def compression_one_refused(x, *, compression=0.5):
    if compression >= 1:
        raise ValueError("compression must be below 1")
    return with_activation_layer(x, compression=compression)


def compression_above_one_accepted(x, *, compression=0.5):
    if compression <= 0 or len(x.shape) != 4:
        raise ValueError("compression must be above 0")
    filters = int(x.shape[-1] * compression)
    x = layers.ReLU()(layers.BatchNormalization()(x))
    x = layers.Conv2D(filters, 1, use_bias=False)(x)
    return layers.AveragePooling2D(2, padding="same")(x)


def one_channel_kept_at_least(x, *, compression=0.5):
    if not 0 <= compression <= 1 or len(x.shape) != 4:
        raise ValueError("compression must be from 0 to 1")
    filters = max(1, int(x.shape[-1] * compression))
    x = layers.ReLU()(layers.BatchNormalization()(x))
    x = layers.Conv2D(filters, 1, use_bias=False)(x)
    return layers.AveragePooling2D(2, padding="same")(x)


def a_lost_channel_brought_back(x, *, compression=0.5):
    if not 0 < compression <= 1 or len(x.shape) != 4:
        raise ValueError("compression must be from 0 to 1")
    filters = max(1, int(x.shape[-1] * compression))
    x = layers.ReLU()(layers.BatchNormalization()(x))
    x = layers.Conv2D(filters, 1, use_bias=False)(x)
    return layers.AveragePooling2D(2, padding="same")(x)


WRONG = (
    capped_at_six,
    leaky,
    pooling_three,
    with_a_large_epsilon,
    with_frozen_normalization,
    striding_instead_of_pooling,
    padding_with_zeros,
    relu_behind_the_convolution,
    pooling_before_the_relu,
    no_convolution_at_compression_one,
    compression_one_refused,
    compression_above_one_accepted,
    one_channel_kept_at_least,
    a_lost_channel_brought_back,
)
