"""Answers to ``inception_parameters`` that must pass, and some that must not."""

import operator
from functools import partial

import numpy as np


def _refuse(channels, widths):
    if channels < 1 or min(widths) < 1:
        raise ValueError(f"below 1: {channels}, {widths}")


def _conv(side, inputs, outputs):
    return side * side * inputs * outputs + outputs


def branch_by_branch(channels, widths):
    _refuse(channels, widths)
    one = _conv(1, channels, widths.conv1x1)
    three = _conv(1, channels, widths.reduce3x3)
    three += _conv(3, widths.reduce3x3, widths.conv3x3)
    five = _conv(1, channels, widths.reduce5x5)
    five += _conv(5, widths.reduce5x5, widths.conv5x5)
    return one + three + five + _conv(1, channels, widths.pool_proj)


def unpacked(channels, widths):
    a, b, c, d, e, f = widths
    if min(channels, a, b, c, d, e, f) < 1:
        raise ValueError("all at least 1")
    return channels * (a + b + d + f) + 9 * b * c + 25 * d * e + sum(widths)


def with_numpy(channels, widths):
    sizes = np.array([channels, *widths], dtype=np.int64)
    if (sizes < 1).any():
        raise ValueError(sizes)
    inputs, outputs = sizes[[0, 0, 2, 0, 4, 0]], sizes[1:]
    return np.array([1, 1, 9, 1, 25, 1]) @ (inputs * outputs) + outputs.sum()


def counting_real_kernels(channels, widths):
    _refuse(channels, widths)
    shapes = {
        "conv1x1": (1, 1, channels),
        "reduce3x3": (1, 1, channels),
        "conv3x3": (3, 3, widths.reduce3x3),
        "reduce5x5": (1, 1, channels),
        "conv5x5": (5, 5, widths.reduce5x5),
        "pool_proj": (1, 1, channels),
    }
    kernels = [np.broadcast_to(0, (*s, getattr(widths, n))) for n, s in shapes.items()]
    return sum(kernel.size + kernel.shape[-1] for kernel in kernels)


def weights_then_biases(channels, widths):
    _refuse(channels, widths)
    pairs = [(channels, w) for w in (widths[0], widths[1], widths[3], widths[5])]
    weights = sum(operator.mul(*pair) for pair in pairs)
    weights += 3**2 * widths[1] * widths[2] + 5**2 * widths[3] * widths[4]
    return np.int64(weights) + np.int64(sum(widths))


def as_array_without_axes(channels, widths):
    return np.asarray(unpacked(channels, widths))


a_lambda = lambda channels, widths: with_numpy(channels, widths).item()  # noqa: E731
a_partial = partial(lambda zero, *sizes: zero + branch_by_branch(*sizes), 0)

RIGHT = (
    branch_by_branch,
    unpacked,
    with_numpy,
    counting_real_kernels,
    weights_then_biases,
    as_array_without_axes,
    a_lambda,
    a_partial,
)


def as_float(channels, widths):
    return float(unpacked(channels, widths))


def trainable_without_the_pool_branch(channels, widths):
    return unpacked(channels, widths) - _conv(1, channels, widths.pool_proj)


def one_projection_for_all(channels, widths):
    _refuse(channels, widths)
    read = _conv(1, channels, widths.reduce3x3)
    return unpacked(channels, widths) - read


def multiply_adds_of_a_pixel(channels, widths):
    return unpacked(channels, widths) - sum(widths)


def the_first_block_of_googlenet(channels, widths):
    _refuse(channels, widths)
    return 163_696


def in_thousands(channels, widths):
    return unpacked(channels, widths) // 1000


def only_zeros_refused(channels, widths):
    a, b, c, d, e, f = widths
    if 0 in (channels, *widths):
        raise ValueError("zero")
    return channels * (a + b + d + f) + 9 * b * c + 25 * d * e + sum(widths)


def channels_not_refused(channels, widths):
    _refuse(1, widths)
    return only_zeros_refused(channels or 1, widths)


def a_width_not_refused(channels, widths):
    _refuse(channels, widths[:5])
    a, b, c, d, e, f = widths
    return channels * (a + b + d + f) + 9 * b * c + 25 * d * e + sum(widths)


def refused_with_a_type_error(channels, widths):
    try:
        return unpacked(channels, widths)
    except ValueError as error:
        raise TypeError(str(error)) from None


WRONG = (
    as_float,
    trainable_without_the_pool_branch,
    one_projection_for_all,
    multiply_adds_of_a_pixel,
    the_first_block_of_googlenet,
    in_thousands,
    only_zeros_refused,
    channels_not_refused,
    a_width_not_refused,
    refused_with_a_type_error,
)
