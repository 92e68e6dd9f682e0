"""Answers to ``receptive_field`` that must pass, and some that must not."""

import itertools
from functools import partial, reduce

import numpy as np


def _row(layer):
    if len(layer) not in (2, 3) or min(layer) < 1:
        raise ValueError(f"not a layer: {layer}")
    return tuple(layer) if len(layer) == 3 else (*layer, 1)


def from_the_output(layers):
    field = 1
    for kernel, stride, dilation in [_row(layer) for layer in layers][::-1]:
        field = (field - 1) * stride + dilation * (kernel - 1) + 1
    return field


def by_recursion(layers):
    if len(layers) == 0:
        return 1
    kernel, stride, dilation = _row(layers[0])
    return (by_recursion(layers[1:]) - 1) * stride + dilation * (kernel - 1) + 1


def with_reduce(layers):
    def step(state, layer):
        (field, jump), (kernel, stride, dilation) = state, _row(layer)
        return field + (kernel - 1) * dilation * jump, jump * stride

    return reduce(step, layers, (1, 1))[0]


def with_numpy(layers):
    rows = np.array([_row(layer) for layer in layers], dtype=np.int64).reshape(-1, 3)
    jumps = np.cumprod(np.append(1, rows[:, 1]))[:-1]
    return 1 + np.sum((rows[:, 0] - 1) * rows[:, 2] * jumps)


def with_accumulate(layers):
    rows = list(map(_row, layers))
    jumps = itertools.accumulate((r[1] for r in rows), lambda a, b: a * b, initial=1)
    return 1 + sum(j * (k - 1) * d for j, (k, _, d) in zip(jumps, rows, strict=False))


def counting_pixels(layers):
    """Collect the places one output value reads, then measure how far they reach."""
    places = {0}
    for kernel, stride, dilation in reversed([_row(layer) for layer in layers]):
        places = {p * stride + i * dilation for p in places for i in range(kernel)}
    return max(places) - min(places) + 1


def as_numpy_scalar(layers):
    field, jump = np.int32(1), np.int32(1)
    for layer in layers:
        if not 2 <= len(layer) <= 3:
            raise ValueError("two or three numbers a layer")
        kernel, stride, *rest = map(np.int32, layer)
        dilation = rest[0] if rest else np.int32(1)
        if kernel < 1 or stride < 1 or dilation < 1:
            raise ValueError("all at least 1")
        field, jump = field + (kernel - 1) * dilation * jump, jump * stride
    return field


class Rows:
    """A callable object, with a method that does the work."""

    def __call__(self, layers):
        return self.measure(1, 1, tuple(layers))

    def measure(self, field, jump, rest):
        if not rest:
            return field
        match tuple(rest[0]):
            case (kernel, stride):
                dilation = 1
            case (kernel, stride, dilation):
                pass
            case other:
                raise ValueError(other)
        if not (kernel >= 1 and stride >= 1 and dilation >= 1):
            raise ValueError(rest[0])
        return self.measure(
            field + (kernel - 1) * dilation * jump, jump * stride, rest[1:]
        )


a_callable_object = Rows()
a_partial = partial(lambda start, layers: start + from_the_output(layers) - 1, 1)
a_lambda = lambda layers: by_recursion(list(layers))  # noqa: E731

RIGHT = (
    from_the_output,
    by_recursion,
    with_reduce,
    with_numpy,
    with_accumulate,
    counting_pixels,
    as_numpy_scalar,
    a_callable_object,
    a_partial,
    a_lambda,
)


def as_float(layers):
    return float(from_the_output(layers))


def jumping_by_the_largest_stride(layers):
    field, jump = 1, 1
    for kernel, stride, dilation in map(_row, layers):
        field += (kernel - 1) * dilation * jump
        jump = max(jump, stride)
    return field


def dilation_multiplies_the_jump(layers):
    field, jump = 1, 1
    for kernel, stride, dilation in map(_row, layers):
        field += (kernel - 1) * dilation * jump
        jump *= stride * dilation
    return field


def default_dilation_of_two(layers):
    return from_the_output([(*layer, 2)[:3] for layer in layers])


def nothing_refused(layers):
    field = 1
    for kernel, stride, *dilation in reversed(layers):
        field = (field - 1) * stride + sum(dilation[:1] or [1]) * (kernel - 1) + 1
    return field


def only_zeros_refused(layers):
    field = 1
    for layer in reversed(layers):
        if len(layer) not in (2, 3) or not all(layer):
            raise ValueError(layer)
        kernel, stride, dilation = (*layer, 1)[:3]
        field = (field - 1) * stride + dilation * (kernel - 1) + 1
    return field


def refused_with_a_type_error(layers):
    try:
        return from_the_output(layers)
    except ValueError as error:
        raise TypeError(str(error)) from None


WRONG = (
    as_float,
    jumping_by_the_largest_stride,
    dilation_multiplies_the_jump,
    default_dilation_of_two,
    nothing_refused,
    only_zeros_refused,
    refused_with_a_type_error,
)
