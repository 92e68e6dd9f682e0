"""Answers to ``inception_block`` that must pass, and some that must not."""

from functools import partial

import keras
from keras import layers, ops


def _refuse(x, widths):
    if len(x.shape) != 4:
        raise ValueError("x must be (N, H, W, C)")
    if any(width < 1 for width in widths):
        raise ValueError("widths must be at least 1")


def with_activation_argument(x, widths, *, name=None):
    _refuse(x, widths)
    a = layers.Conv2D(widths.conv1x1, 1, padding="same", activation="relu")(x)
    b = layers.Conv2D(widths.reduce3x3, 1, padding="same", activation="relu")(x)
    b = layers.Conv2D(widths.conv3x3, 3, padding="same", activation="relu")(b)
    c = layers.Conv2D(widths.reduce5x5, 1, padding="same", activation="relu")(x)
    c = layers.Conv2D(widths.conv5x5, 5, padding="same", activation="relu")(c)
    d = layers.MaxPooling2D(3, strides=1, padding="same")(x)
    d = layers.Conv2D(widths.pool_proj, 1, padding="same", activation="relu")(d)
    return layers.concatenate([a, b, c, d])


def with_dense_layers(x, widths):
    _refuse(x, widths)
    one, three_in, three, five_in, five, pool = widths
    relu = dict(activation="relu")
    branches = [
        layers.Dense(one, **relu)(x),
        layers.Conv2D(three, 3, padding="same", **relu)(
            layers.Dense(three_in, **relu)(x)
        ),
        layers.Conv2D(five, 5, padding="same", **relu)(
            layers.Dense(five_in, **relu)(x)
        ),
        layers.Dense(pool, **relu)(layers.MaxPool2D(3, 1, "same")(x)),
    ]
    return ops.concatenate(branches, axis=-1)


def branches_built_backwards(x, widths):
    _refuse(x, widths)

    def conv(x, filters, size):
        return layers.ReLU()(layers.Conv2D(filters, size, padding="same")(x))

    pool = layers.MaxPooling2D((3, 3), strides=(1, 1), padding="same")(x)
    pool = conv(pool, widths.pool_proj, 1)
    five = conv(conv(x, widths.reduce5x5, 1), widths.conv5x5, 5)
    three = conv(conv(x, widths.reduce3x3, 1), widths.conv3x3, 3)
    one = conv(x, widths.conv1x1, 1)
    return layers.Concatenate(axis=-1)([one, three, five, pool])


def one_relu_behind_the_concatenation(x, widths):
    _refuse(x, widths)
    conv = partial(layers.Conv2D, padding="same")
    three = layers.Activation("relu")(conv(widths.reduce3x3, 1)(x))
    five = layers.Activation("relu")(conv(widths.reduce5x5, 1)(x))
    pool = layers.MaxPooling2D(3, strides=1, padding="same")(x)
    x = layers.Concatenate()(
        [
            conv(widths.conv1x1, 1)(x),
            conv(widths.conv3x3, 3)(three),
            conv(widths.conv5x5, 5)(five),
            conv(widths.pool_proj, 1)(pool),
        ]
    )
    return layers.Activation("relu")(x)


def with_keras_ops(x, widths):
    _refuse(x, widths)
    one = keras.activations.relu(layers.Conv2D(widths[0], 1)(x))
    three = keras.ops.relu(layers.Conv2D(widths[1], 1)(x))
    three = keras.ops.relu(layers.Conv2D(widths[2], 3, padding="same")(three))
    five = keras.ops.relu(layers.Conv2D(widths[3], 1)(x))
    five = keras.ops.relu(layers.Conv2D(widths[4], 5, padding="same")(five))
    pool = keras.ops.max_pool(x, 3, strides=1, padding="same")
    pool = keras.ops.relu(layers.Conv2D(widths[5], 1)(pool))
    return keras.ops.concatenate((one, three, five, pool), axis=3)


def with_sequential_branches(x, widths):
    _refuse(x, widths)

    def conv(filters, size):
        return layers.Conv2D(filters, size, padding="same", activation="relu")

    branches = (
        keras.Sequential([conv(widths.conv1x1, 1)]),
        keras.Sequential([conv(widths.reduce3x3, 1), conv(widths.conv3x3, 3)]),
        keras.Sequential([conv(widths.reduce5x5, 1), conv(widths.conv5x5, 5)]),
        keras.Sequential(
            [layers.MaxPooling2D(3, 1, padding="same"), conv(widths.pool_proj, 1)]
        ),
    )
    return layers.Concatenate()([branch(x) for branch in branches])


class Inception(layers.Layer):
    """Four branches as a layer."""

    def __init__(self, widths, **kwargs):
        super().__init__(**kwargs)
        conv = partial(layers.Conv2D, padding="same", activation="relu")
        self.pool = layers.MaxPooling2D(3, strides=1, padding="same")
        self.proj = conv(widths.pool_proj, 1)
        self.one = conv(widths.conv1x1, 1)
        self.reductions = [conv(widths.reduce3x3, 1), conv(widths.reduce5x5, 1)]
        self.wide = {"3": conv(widths.conv3x3, 3), "5": conv(widths.conv5x5, 5)}

    def call(self, x):
        three = self.wide["3"](self.reductions[0](x))
        five = self.wide["5"](self.reductions[1](x))
        return ops.concatenate([self.one(x), three, five, self.proj(self.pool(x))], -1)


def with_a_subclassed_layer(x, widths, *, name=None):
    _refuse(x, widths)
    return Inception(widths, name=name)(x)


class Branch(layers.Layer):
    """A convolution with weights of its own."""

    def __init__(self, filters, size):
        super().__init__()
        self.filters, self.size = filters, size

    def build(self, shape):
        self.filter_bank = self.add_weight(
            shape=(self.size, self.size, shape[-1], self.filters)
        )
        self.threshold = self.add_weight(shape=(self.filters,), initializer="zeros")

    def call(self, x):
        return ops.relu(ops.conv(x, self.filter_bank, padding="same") + self.threshold)


def with_weights_of_its_own(x, widths):
    _refuse(x, widths)
    pool = layers.MaxPooling2D(3, strides=1, padding="same")(x)
    return layers.Concatenate()(
        [
            Branch(widths.conv1x1, 1)(x),
            Branch(widths.conv3x3, 3)(Branch(widths.reduce3x3, 1)(x)),
            Branch(widths.conv5x5, 5)(Branch(widths.reduce5x5, 1)(x)),
            Branch(widths.pool_proj, 1)(pool),
        ]
    )


def with_explicit_padding(x, widths):
    _refuse(x, widths)

    def conv(x, filters, size):
        x = layers.ZeroPadding2D(size // 2)(x)
        return layers.Conv2D(filters, size, activation="relu")(x)

    pool = ops.pad(x, [(0, 0), (1, 1), (1, 1), (0, 0)], constant_values=-1e9)
    pool = layers.MaxPooling2D(3, strides=1)(pool)
    three = conv(
        layers.Conv2D(widths.reduce3x3, 1, activation="relu")(x), widths.conv3x3, 3
    )
    five = conv(
        layers.Conv2D(widths.reduce5x5, 1, activation="relu")(x), widths.conv5x5, 5
    )
    one = layers.Conv2D(widths.conv1x1, 1, activation="relu")(x)
    pool = layers.Conv2D(widths.pool_proj, 1, activation="relu")(pool)
    return layers.concatenate([one, three, five, pool], axis=-1)


def with_einsum_dense(x, widths, sizes=None):
    _refuse(x, widths)

    def one(x, filters):
        layer = layers.EinsumDense(
            "nhwc,cf->nhwf",
            output_shape=(*(sizes or x.shape[1:3]), filters),
            bias_axes="f",
            activation="relu",
        )
        return layer(x)

    conv = partial(layers.Conv2D, padding="same", activation="relu")
    return layers.Concatenate()(
        [
            one(x, widths.conv1x1),
            conv(widths.conv3x3, 3)(one(x, widths.reduce3x3)),
            conv(widths.conv5x5, 5)(one(x, widths.reduce5x5)),
            one(layers.MaxPooling2D(3, 1, "same")(x), widths.pool_proj),
        ]
    )


def with_einsum_dense_of_any_size(x, widths):
    return with_einsum_dense(x, widths, sizes=(None, None))


def concatenated_step_by_step(x, widths):
    _refuse(x, widths)
    found = None
    plan = (
        [(widths.conv1x1, 1)],
        [(widths.reduce3x3, 1), (widths.conv3x3, 3)],
        [(widths.reduce5x5, 1), (widths.conv5x5, 5)],
        [(0, 0), (widths.pool_proj, 1)],
    )
    for branch in plan:
        y = x
        for filters, size in branch:
            if not size:
                y = layers.MaxPooling2D(3, strides=1, padding="same")(y)
                continue
            y = layers.Conv2D(filters, size, padding="same")(y)
            y = ops.maximum(y, 0)
        found = y if found is None else layers.Concatenate()([found, y])
    return found


def with_mixed_precision_layers(x, widths):
    _refuse(x, widths)
    half = dict(dtype="mixed_float16")
    conv = partial(layers.Conv2D, padding="same", activation="relu", **half)
    pool = layers.MaxPooling2D(3, strides=1, padding="same", **half)(x)
    return layers.Concatenate(**half)(
        [
            conv(widths.conv1x1, 1)(x),
            conv(widths.conv3x3, 3)(conv(widths.reduce3x3, 1)(x)),
            conv(widths.conv5x5, 5)(conv(widths.reduce5x5, 1)(x)),
            conv(widths.pool_proj, 1)(pool),
        ]
    )


RIGHT = (
    with_activation_argument,
    with_dense_layers,
    branches_built_backwards,
    one_relu_behind_the_concatenation,
    with_keras_ops,
    with_sequential_branches,
    with_a_subclassed_layer,
    with_weights_of_its_own,
    with_explicit_padding,
    with_einsum_dense,
    with_einsum_dense_of_any_size,
    concatenated_step_by_step,
    with_mixed_precision_layers,
)


def _inception(activation="relu", stride=1, pool=None, sizes=(3, 5), reduce="relu"):
    def answer(x, widths):
        _refuse(x, widths)
        conv = partial(layers.Conv2D, padding="same", activation=activation)
        thin = partial(layers.Conv2D, kernel_size=1, activation=reduce)
        pooled = (pool or layers.MaxPooling2D(3, strides=1, padding="same"))(x)
        return layers.Concatenate()(
            [
                conv(widths.conv1x1, 1)(x),
                conv(widths.conv3x3, sizes[0])(thin(widths.reduce3x3)(x)),
                conv(widths.conv5x5, sizes[1])(thin(widths.reduce5x5)(x)),
                conv(widths.pool_proj, 1)(pooled),
            ]
        )

    return answer


capped_at_six = _inception("relu6", reduce="relu6")
leaky = _inception("leaky_relu")
linear_reductions = _inception(reduce=None)
pooling_two = _inception(pool=layers.MaxPooling2D(2, strides=1, padding="same"))
pooling_five = _inception(pool=layers.MaxPooling2D(5, strides=1, padding="same"))
sizes_swapped = _inception(sizes=(5, 3))


def two_3x3_for_the_5x5(x, widths):
    _refuse(x, widths)
    conv = partial(layers.Conv2D, padding="same", activation="relu")
    five = conv(widths.conv5x5, 3)(conv(widths.reduce5x5, 1)(x))
    return layers.Concatenate()(
        [
            conv(widths.conv1x1, 1)(x),
            conv(widths.conv3x3, 3)(conv(widths.reduce3x3, 1)(x)),
            conv(widths.conv5x5, 3)(five),
            conv(widths.pool_proj, 1)(layers.MaxPooling2D(3, 1, "same")(x)),
        ]
    )


def a_shared_reduction(x, widths):
    _refuse(x, widths)
    conv = partial(layers.Conv2D, padding="same", activation="relu")
    thin = conv(widths.reduce3x3, 1)(x)
    return layers.Concatenate()(
        [
            conv(widths.conv1x1, 1)(x),
            conv(widths.conv3x3, 3)(thin),
            conv(widths.conv5x5, 5)(thin),
            conv(widths.pool_proj, 1)(layers.MaxPooling2D(3, 1, "same")(x)),
        ]
    )


def with_batch_normalization(x, widths):
    return layers.BatchNormalization()(with_activation_argument(x, widths))


def pool_reads_the_1x1_branch(x, widths):
    _refuse(x, widths)
    conv = partial(layers.Conv2D, padding="same", activation="relu")
    one = conv(widths.conv1x1, 1)(x)
    return layers.Concatenate()(
        [
            one,
            conv(widths.conv3x3, 3)(conv(widths.reduce3x3, 1)(x)),
            conv(widths.conv5x5, 5)(conv(widths.reduce5x5, 1)(x)),
            conv(widths.pool_proj, 1)(layers.MaxPooling2D(3, 1, "same")(one)),
        ]
    )


def widths_below_one_left_out(x, widths):
    widths = widths._replace(conv1x1=widths.conv1x1 or 1)
    return with_activation_argument(x, widths)


WRONG = (
    capped_at_six,
    leaky,
    linear_reductions,
    pooling_two,
    pooling_five,
    sizes_swapped,
    two_3x3_for_the_5x5,
    a_shared_reduction,
    with_batch_normalization,
    pool_reads_the_1x1_branch,
    widths_below_one_left_out,
)
