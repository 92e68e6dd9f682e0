"""Answers to ``two_tower_conv`` that must pass, and some that must not."""

from functools import partial

import keras
import numpy as np
from keras import layers, ops


def _refuse(x, filters, kernel, stride, padding):
    if len(x.shape) != 4:
        raise ValueError("x must be (N, H, W, C)")
    sides = (kernel, kernel) if isinstance(kernel, int) else tuple(kernel)
    if min(filters, stride, *sides) < 1:
        raise ValueError("sizes must be at least 1")
    if x.shape[-1] % 2 or filters % 2:
        raise ValueError("two towers share channels and filters evenly")
    if padding not in ("same", "valid"):
        raise ValueError("padding must be same or valid")
    if padding == "valid" and any(
        side > size for side, size in zip(sides, x.shape[1:3], strict=True)
    ):
        raise ValueError("no output is left")
    return sides


def with_groups(x, filters, kernel, *, stride=1, padding="same"):
    _refuse(x, filters, kernel, stride, padding)
    x = layers.Conv2D(filters, kernel, stride, padding, groups=2, activation="relu")(x)
    return x


def with_split(x, filters, kernel, *, stride=1, padding="same", name=None):
    _refuse(x, filters, kernel, stride, padding)
    towers = []
    for half in ops.split(x, 2, axis=-1):
        half = layers.Conv2D(filters // 2, kernel, strides=stride, padding=padding)(
            half
        )
        towers.append(layers.ReLU()(half))
    return layers.Concatenate()(towers)


def with_slices_and_one_relu(x, filters, kernel, *, stride=1, padding="same"):
    _refuse(x, filters, kernel, stride, padding)
    half = x.shape[-1] // 2
    options = dict(kernel_size=kernel, strides=(stride, stride), padding=padding)
    second = layers.Conv2D(filters // 2, **options)(x[..., half:])
    first = layers.Conv2D(filters // 2, **options)(x[..., :half])
    return ops.relu(ops.concatenate([first, second], axis=-1))


def with_lambda_layers(x, filters, kernel, *, stride=1, padding="same"):
    _refuse(x, filters, kernel, stride, padding)
    half = x.shape[-1] // 2
    a = layers.Lambda(lambda t: t[:, :, :, :half])(x)
    b = layers.Lambda(lambda t: t[:, :, :, half:])(x)
    conv = partial(layers.Conv2D, filters // 2, kernel, strides=stride, padding=padding)
    return layers.concatenate([conv(activation="relu")(a), conv(activation="relu")(b)])


class TwoTowers(layers.Layer):
    """Builds a convolution a tower in ``__init__``."""

    def __init__(self, filters, kernel, stride, padding, **kwargs):
        super().__init__(**kwargs)
        self.towers = [
            layers.Conv2D(filters // 2, kernel, strides=stride, padding=padding)
            for _ in range(2)
        ]

    def call(self, x):
        halves = ops.split(x, 2, axis=-1)
        seen = [tower(h) for tower, h in zip(self.towers, halves, strict=True)]
        return keras.activations.relu(ops.concatenate(seen, axis=-1))


def with_a_subclassed_layer(x, filters, kernel, *, stride=1, padding="same"):
    _refuse(x, filters, kernel, stride, padding)
    return TwoTowers(filters, kernel, stride, padding)(x)


class TowersOfWeights(layers.Layer):
    """Adds its own weights and calls ``ops.conv``."""

    def __init__(self, filters, sides, stride, padding):
        super().__init__()
        self.filters, self.sides = filters, sides
        self.stride, self.padding = stride, padding

    def build(self, shape):
        kernel = (*self.sides, shape[-1] // 2, self.filters // 2)
        self.left = self.add_weight(shape=kernel, initializer="he_normal")
        self.right = self.add_weight(shape=kernel, initializer="he_normal")
        self.left_bias = self.add_weight(
            shape=(self.filters // 2,), initializer="zeros"
        )
        self.right_bias = self.add_weight(
            shape=(self.filters // 2,), initializer="zeros"
        )

    def call(self, x):
        half = x.shape[-1] // 2
        options = dict(strides=self.stride, padding=self.padding)
        left = ops.conv(x[..., :half], self.left, **options) + self.left_bias
        right = ops.conv(x[..., half:], self.right, **options) + self.right_bias
        return ops.relu(ops.concatenate([left, right], axis=-1))


def with_weights_of_its_own(x, filters, kernel, *, stride=1, padding="same"):
    sides = _refuse(x, filters, kernel, stride, padding)
    return TowersOfWeights(filters, sides, stride, padding)(x)


def with_nested_models(x, filters, kernel, *, stride=1, padding="same"):
    _refuse(x, filters, kernel, stride, padding)
    half = x.shape[-1] // 2

    def tower(name):
        shape = (*x.shape[1:3], half)
        return keras.Sequential(
            [
                keras.Input(shape),
                layers.Conv2D(filters // 2, kernel, strides=stride, padding=padding),
                layers.Activation("relu"),
            ],
            name=name,
        )

    return ops.concatenate(
        [tower("one")(x[..., :half]), tower("two")(x[..., half:])], -1
    )


def with_explicit_padding(x, filters, kernel, *, stride=1, padding="same"):
    sides = _refuse(x, filters, kernel, stride, padding)
    if padding == "same":
        margins = []
        for size, side in zip(x.shape[1:3], sides, strict=True):
            total = max((-(-size // stride) - 1) * stride + side - size, 0)
            margins.append((total // 2, total - total // 2))
        x = layers.ZeroPadding2D(margins)(x)
    x = layers.Conv2D(filters, sides, strides=stride, groups=2)(x)
    return ops.maximum(x, 0.0)


def with_stride_one_then_slicing(x, filters, kernel, *, stride=1, padding="same"):
    sides = _refuse(x, filters, kernel, stride, padding)
    offsets = [0, 0]
    if padding == "same":
        # Where the strided windows stand among those that move by one pixel.
        for i, (size, side) in enumerate(zip(x.shape[1:3], sides, strict=True)):
            total = max((-(-size // stride) - 1) * stride + side - size, 0)
            offsets[i] = (side - 1) // 2 - total // 2
    x = layers.Conv2D(filters, sides, padding=padding, groups=2)(x)
    x = x[:, offsets[0] :: stride, offsets[1] :: stride]
    return layers.Activation(keras.activations.relu)(x)


def with_mixed_precision_layers(x, filters, kernel, *, stride=1, padding="same"):
    _refuse(x, filters, kernel, stride, padding)
    x = layers.Conv2D(
        filters,
        kernel,
        strides=stride,
        padding=padding,
        groups=2,
        dtype="mixed_float16",
    )(x)
    return layers.ReLU(dtype="mixed_float16")(x)


def with_numpy_integers(x, filters, kernel, *, stride=1, padding="same"):
    sides = _refuse(x, filters, kernel, stride, padding)
    half = np.int64(filters) // 2
    pair = [
        layers.Conv2D(half, sides, strides=int(stride), padding=padding.upper())(t)
        for t in (x[..., : x.shape[-1] // 2], x[..., x.shape[-1] // 2 :])
    ]
    x = layers.Concatenate(axis=3)(pair)
    return layers.LeakyReLU(negative_slope=0.0)(x)


class Callable:
    """An object that is called like a function."""

    def __call__(self, x, filters, kernel, *, stride=1, padding="same"):
        _refuse(x, filters, kernel, stride, padding)
        x = layers.Conv2D(filters, kernel, strides=stride, padding=padding, groups=2)(x)
        return ops.where(x > 0, x, 0.0)


a_callable_object = Callable()
a_partial = partial(with_split, name=None)

RIGHT = (
    with_groups,
    with_split,
    with_slices_and_one_relu,
    with_lambda_layers,
    with_a_subclassed_layer,
    with_weights_of_its_own,
    with_nested_models,
    with_explicit_padding,
    with_stride_one_then_slicing,
    with_mixed_precision_layers,
    with_numpy_integers,
    a_callable_object,
    a_partial,
)


def _towers(activation, relu=ops.relu, swap=False, **options):
    def answer(x, filters, kernel, *, stride=1, padding="same"):
        _refuse(x, filters, kernel, stride, padding)
        options_ = {**dict(strides=stride, padding=padding), **options}
        halves = ops.split(x, 2, axis=-1)[:: -1 if swap else 1]
        halves = [layers.Conv2D(filters // 2, kernel, **options_)(h) for h in halves]
        return activation(ops.concatenate(halves, axis=-1))

    return answer


leaky = _towers(layers.LeakyReLU(negative_slope=0.01))
capped_at_six = _towers(layers.ReLU(max_value=6))
softly = _towers(ops.softplus)
swapping_the_inputs = _towers(ops.relu, swap=True)
dilated = _towers(ops.relu, strides=1, dilation_rate=2)
with_a_frozen_tower = _towers(ops.relu, trainable=False)


def four_groups(x, filters, kernel, *, stride=1, padding="same"):
    _refuse(x, filters, kernel, stride, padding)
    groups = 4 if x.shape[-1] % 4 == 0 and filters % 4 == 0 else 2
    conv = layers.Conv2D(filters, kernel, stride, padding, groups=groups)
    return layers.ReLU()(conv(x))


def both_towers_write_all_filters(x, filters, kernel, *, stride=1, padding="same"):
    _refuse(x, filters, kernel, stride, padding)
    return with_groups(x, 2 * filters, kernel, stride=stride, padding=padding)


def summing_the_towers(x, filters, kernel, *, stride=1, padding="same"):
    _refuse(x, filters, kernel, stride, padding)
    conv = partial(layers.Conv2D, filters, kernel, stride, padding)
    return ops.relu(sum(conv()(half) for half in ops.split(x, 2, axis=-1)))


def interleaving_the_inputs(x, filters, kernel, *, stride=1, padding="same"):
    _refuse(x, filters, kernel, stride, padding)
    x = ops.concatenate([x[..., ::2], x[..., 1::2]], axis=-1)
    return with_groups(x, filters, kernel, stride=stride, padding=padding)


def padding_both_sides_alike(x, filters, kernel, *, stride=1, padding="same"):
    sides = _refuse(x, filters, kernel, stride, padding)
    if padding == "same":
        x = layers.ZeroPadding2D([side // 2 for side in sides])(x)
    return layers.Conv2D(filters, sides, stride, groups=2, activation="relu")(x)


def dropping_in_training(x, filters, kernel, *, stride=1, padding="same"):
    x = with_groups(x, filters, kernel, stride=stride, padding=padding)
    return layers.Dropout(0.5)(x)


def odd_filters_rounded_down(x, filters, kernel, *, stride=1, padding="same"):
    filters -= filters % 2
    return with_groups(x, filters, kernel, stride=stride, padding=padding)


WRONG = (
    leaky,
    capped_at_six,
    softly,
    swapping_the_inputs,
    dilated,
    with_a_frozen_tower,
    four_groups,
    both_towers_write_all_filters,
    summing_the_towers,
    interleaving_the_inputs,
    padding_both_sides_alike,
    dropping_in_training,
    odd_filters_rounded_down,
)
