"""Answers to ``stacked_conv_params`` by someone who had its docstring alone: right ones, wrong ones and why."""

import math
from collections.abc import Iterable

import numpy as np


def formula(kernel, depth, channels):
    h, w = kernel if isinstance(kernel, (tuple, list)) else (kernel, kernel)
    if h < 1 or w < 1 or depth < 1 or channels < 1:
        raise ValueError("all must be at least 1")
    return int(depth) * int(h) * int(w) * int(channels) ** 2


def loop(kernel, depth, channels):
    if isinstance(kernel, Iterable):
        height, width = map(int, kernel)
    else:
        height = width = int(kernel)
    for value in (height, width, depth, channels):
        if value < 1:
            raise ValueError(f"{value} is below 1")
    total = 0
    for _ in range(depth):
        total += height * width * int(channels) * int(channels)
    return total


def try_unpack(kernel, depth, channels):
    try:
        kh, kw = kernel
    except TypeError:
        kh = kw = kernel
    if min(kh, kw, depth, channels) <= 0:
        raise ValueError("positive numbers only")
    return math.prod(map(int, (kh, kw, channels, channels, depth)))


def numpy_broadcast(kernel, depth, channels):
    sides = np.broadcast_to(np.asarray(kernel, dtype=object), 2)
    shape = np.array([*sides, channels, channels], dtype=object)
    if (shape < 1).any() or depth < 1:
        raise ValueError("below 1")
    return int(shape.prod() * int(depth))


def recursion(kernel, depth, channels):
    if not hasattr(kernel, "__len__"):
        return recursion((kernel, kernel), depth, channels)
    if any(v < 1 for v in (*kernel, depth, channels)):
        raise ValueError("below 1")
    one = int(kernel[0]) * int(kernel[1]) * int(channels) ** 2
    if depth == 1:
        return one
    half = depth // 2
    return recursion(kernel, half, channels) + recursion(kernel, depth - half, channels)


class _Conv:
    def __init__(self, kernel, channels):
        self.shape = tuple(kernel) if np.ndim(kernel) else (kernel,) * 2
        self.shape += (channels, channels)
        if not all(n >= 1 for n in self.shape):
            raise ValueError("kernel and channels must be at least 1")

    def count(self):
        n = 1
        for side in self.shape:
            n *= int(side)
        return n


def conv_objects(kernel, depth, channels):
    if depth < 1:
        raise ValueError("depth must be at least 1")
    return sum(conv.count() for conv in [_Conv(kernel, channels)] * depth)


RIGHT = {"formula": formula, "loop over the layers": loop, "try to unpack": try_unpack,
         "numpy broadcast": numpy_broadcast, "recursion": recursion, "objects": conv_objects}


def _make(count, check=lambda h, w, d, c: min(h, w, d, c) < 1):
    def f(kernel, depth, channels):
        h, w = kernel if isinstance(kernel, (tuple, list)) else (kernel, kernel)
        if check(h, w, depth, channels):
            raise ValueError("below 1")
        return count(h, w, depth, channels)

    return f


def _right(h, w, d, c):
    return d * h * w * c * c


def _int_kernel(kernel, depth, channels):
    if min(kernel, depth, channels) < 1:
        raise ValueError
    return depth * kernel**2 * channels**2


def _checks_before_unpack(kernel, depth, channels):
    if kernel < 1 or depth < 1 or channels < 1:
        raise ValueError
    h, w = kernel if isinstance(kernel, tuple) else (kernel, kernel)
    return h * w * channels**2 * depth


def _int_branch_check(kernel, depth, channels):
    if isinstance(kernel, int):
        if kernel < 1:
            raise ValueError
        kernel = (kernel, kernel)
    if depth < 1 or channels < 1:
        raise ValueError
    return kernel[0] * kernel[1] * channels**2 * depth


def _asserts(kernel, depth, channels):
    h, w = kernel if isinstance(kernel, (tuple, list)) else (kernel, kernel)
    assert min(h, w, depth, channels) >= 1
    return _right(h, w, depth, channels)


def _zero(kernel, depth, channels):
    h, w = kernel if isinstance(kernel, (tuple, list)) else (kernel, kernel)
    return 0 if min(h, w, depth, channels) < 1 else _right(h, w, depth, channels)


def _equivalent(h, w, d, c):
    return ((h - 1) * d + 1) * ((w - 1) * d + 1) * c * c


WRONG = {
    "int kernel only": (_int_kernel, "A kernel (height, width) ends in a TypeError."),
    "checks before unpacking": (_checks_before_unpack, "Comparing a tuple kernel with 1 is a TypeError."),
    "height squared": (_make(lambda h, w, d, c: d * h * h * c * c), "The width of a non-square kernel is ignored."),
    "h plus w": (_make(lambda h, w, d, c: d * (h + w) * c * c), "Sides are added; right only for 2x2."),
    "with biases": (_make(lambda h, w, d, c: d * (h * w * c * c + c)), "Counts a bias per channel and layer."),
    "one bias each": (_make(lambda h, w, d, c: d * (h * w * c + 1) * c), "(k*k*c + 1)*c is the count with biases."),
    "no depth": (_make(lambda h, w, d, c: h * w * c * c), "Counts one convolution however many are stacked."),
    "channels once": (_make(lambda h, w, d, c: d * h * w * c), "Counts one output channel per convolution."),
    "first layer reads one channel": (_make(lambda h, w, d, c: h * w * c + (d - 1) * h * w * c * c),
                                      "The first convolution reads `channels` channels as well."),
    "equivalent kernel": (_make(_equivalent), "Counts the single convolution that sees as much, not the stack."),
    "channels to the depth": (_make(lambda h, w, d, c: h * w * c ** (d + 1)),
                              "Channels are multiplied once more for each layer; right only at depth 1."),
    "depth minus one": (_make(lambda h, w, d, c: (d - 1) * h * w * c * c), "One convolution too few."),
    "float": (_make(lambda h, w, d, c: d * h * w * math.pow(c, 2)), "math.pow makes the result a float."),
    "int32": (_make(lambda h, w, d, c: int(np.prod(np.array([h, w, c, c, d], dtype=np.int32), dtype=np.int32))),
              "Overflows in int32 for large but ordinary sizes (9 * 4096^2 * 16)."),
    "depth unchecked": (_make(_right, lambda h, w, d, c: min(h, w, c) < 1), "Depth 0 gives 0 instead of a ValueError."),
    "product check": (_make(_right, lambda h, w, d, c: h * w * d * c < 1),
                      "Only the product is checked: two negative numbers pass."),
    "height check": (_make(_right, lambda h, w, d, c: h < 1 or d < 1 or c < 1), "A width of 0 passes."),
    "tuple kernel unchecked": (_int_branch_check, "Only an int kernel is checked; (0, 3) passes."),
    "one refused": (_make(_right, lambda h, w, d, c: min(h, w, d, c) <= 1), "Refuses 1, which is allowed."),
    "assert": (_asserts, "Raises AssertionError instead of ValueError."),
    "returns 0": (_zero, "Returns 0 for bad arguments instead of raising."),
}
