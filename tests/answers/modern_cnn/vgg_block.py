"""Answers to ``vgg_block`` that must pass, and some that must not."""

from functools import partial, reduce

import keras
from keras import layers, ops


def _refuse(x, filters, num_convs):
    if len(x.shape) != 4 or filters < 1 or num_convs < 1:
        raise ValueError("x must be (N, H, W, C), filters and num_convs at least 1")


def with_activation_argument(x, filters, num_convs, name=None):
    _refuse(x, filters, num_convs)
    for _ in range(num_convs):
        x = layers.Conv2D(filters, (3, 3), padding="same", activation="relu")(x)
    return layers.MaxPooling2D((2, 2), strides=2, padding="same")(x)


def with_activation_layers(x, filters, num_convs):
    _refuse(x, filters, num_convs)
    i = 0
    while i < num_convs:
        x = layers.Convolution2D(filters, kernel_size=3, padding="SAME")(x)
        x = layers.Activation("relu")(x)
        i += 1
    return layers.MaxPool2D(pool_size=2, strides=(2, 2), padding="same")(x)


def with_keras_ops(x, filters, num_convs):
    _refuse(x, filters, num_convs)
    for _ in range(num_convs):
        x = ops.relu(layers.Conv2D(filters, 3, padding="same")(x))
    return ops.max_pool(x, 2, strides=2, padding="same")


def pooling_before_the_last_relu(x, filters, num_convs):
    _refuse(x, filters, num_convs)
    for i in range(num_convs):
        if i:
            x = keras.activations.relu(x)
        x = layers.Conv2D(filters, 3, padding="same")(x)
    return layers.ReLU()(layers.MaxPooling2D(padding="same")(x))


def with_explicit_padding(x, filters, num_convs):
    _refuse(x, filters, num_convs)
    for _ in range(num_convs):
        x = layers.ZeroPadding2D(1)(x)
        x = layers.Conv2D(filters, 3, activation=keras.activations.relu)(x)
    # Behind a ReLU nothing is below 0, so zeros do not change a maximum.
    x = layers.ZeroPadding2D([(0, size % 2) for size in x.shape[1:3]])(x)
    return layers.MaxPooling2D(2)(x)


def with_a_nested_sequential(x, filters, num_convs):
    _refuse(x, filters, num_convs)
    block = keras.Sequential([keras.Input(x.shape[1:])])
    for _ in range(num_convs):
        block.add(layers.Conv2D(filters, 3, padding="same"))
        block.add(layers.ReLU())
    block.add(layers.MaxPooling2D(2, 2, "same"))
    return block(x)


def with_a_nested_model(x, filters, num_convs):
    _refuse(x, filters, num_convs)
    inside = y = keras.Input(x.shape[1:])
    for _ in range(num_convs):
        y = layers.Conv2D(filters, 3, padding="same", activation="relu")(y)
    y = layers.MaxPooling2D(2, padding="same")(y)
    return keras.Model(inside, y)(x)


class ConvReLU(layers.Layer):
    """A 3x3 convolution with weights of its own."""

    def __init__(self, filters):
        super().__init__()
        self.filters = filters

    def build(self, shape):
        self.w = self.add_weight(
            shape=(3, 3, shape[-1], self.filters), initializer="glorot_uniform"
        )
        self.b = self.add_weight(shape=(self.filters,), initializer="zeros")

    def call(self, x):
        return ops.relu(ops.conv(x, self.w, padding="same") + self.b)


def with_weights_of_its_own(x, filters, num_convs):
    _refuse(x, filters, num_convs)
    for _ in range(num_convs):
        x = ConvReLU(filters)(x)
    return layers.MaxPooling2D(2, padding="same")(x)


class ConvKernel(ConvReLU):
    """The same, its weights called kernel and bias."""

    def build(self, shape):
        self.kernel = self.add_weight(
            name="kernel", shape=(3, 3, int(shape[-1]), self.filters)
        )
        self.bias = self.add_weight(
            name="bias", shape=(self.filters,), initializer="random_normal"
        )

    def call(self, x):
        return ops.relu(ops.conv(x, self.kernel, 1, "same") + self.bias)


def with_kernel_and_bias_of_its_own(x, filters, num_convs):
    _refuse(x, filters, num_convs)
    x = reduce(
        lambda x, layer: layer(x), [ConvKernel(filters) for _ in range(num_convs)], x
    )
    return layers.MaxPooling2D(2, padding="same")(x)


class ConvOfTheGuide(ConvReLU):
    """Weights as in Keras's guide to subclassing: both start at random."""

    def build(self, shape):
        self.w = self.add_weight(
            shape=(3, 3, shape[-1], self.filters),
            initializer="random_normal",
            trainable=True,
        )
        self.b = self.add_weight(
            shape=(self.filters,), initializer="random_normal", trainable=True
        )


def with_random_biases_of_its_own(x, filters, num_convs):
    _refuse(x, filters, num_convs)
    for _ in range(num_convs):
        x = ConvOfTheGuide(filters)(x)
    return layers.MaxPooling2D(2, padding="same")(x)


class VGGBlock(keras.Model):
    """A block as a subclassed model."""

    def __init__(self, filters, num_convs):
        super().__init__()
        self.convs = [
            layers.Conv2D(filters, 3, padding="same", activation="relu")
            for _ in range(num_convs)
        ]
        self.pool = layers.MaxPooling2D(2, strides=2, padding="same")

    def call(self, x, training=None):
        for conv in self.convs:
            x = conv(x)
        return self.pool(x)


def with_a_subclassed_model(x, filters, num_convs):
    _refuse(x, filters, num_convs)
    return VGGBlock(filters, num_convs)(x)


def by_recursion(x, filters, num_convs, pool=True):
    _refuse(x, filters, num_convs)
    if num_convs > 1:
        x = by_recursion(x, filters, num_convs - 1, pool=False)
    x = layers.Conv2D(filters, 3, padding="same", activation=layers.ReLU())(x)
    return layers.MaxPooling2D(2, padding="same")(x) if pool else x


def with_reduce(x, filters, num_convs):
    _refuse(x, filters, num_convs)
    conv = partial(layers.Conv2D, filters, 3, padding="same", activation="relu")
    chain = [*(conv() for _ in range(num_convs)), layers.MaxPooling2D(2, None, "same")]
    return reduce(lambda tensor, layer: layer(tensor), chain, x)


def with_mixed_precision_layers(x, filters, num_convs):
    _refuse(x, filters, num_convs)
    for _ in range(num_convs):
        x = layers.Conv2D(
            filters, 3, padding="same", activation="relu", dtype="mixed_float16"
        )(x)
    return layers.MaxPooling2D(2, padding="same", dtype="mixed_float16")(x)


def in_float64(x, filters, num_convs):
    _refuse(x, filters, num_convs)
    for _ in range(num_convs):
        x = layers.Conv2D(
            filters, 3, padding="same", activation="relu", dtype="float64"
        )(x)
    return layers.MaxPooling2D(2, padding="same", dtype="float64")(x)


def with_a_shared_relu(x, filters, num_convs):
    _refuse(x, filters, num_convs)
    relu, pool = layers.ReLU(), layers.MaxPooling2D(2, padding="same")
    for k in range(num_convs):
        x = relu(
            layers.Conv2D(
                filters,
                3,
                padding="same",
                name=f"my_conv_{k}",
                kernel_initializer="he_normal",
                bias_initializer="ones",
                kernel_regularizer=keras.regularizers.L2(1e-4),
            )(x)
        )
    return pool(x)


a_lambda = lambda x, filters, num_convs, *, name=None: with_reduce(  # noqa: E731
    x, filters, num_convs
)

RIGHT = (
    with_activation_argument,
    with_activation_layers,
    with_keras_ops,
    pooling_before_the_last_relu,
    with_explicit_padding,
    with_a_nested_sequential,
    with_a_nested_model,
    with_weights_of_its_own,
    with_kernel_and_bias_of_its_own,
    with_random_biases_of_its_own,
    with_a_subclassed_model,
    by_recursion,
    with_reduce,
    with_mixed_precision_layers,
    in_float64,
    with_a_shared_relu,
    a_lambda,
)


def _block(activation="relu", pool=None, kernel=3, **options):
    def answer(x, filters, num_convs):
        _refuse(x, filters, num_convs)
        for _ in range(num_convs):
            conv = layers.Conv2D(filters, kernel, padding="same", **options)
            x = keras.activations.get(activation)(conv(x))
        return (pool or layers.MaxPooling2D(2, padding="same"))(x)

    return answer


leaky = _block("leaky_relu")
capped_at_six = _block("relu6")
with_gelu = _block("gelu")
with_elu = _block("elu")
with_kernels_of_five = _block(kernel=5)
with_kernels_of_one = _block(kernel=1)
dilated = _block(dilation_rate=2)
pooling_three = _block(pool=layers.MaxPooling2D(3, strides=2, padding="same"))
with_frozen_convs = _block(trainable=False)


def one_conv_called_again_and_again(x, filters, num_convs):
    _refuse(x, filters, num_convs)
    first = layers.Conv2D(filters, 3, padding="same", activation="relu")
    again = layers.Conv2D(filters, 3, padding="same", activation="relu")
    x = first(x)
    for _ in range(num_convs - 1):
        x = again(x)
    return layers.MaxPooling2D(2, padding="same")(x)


def every_conv_reads_the_input(x, filters, num_convs):
    _refuse(x, filters, num_convs)
    for _ in range(num_convs):
        y = layers.Conv2D(filters, 3, padding="same", activation="relu")(x)
    return layers.MaxPooling2D(2, padding="same")(y)


def striding_instead_of_pooling(x, filters, num_convs):
    _refuse(x, filters, num_convs)
    for i in range(num_convs):
        stride = 2 if i == num_convs - 1 else 1
        x = layers.Conv2D(filters, 3, stride, "same", activation="relu")(x)
    return x


def pooling_first(x, filters, num_convs):
    _refuse(x, filters, num_convs)
    x = layers.MaxPooling2D(2, padding="same")(x)
    for _ in range(num_convs):
        x = layers.Conv2D(filters, 3, padding="same", activation="relu")(x)
    return x


def with_batch_normalization(x, filters, num_convs):
    _refuse(x, filters, num_convs)
    for _ in range(num_convs):
        x = layers.Conv2D(filters, 3, padding="same")(x)
        x = layers.ReLU()(layers.BatchNormalization()(x))
    return layers.MaxPooling2D(2, padding="same")(x)


def filters_double(x, filters, num_convs):
    _refuse(x, filters, num_convs)
    for i in range(num_convs):
        x = layers.Conv2D(filters * 2**i, 3, padding="same", activation="relu")(x)
    return layers.MaxPooling2D(2, padding="same")(x)


def dropping_in_training(x, filters, num_convs):
    return layers.Dropout(0.2)(with_activation_argument(x, filters, num_convs))


def a_model_returned(x, filters, num_convs):
    return keras.Model(x, with_activation_argument(x, filters, num_convs))


def no_convs_accepted(x, filters, num_convs):
    if num_convs == 0:
        return layers.MaxPooling2D(2, padding="same")(x)
    return with_activation_argument(x, filters, num_convs)


def halves_stand_the_wrong_way_round(x, filters, num_convs):
    x = with_activation_argument(x, filters, num_convs)
    return ops.transpose(x, (0, 2, 1, 3))


WRONG = (
    leaky,
    capped_at_six,
    with_gelu,
    with_elu,
    with_kernels_of_five,
    with_kernels_of_one,
    dilated,
    pooling_three,
    with_frozen_convs,
    one_conv_called_again_and_again,
    every_conv_reads_the_input,
    striding_instead_of_pooling,
    pooling_first,
    with_batch_normalization,
    filters_double,
    dropping_in_training,
    a_model_returned,
    no_convs_accepted,
    halves_stand_the_wrong_way_round,
)
