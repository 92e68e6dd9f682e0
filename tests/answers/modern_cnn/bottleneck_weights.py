"""Answers to ``bottleneck_weights`` that must pass, and some that must not."""

import math
from functools import partial

import numpy as np


def _refuse(*sizes):
    if min(sizes) < 1:
        raise ValueError(f"below 1: {sizes}")


def in_closed_form(channels, filters):
    _refuse(channels, filters)
    branch = channels * filters + 13 * filters**2
    return branch + (channels != 4 * filters) * 4 * channels * filters


def kernel_by_kernel(channels, filters):
    _refuse(channels, filters)
    kernels = [
        (1, 1, channels, filters),
        (3, 3, filters, filters),
        (1, 1, filters, 4 * filters),
    ]
    if channels != 4 * filters:
        kernels.append((1, 1, channels, 4 * filters))
    return sum(math.prod(kernel) for kernel in kernels)


def with_a_helper(channels, filters):
    if channels < 1:
        raise ValueError("channels")
    if filters < 1:
        raise ValueError("filters")

    def conv(inputs, outputs, side=1):
        return side**2 * inputs * outputs

    total = conv(channels, filters) + conv(filters, filters, 3)
    total += conv(filters, filters * 4)
    return total if channels / filters == 4 else total + conv(channels, filters * 4)


def with_numpy(channels, filters):
    sizes = np.array([channels, filters], dtype=np.int64)
    if np.any(sizes < 1):
        raise ValueError(sizes)
    inside = sizes[1]
    shortcut = np.where(sizes[0] == 4 * inside, 0, 4 * sizes[0] * inside)
    return sizes @ np.array([inside, 13 * inside]) + shortcut


def counting_real_kernels(channels, filters):
    _refuse(channels, filters)
    widths = [channels, filters, filters, 4 * filters]
    sides = (1, 3, 1)
    total = 0
    for side, inputs, outputs in zip(sides, widths[:-1], widths[1:], strict=True):
        total += np.broadcast_to(0, (side, side, inputs, outputs)).size
    if widths[0] != widths[-1]:
        total += widths[0] * widths[-1]
    return np.uint64(total)


a_lambda = lambda c, f: int(with_numpy(c, f))  # noqa: E731
a_partial = partial(lambda zero, *sizes: zero + kernel_by_kernel(*sizes), 0)

RIGHT = (
    in_closed_form,
    kernel_by_kernel,
    with_a_helper,
    with_numpy,
    counting_real_kernels,
    a_lambda,
    a_partial,
)


def as_float(channels, filters):
    return float(kernel_by_kernel(channels, filters))


def seventeen_c_squared(channels, filters):
    _refuse(channels, filters)
    return 17 * filters**2


def projects_where_it_grows_only(channels, filters):
    _refuse(channels, filters)
    grows = channels < 4 * filters
    return channels * filters + 13 * filters**2 + grows * 4 * channels * filters


def projects_after_the_first_convolution(channels, filters):
    _refuse(channels, filters)
    projected = (channels != 4 * filters) * 4 * filters**2
    return channels * filters + 13 * filters**2 + projected


def filters_are_those_outside(channels, filters):
    _refuse(channels, filters)
    inside = filters // 4
    return channels * inside + 9 * inside**2 + inside * filters


def only_zeros_refused(channels, filters):
    if channels == 0 or filters == 0:
        raise ValueError("zero")
    return in_closed_form(abs(channels), abs(filters))


def channels_not_refused(channels, filters):
    _refuse(filters)
    return in_closed_form(max(channels, 1), filters)


def filters_not_refused(channels, filters):
    _refuse(channels)
    return in_closed_form(channels, max(filters, 1))


def none_returned(channels, filters):
    print(kernel_by_kernel(channels, filters))


WRONG = (
    as_float,
    seventeen_c_squared,
    projects_where_it_grows_only,
    projects_after_the_first_convolution,
    filters_are_those_outside,
    only_zeros_refused,
    channels_not_refused,
    filters_not_refused,
    none_returned,
)
