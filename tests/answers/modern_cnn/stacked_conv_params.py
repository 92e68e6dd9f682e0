"""Answers to ``stacked_conv_params`` that must pass, and some that must not."""

import math
from functools import partial

import numpy as np


def _sides(kernel):
    return (kernel, kernel) if np.isscalar(kernel) else tuple(kernel)


def _refuse(*sizes):
    if any(size < 1 for size in sizes):
        raise ValueError(f"below 1: {sizes}")


def with_isinstance(kernel, depth, channels):
    if isinstance(kernel, int):
        kernel = (kernel, kernel)
    height, width = kernel
    if height < 1 or width < 1 or depth < 1 or channels < 1:
        raise ValueError("sizes must be at least 1")
    return depth * height * width * channels * channels


def layer_by_layer(kernel, depth, channels):
    height, width = _sides(kernel)
    _refuse(height, width, depth, channels)
    total = 0
    for _ in range(depth):
        total += channels * height * width * channels
    return total


def with_numpy(kernel, depth, channels):
    sides = np.ones(2, dtype=np.int64) * np.asarray(kernel)
    if sides.min() < 1 or min(depth, channels) < 1:
        raise ValueError("sizes must be at least 1")
    return np.prod(sides) * np.int64(channels) ** 2 * depth


def counting_real_kernels(kernel, depth, channels):
    height, width = _sides(kernel)
    _refuse(height, width, depth, channels)
    shape = (height, width, channels, channels)
    return sum(np.broadcast_to(0.0, shape).size for _ in range(depth))


def with_math_prod(kernel, depth, channels):
    shape = (*_sides(kernel), channels, channels, depth)
    if min(shape) < 1:
        raise ValueError(shape)
    return math.prod(shape)


def by_recursion(kernel, depth, channels):
    height, width = _sides(kernel)
    _refuse(height, width, depth, channels)
    one = height * width * channels**2
    return one if depth == 1 else one + by_recursion(kernel, depth - 1, channels)


def as_array_without_axes(kernel, depth, channels):
    return np.asarray(with_math_prod(kernel, depth, channels))


a_lambda = lambda k, d, c: with_numpy(k, d, c).item()  # noqa: E731
a_partial = partial(lambda zero, *sizes: zero + layer_by_layer(*sizes), 0)

RIGHT = (
    with_isinstance,
    layer_by_layer,
    with_numpy,
    counting_real_kernels,
    with_math_prod,
    by_recursion,
    as_array_without_axes,
    a_lambda,
    a_partial,
)


def as_float(kernel, depth, channels):
    return float(with_math_prod(kernel, depth, channels))


def square_kernels_only(kernel, depth, channels):
    _refuse(kernel, depth, channels)
    return kernel**2 * channels**2 * depth


def area_of_the_receptive_field(kernel, depth, channels):
    height, width = _sides(kernel)
    _refuse(height, width, depth, channels)
    grown = (depth * (height - 1) + 1) * (depth * (width - 1) + 1)
    return grown * channels**2


def in_thousands(kernel, depth, channels):
    return with_math_prod(kernel, depth, channels) // 1000


def only_zeros_refused(kernel, depth, channels):
    if 0 in (*_sides(kernel), depth, channels):
        raise ValueError("zero")
    return math.prod((*_sides(kernel), channels, channels, depth))


def width_not_refused(kernel, depth, channels):
    _refuse(_sides(kernel)[0], depth, channels)
    return math.prod((*_sides(kernel), channels, channels, depth))


def none_returned(kernel, depth, channels):
    print(with_math_prod(kernel, depth, channels))


WRONG = (
    as_float,
    square_kernels_only,
    area_of_the_receptive_field,
    in_thousands,
    only_zeros_refused,
    width_not_refused,
    none_returned,
)
