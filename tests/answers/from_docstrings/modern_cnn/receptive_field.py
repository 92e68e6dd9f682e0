"""Answers to ``receptive_field`` by someone who had its docstring alone: right ones, wrong ones and why."""

from functools import reduce
from itertools import accumulate
import math
import operator
from typing import NamedTuple

import numpy as np


def _parse(layer):
    if len(layer) not in (2, 3):
        raise ValueError(f"a layer is (kernel, stride[, dilation]), not {layer}")
    k, s, d = (int(v) for v in (*layer, 1)[:3])
    if k < 1 or s < 1 or d < 1:
        raise ValueError(f"numbers below 1 in {layer}")
    return k, s, d


def forward_loop(layers):
    size, jump = 1, 1
    for layer in layers:
        if len(layer) == 2:
            kernel, stride = layer
            dilation = 1
        elif len(layer) == 3:
            kernel, stride, dilation = layer
        else:
            raise ValueError("two or three numbers wanted")
        if min(kernel, stride, dilation) < 1:
            raise ValueError("all numbers must be at least 1")
        size += (int(kernel) - 1) * int(dilation) * jump
        jump *= int(stride)
    return size


def backward_loop(layers):
    r = 1
    for k, s, d in reversed([_parse(layer) for layer in layers]):
        r = (r - 1) * s + (k - 1) * d + 1
    return r


def halves(layers):
    def solve(part):  # -> (extra pixels, jump)
        if len(part) == 0:
            return 0, 1
        if len(part) == 1:
            k, s, d = _parse(part[0])
            return (k - 1) * d, s
        m = len(part) // 2
        (e1, j1), (e2, j2) = solve(part[:m]), solve(part[m:])
        return e1 + j1 * e2, j1 * j2

    return 1 + solve(list(layers))[0]


def numpy_dot(layers):
    rows = [tuple(layer) for layer in layers]
    if any(len(r) not in (2, 3) for r in rows):
        raise ValueError("wrong length")
    if not rows:
        return 1
    a = np.array([r if len(r) == 3 else r + (1,) for r in rows], dtype=object)
    if (a < 1).any():
        raise ValueError("below 1")
    jumps = np.cumprod(np.concatenate([np.array([1], dtype=object), a[:-1, 1]]))
    return int(((a[:, 0] - 1) * a[:, 2] * jumps).sum() + 1)


def accumulate_zip(layers):
    parsed = list(map(_parse, layers))
    jumps = accumulate((s for _, s, _ in parsed), operator.mul, initial=1)
    return 1 + sum((k - 1) * d * j for (k, _, d), j in zip(parsed, jumps))


def prod_of_prefix(layers):
    p = [_parse(layer) for layer in layers]
    return sum(((k - 1) * d * math.prod(q[1] for q in p[:i]) for i, (k, _, d) in enumerate(p)), 1)


def match_interval(layers):
    """Follow output value 0 back: which first and last input does it touch?"""
    first = last = 0
    todo = list(layers)
    todo_ok = []
    for layer in todo:
        match tuple(layer):
            case (k, s):
                d = 1
            case (k, s, d):
                pass
            case _:
                raise ValueError("layer")
        if not all(v >= 1 for v in (k, s, d)):
            raise ValueError("layer")
        todo_ok.append((int(k), int(s), int(d)))
    while todo_ok:
        k, s, d = todo_ok.pop()
        first, last = first * s, last * s + (k - 1) * d
    return last - first + 1


class _Layer(NamedTuple):
    kernel: int
    stride: int
    dilation: int = 1

    @property
    def extent(self):
        return (self.kernel - 1) * self.dilation + 1


def named_tuple_reduce(layers):
    def make(layer):
        try:
            made = _Layer(*map(int, layer))
        except TypeError as err:
            raise ValueError("two or three numbers") from err
        if any(v < 1 for v in made):
            raise ValueError("below 1")
        return made

    made = [make(layer) for layer in layers]
    return reduce(lambda r, la: (r - 1) * la.stride + la.extent, made[::-1], 1)


RIGHT = {
    "forward loop": forward_loop,
    "backward loop": backward_loop,
    "recursion on halves": halves,
    "numpy cumprod, object dtype": numpy_dot,
    "itertools.accumulate": accumulate_zip,
    "sum with math.prod of prefixes": prod_of_prefix,
    "match and interval": match_interval,
    "NamedTuple and reduce": named_tuple_reduce,
}


def _fold(step, start=(1, 1), parse=_parse, order=lambda p: p, end=lambda r, j: r):
    def f(layers):
        r, j = start
        for k, s, d in order([parse(layer) for layer in layers]):
            r, j = step(r, j, k, s, d)
        return end(r, j)

    return f


def _right(r, j, k, s, d):
    return r + (k - 1) * d * j, j * s


def _any_length(layer):
    k, s, *rest = layer
    d = rest[0] if rest else 1
    if min(k, s, d) < 1:
        raise ValueError
    return k, s, d


def _checks_kernel_only(layer):
    if len(layer) not in (2, 3) or layer[0] < 1:
        raise ValueError
    return (*layer, 1)[:3]


def _no_dilation_check(layer):
    if len(layer) not in (2, 3) or min(layer[:2]) < 1:
        raise ValueError
    return (*layer, 1)[:3]


def _nonzero_only(layer):
    if len(layer) not in (2, 3) or not all(layer):
        raise ValueError
    return (*layer, 1)[:3]


def _pairs_only(layers):
    r, j = 1, 1
    for k, s in layers:
        if k < 1 or s < 1:
            raise ValueError
        r, j = r + (k - 1) * j, j * s
    return r


def _empty_raises(layers):
    if not layers:
        raise ValueError("no layers")
    return forward_loop(layers)


def _np_prod(layers):
    p = [_parse(layer) for layer in layers]
    return 1 + sum((k - 1) * d * np.prod([q[1] for q in p[:i]]) for i, (k, _, d) in enumerate(p))


def _dilation_stays(layers):
    r, j, d = 1, 1, 1
    for layer in layers:
        k, s, _ = _parse(layer)
        if len(layer) == 3:
            d = layer[2]
        r, j = r + (k - 1) * d * j, j * s
    return r


def _checks_first(layers):
    if len(layers):
        _parse(layers[0])
    r, j = 1, 1
    for layer in layers:
        k, s, d = (*layer, 1)[:3]
        r, j = r + (k - 1) * d * j, j * s
    return r


def _stops_early(layers):
    p = [_parse(layer) for layer in layers]
    r, j = 1, 1
    for i in range(len(p) - 1):
        r, j = _right(r, j, *p[i])
    return r


def _pops(layers):
    r = 1
    while layers:
        k, s, d = _parse(layers.pop())
        r = (r - 1) * s + (k - 1) * d + 1
    return r


WRONG = {
    "ignores dilation": (_fold(lambda r, j, k, s, d: (r + (k - 1) * j, j * s)), "A given dilation is not used."),
    "own stride first": (_fold(lambda r, j, k, s, d: (r + (k - 1) * d * j * s, j * s)),
                         "The layer's own stride widens its own window, so one 3x3 with stride 2 gives 5, not 3."),
    "no strides": (_fold(lambda r, j, k, s, d: (r + (k - 1) * d, j)), "Strides never widen the later windows."),
    "order reversed": (_fold(_right, order=lambda p: p[::-1]), "Takes the last layer as the one next to the input."),
    "backwards, r * s": (_fold(lambda r, j, k, s, d: (r * s + (k - 1) * d, j), order=lambda p: p[::-1]),
                         "Going back, r values span (r - 1) * s + 1 places, not r * s; right only at stride 1."),
    "kernel times dilation": (_fold(lambda r, j, k, s, d: (r + (k * d - 1) * j, j * s)),
                              "A dilated kernel spans (k-1)*d+1 values, not k*d."),
    "starts at 0": (_fold(_right, start=(0, 1)), "Without layers it gives 0 instead of 1, and is one short everywhere."),
    "any length": (_fold(_right, parse=_any_length), "A layer of four numbers is accepted instead of a ValueError."),
    "checks the kernel only": (_fold(_right, parse=_checks_kernel_only), "Stride 0 or dilation 0 raises nothing."),
    "dilation unchecked": (_fold(_right, parse=_no_dilation_check), "Dilation 0 or below raises nothing."),
    "only zero is refused": (_fold(_right, parse=_nonzero_only), "Negative numbers raise nothing."),
    "jump is last stride": (_fold(lambda r, j, k, s, d: (r + (k - 1) * d * j, s)),
                            "Only the stride of the layer before counts, not the product of all earlier strides."),
    "jump adds": (_fold(lambda r, j, k, s, d: (r + (k - 1) * d * j, j + s - 1)),
                  "Strides are added up instead of multiplied; right as long as only one is above 1."),
    "pairs only": (_pairs_only, "A layer (kernel, stride, dilation) ends in an unpacking error."),
    "empty raises": (_empty_raises, "Without layers it raises instead of returning 1."),
    "np.prod gives float": (_np_prod, "np.prod([]) is 1.0, so a numpy float comes back instead of an int."),
    "dilation stays": (_dilation_stays, "The dilation of one layer is kept for later layers that leave it out."),
    "checks first layer": (_checks_first, "Only the first layer is validated; a bad later layer raises no ValueError."),
    "skips last layer": (_stops_early, "range(len - 1) leaves out the last layer."),
    "pops the input": (_pops, "Empties the caller's list, and fails on a tuple."),
    "counts the outermost stride": (_fold(_right, end=lambda r, j: r + j - 1),
                                    "Adds the total stride, so two output values' distance is mixed into the size."),
}
