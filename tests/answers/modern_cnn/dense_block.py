"""Answers to ``dense_block`` that must pass, and some that must not."""

from functools import partial

import keras
from keras import layers, ops


def _refuse(x, num_layers, growth_rate):
    if len(x.shape) != 4:
        raise ValueError("x must be (N, H, W, C)")
    if num_layers < 1 or growth_rate < 1:
        raise ValueError("num_layers and growth_rate must be at least 1")


def with_activation_layers(x, num_layers, growth_rate, *, name=None):
    _refuse(x, num_layers, growth_rate)
    for _ in range(num_layers):
        y = layers.BatchNormalization()(x)
        y = layers.Activation("relu")(y)
        y = layers.Conv2D(4 * growth_rate, 1, padding="same", use_bias=False)(y)
        y = layers.BatchNormalization()(y)
        y = layers.Activation("relu")(y)
        y = layers.Conv2D(growth_rate, 3, padding="same", use_bias=False)(y)
        x = layers.concatenate([x, y])
    return x


def with_a_list_of_features(x, num_layers, growth_rate):
    _refuse(x, num_layers, growth_rate)
    bn = partial(layers.BatchNormalization, epsilon=1.001e-5)
    features = [x]
    for _ in range(num_layers):
        y = features[0] if len(features) == 1 else layers.Concatenate()(features)
        y = layers.Conv2D(4 * growth_rate, 1, use_bias=False)(layers.ReLU()(bn()(y)))
        y = layers.Conv2D(growth_rate, 3, padding="same", use_bias=False)(
            layers.ReLU()(bn()(y))
        )
        features.append(y)
    return layers.Concatenate()(features)


def by_recursion(x, num_layers, growth_rate):
    _refuse(x, num_layers, growth_rate)
    y = ops.relu(layers.BatchNormalization()(x))
    y = layers.Conv2D(growth_rate * 4, (1, 1), use_bias=False)(y)
    y = ops.relu(layers.BatchNormalization()(y))
    y = layers.Conv2D(growth_rate, (3, 3), padding="same", use_bias=False)(y)
    x = ops.concatenate([x, y], axis=-1)
    return x if num_layers == 1 else by_recursion(x, num_layers - 1, growth_rate)


def with_dense_bottlenecks(x, num_layers, growth_rate):
    _refuse(x, num_layers, growth_rate)
    for _ in range(num_layers):
        y = keras.activations.relu(layers.BatchNormalization(momentum=0.9)(x))
        y = layers.Dense(4 * growth_rate, use_bias=False)(y)
        y = keras.activations.relu(layers.BatchNormalization(momentum=0.9)(y))
        y = layers.ZeroPadding2D(1)(y)
        y = layers.Conv2D(growth_rate, 3, use_bias=False)(y)
        x = layers.Concatenate(axis=3)([x, y])
    return x


class DenseLayer(layers.Layer):
    """One layer of the block, its concatenation included."""

    def __init__(self, growth_rate):
        super().__init__()
        self.second = layers.Conv2D(growth_rate, 3, padding="same", use_bias=False)
        self.first = layers.Conv2D(4 * growth_rate, 1, use_bias=False)
        self.bn1 = layers.BatchNormalization()
        self.bn2 = layers.BatchNormalization()

    def call(self, x):
        y = self.first(ops.relu(self.bn1(x)))
        return ops.concatenate([x, self.second(ops.relu(self.bn2(y)))], axis=-1)


def with_subclassed_layers(x, num_layers, growth_rate):
    _refuse(x, num_layers, growth_rate)
    return keras.Sequential([DenseLayer(growth_rate) for _ in range(num_layers)])(x)


class DenseBlock(keras.Model):
    """The whole block, its layers made in ``__init__``."""

    def __init__(self, num_layers, growth_rate):
        super().__init__()
        self.steps = [
            keras.Sequential(
                [
                    layers.BatchNormalization(),
                    layers.ReLU(),
                    layers.Conv2D(4 * growth_rate, 1, use_bias=False),
                    layers.BatchNormalization(),
                    layers.ReLU(),
                    layers.Conv2D(growth_rate, 3, padding="same", use_bias=False),
                ]
            )
            for _ in range(num_layers)
        ]

    def call(self, x):
        seen = [x]
        for step in self.steps:
            seen.append(step(ops.concatenate(seen, axis=-1)))
        return ops.concatenate(seen, axis=-1)


def with_a_subclassed_model(x, num_layers, growth_rate):
    _refuse(x, num_layers, growth_rate)
    return DenseBlock(num_layers, growth_rate)(x)


def with_nested_models(x, num_layers, growth_rate):
    _refuse(x, num_layers, growth_rate)
    for _ in range(num_layers):
        image = keras.Input(x.shape[1:])
        x = keras.Model(image, with_activation_layers(image, 1, growth_rate))(x)
    return x


class Conv(layers.Layer):
    """A convolution with a kernel of its own and no bias."""

    def __init__(self, filters, size):
        super().__init__()
        self.filters, self.size = filters, size

    def build(self, shape):
        self.w = self.add_weight(shape=(self.size, self.size, shape[-1], self.filters))

    def call(self, x):
        return ops.conv(x, self.w, padding="same")


def with_kernels_of_its_own(x, num_layers, growth_rate):
    _refuse(x, num_layers, growth_rate)
    for _ in range(num_layers):
        y = layers.ReLU()(layers.BatchNormalization()(x))
        y = layers.ReLU()(layers.BatchNormalization()(Conv(4 * growth_rate, 1)(y)))
        x = layers.Concatenate()([x, Conv(growth_rate, 3)(y)])
    return x


def with_mixed_precision_layers(x, num_layers, growth_rate):
    _refuse(x, num_layers, growth_rate)
    half = dict(dtype="mixed_float16")
    bn, relu = partial(layers.BatchNormalization, **half), layers.ReLU(**half)
    conv = partial(layers.Conv2D, padding="same", use_bias=False, **half)
    for _ in range(num_layers):
        y = conv(growth_rate, 3)(relu(bn()(conv(4 * growth_rate, 1)(relu(bn()(x))))))
        x = layers.Concatenate(**half)([x, y])
    return x


RIGHT = (
    with_activation_layers,
    with_a_list_of_features,
    by_recursion,
    with_dense_bottlenecks,
    with_subclassed_layers,
    with_a_subclassed_model,
    with_nested_models,
    with_kernels_of_its_own,
    with_mixed_precision_layers,
)


def _block(relu="relu", bn=None, wide=4, size=3, dilation=1, merge=None):
    relu, bn = keras.activations.get(relu), bn or layers.BatchNormalization
    merge = merge or (lambda x, y, first: ops.concatenate([x, y], axis=-1))

    def answer(x, num_layers, growth_rate):
        _refuse(x, num_layers, growth_rate)
        first = x
        conv = partial(layers.Conv2D, padding="same", use_bias=False)
        for _ in range(num_layers):
            y = relu(bn()(conv(wide * growth_rate, 1)(relu(bn()(x)))))
            y = conv(growth_rate, size, dilation_rate=dilation)(y)
            x = merge(x, y, first)
        return x

    return answer


capped_at_six = _block("relu6")
leaky = _block("leaky_relu")
twice_as_wide_inside = _block(wide=2)
with_1x1_only = _block(size=1)
dilated = _block(dilation=2)
with_a_large_epsilon = _block(bn=partial(layers.BatchNormalization, epsilon=1e-2))
with_frozen_normalization = _block(
    bn=partial(layers.BatchNormalization, trainable=False)
)
newest_behind_the_input = _block(
    merge=lambda x, y, first: ops.concatenate(
        [first, y, x[..., first.shape[-1] :]], axis=-1
    )
)


def no_second_relu(x, num_layers, growth_rate):
    _refuse(x, num_layers, growth_rate)
    for _ in range(num_layers):
        y = layers.ReLU()(layers.BatchNormalization()(x))
        y = layers.Conv2D(4 * growth_rate, 1, use_bias=False)(y)
        y = layers.BatchNormalization()(y)
        y = layers.Conv2D(growth_rate, 3, padding="same", use_bias=False)(y)
        x = layers.Concatenate()([x, y])
    return x


def activated_features_concatenated(x, num_layers, growth_rate):
    _refuse(x, num_layers, growth_rate)
    for _ in range(num_layers):
        x = y = layers.ReLU()(layers.BatchNormalization()(x))
        y = layers.Conv2D(4 * growth_rate, 1, use_bias=False)(y)
        y = layers.ReLU()(layers.BatchNormalization()(y))
        y = layers.Conv2D(growth_rate, 3, padding="same", use_bias=False)(y)
        x = layers.Concatenate()([x, y])
    return x


def one_3x3_for_all_layers(x, num_layers, growth_rate):
    _refuse(x, num_layers, growth_rate)
    conv = layers.Conv2D(growth_rate, 3, padding="same", use_bias=False)
    for _ in range(num_layers):
        y = layers.ReLU()(layers.BatchNormalization()(x))
        y = layers.Conv2D(4 * growth_rate, 1, use_bias=False)(y)
        y = conv(layers.ReLU()(layers.BatchNormalization()(y)))
        x = layers.Concatenate()([x, y])
    return x


def arguments_swapped(x, num_layers, growth_rate):
    return with_activation_layers(x, growth_rate, num_layers)


def dropping_in_training(x, num_layers, growth_rate):
    x = with_activation_layers(x, num_layers, growth_rate)
    return layers.Dropout(0.2)(x)


WRONG = (
    capped_at_six,
    leaky,
    twice_as_wide_inside,
    with_1x1_only,
    dilated,
    with_a_large_epsilon,
    with_frozen_normalization,
    newest_behind_the_input,
    no_second_relu,
    activated_features_concatenated,
    one_3x3_for_all_layers,
    arguments_swapped,
    dropping_in_training,
)
