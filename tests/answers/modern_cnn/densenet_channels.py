"""Answers to ``densenet_channels`` that must pass, and some that must not."""

import math
from fractions import Fraction
from functools import reduce

import numpy as np


def _refuse(channels, depths, growth_rate, compression):
    if not depths or min(channels, growth_rate, *depths) < 1:
        raise ValueError(f"below 1: {channels}, {depths}, {growth_rate}")
    if compression <= 0 or compression > 1:
        raise ValueError(f"compression {compression}")


def _thinned(channels, compression):
    left = math.floor(channels * compression)
    if left == 0:
        raise ValueError("no channel is left")
    return left


def first_block_apart(channels, depths, growth_rate, *, compression=0.5):
    _refuse(channels, depths, growth_rate, compression)
    channels += depths[0] * growth_rate
    for num_layers in depths[1:]:
        channels = _thinned(channels, compression) + num_layers * growth_rate
    return channels


def last_block_apart(channels, depths, growth_rate, *, compression=0.5):
    _refuse(channels, depths, growth_rate, compression)
    *others, last = depths
    for num_layers in others:
        channels = _thinned(channels + num_layers * growth_rate, compression)
    return channels + last * growth_rate


def layer_by_layer(channels, depths, growth_rate, compression=0.5):
    _refuse(channels, depths, growth_rate, compression)
    for i in range(len(depths)):
        for _ in range(depths[i]):
            channels += growth_rate
        if i < len(depths) - 1:
            channels = _thinned(channels, compression)
    return np.int32(channels)


def by_recursion(channels, depths, growth_rate, *, compression=0.5):
    _refuse(channels, depths, growth_rate, compression)
    channels += depths[0] * growth_rate
    if len(depths) == 1:
        return channels
    left = _thinned(channels, compression)
    return by_recursion(left, depths[1:], growth_rate, compression=compression)


def in_exact_fractions(channels, depths, growth_rate, *, compression=0.5):
    _refuse(channels, depths, growth_rate, compression)
    part = Fraction(compression)
    for num_layers in depths[:-1]:
        channels = int((channels + num_layers * growth_rate) * part)
        if channels < 1:
            raise ValueError("no channel is left")
    return channels + depths[-1] * growth_rate


def with_reduce(channels, depths, growth_rate, *, compression=0.5):
    _refuse(channels, depths, growth_rate, compression)

    def step(before, num_layers):
        return _thinned(before, compression) + num_layers * growth_rate

    return reduce(step, depths[1:], channels + depths[0] * growth_rate)


def stacking_real_channels(channels, depths, growth_rate, *, compression=0.5):
    _refuse(channels, depths, growth_rate, compression)
    stack = np.zeros(channels)
    for block, num_layers in enumerate(depths):
        if block:
            stack = stack[: _thinned(len(stack), compression)]
        stack = np.concatenate([stack] + [np.ones(growth_rate)] * num_layers)
    return stack.size


RIGHT = (
    first_block_apart,
    last_block_apart,
    layer_by_layer,
    by_recursion,
    in_exact_fractions,
    with_reduce,
    stacking_real_channels,
)


def as_float(channels, depths, growth_rate, *, compression=0.5):
    found = first_block_apart(channels, depths, growth_rate, compression=compression)
    return float(found)


def halved_by_an_integer_division(channels, depths, growth_rate, *, compression=0.5):
    _refuse(channels, depths, growth_rate, compression)
    for num_layers in depths[:-1]:
        channels = (channels + num_layers * growth_rate) // 2
    return channels + depths[-1] * growth_rate


def rounded_to_the_nearest(channels, depths, growth_rate, *, compression=0.5):
    _refuse(channels, depths, growth_rate, compression)
    for num_layers in depths[:-1]:
        channels = round((channels + num_layers * growth_rate) * compression)
        if channels < 1:
            raise ValueError("no channel is left")
    return channels + depths[-1] * growth_rate


def rounded_at_the_end(channels, depths, growth_rate, *, compression=0.5):
    _refuse(channels, depths, growth_rate, compression)
    for num_layers in depths[:-1]:
        channels = (channels + num_layers * growth_rate) * compression
    return int(channels + depths[-1] * growth_rate)


def only_new_channels_thinned(channels, depths, growth_rate, *, compression=0.5):
    _refuse(channels, depths, growth_rate, compression)
    for num_layers in depths[:-1]:
        channels += int(num_layers * growth_rate * compression)
    return channels + depths[-1] * growth_rate


def all_layers_at_once(channels, depths, growth_rate, *, compression=0.5):
    _refuse(channels, depths, growth_rate, compression)
    return int((channels + sum(depths) * growth_rate) * compression)


def empty_depths_not_refused(channels, depths, growth_rate, *, compression=0.5):
    if len(depths) == 0:
        return channels
    return first_block_apart(channels, depths, growth_rate, compression=compression)


def a_lost_channel_not_refused(channels, depths, growth_rate, *, compression=0.5):
    _refuse(channels, depths, growth_rate, compression)
    for num_layers in depths[:-1]:
        channels = int((channels + num_layers * growth_rate) * compression)
    return channels + depths[-1] * growth_rate


def compression_not_refused(channels, depths, growth_rate, *, compression=0.5):
    _refuse(channels, depths, growth_rate, 1)
    *others, last = depths
    for num_layers in others:
        channels = _thinned(channels + num_layers * growth_rate, compression)
    return channels + last * growth_rate


def only_the_first_depth_refused(channels, depths, growth_rate, *, compression=0.5):
    _refuse(channels, depths[:1], growth_rate, compression)
    *others, last = depths
    for num_layers in others:
        channels = _thinned(channels + num_layers * growth_rate, compression)
    return channels + last * growth_rate


WRONG = (
    as_float,
    halved_by_an_integer_division,
    rounded_to_the_nearest,
    rounded_at_the_end,
    only_new_channels_thinned,
    all_layers_at_once,
    empty_depths_not_refused,
    a_lost_channel_not_refused,
    compression_not_refused,
    only_the_first_depth_refused,
)
