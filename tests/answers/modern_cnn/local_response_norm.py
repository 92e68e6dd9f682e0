"""Answers to ``local_response_norm`` that must pass, and some that must not."""

from functools import partial

import numpy as np


def _real(x, size, dtype="float64"):
    x = np.array(x, dtype=dtype)
    if x.ndim != 3:
        raise ValueError("x must be (H, W, C)")
    if size < 1 or size % 2 == 0:
        raise ValueError("size must be odd")
    return x


def with_loops(x, *, size=5, alpha=1e-4, beta=0.75, bias=2.0):
    x = _real(x, size)
    height, width, channels = x.shape
    out = np.empty_like(x)
    for i in range(height):
        for j in range(width):
            for c in range(channels):
                total = 0.0
                for k in range(c - size // 2, c + size // 2 + 1):
                    if 0 <= k < channels:
                        total += x[i, j, k] ** 2
                out[i, j, c] = x[i, j, c] / (bias + alpha * total) ** beta
    return out


def channel_by_channel(x, *, size=5, alpha=1e-4, beta=0.75, bias=2.0):
    x = _real(x, size)
    reach = (size - 1) // 2
    planes = []
    for c in range(x.shape[2]):
        near = x[..., max(0, c - reach) : c + reach + 1]
        planes.append(x[..., c] / (bias + alpha * (near**2).sum(axis=-1)) ** beta)
    return np.stack(planes, axis=-1)


def with_cumsum(x, *, size=5, alpha=1e-4, beta=0.75, bias=2.0):
    x = _real(x, size)
    channels, reach = x.shape[-1], size // 2
    sums = np.concatenate(
        [np.zeros((*x.shape[:2], 1)), np.cumsum(np.square(x), axis=-1)], axis=-1
    )
    first = np.maximum(np.arange(channels) - reach, 0)
    last = np.minimum(np.arange(channels) + reach + 1, channels)
    return x * (bias + alpha * (sums[..., last] - sums[..., first])) ** -beta


def with_band_matrix(x, *, size=5, alpha=1e-4, beta=0.75, bias=2.0):
    x = _real(x, size)
    index = np.arange(x.shape[-1])
    band = (np.abs(index[:, None] - index) <= size // 2).astype(x.dtype)
    return x / np.power(bias + alpha * (x * x @ band), beta)


def with_einsum(x, *, size=5, alpha=1e-4, beta=0.75, bias=2.0):
    x = _real(x, size)
    band = np.tri(x.shape[-1], k=size // 2) - np.tri(x.shape[-1], k=-size // 2)
    total = np.einsum("hwc,hwc,cd->hwd", x, x, band)
    return x / (bias + alpha * total) ** beta


def with_sliding_windows(x, *, size=5, alpha=1e-4, beta=0.75, bias=2.0):
    x = _real(x, size)
    padded = np.pad(x, [(0, 0), (0, 0), (size // 2,) * 2], mode="constant")
    windows = np.lib.stride_tricks.sliding_window_view(padded, size, axis=-1)
    return x / (bias + alpha * np.square(windows).sum(axis=-1)) ** beta


def with_convolve(x, *, size=5, alpha=1e-4, beta=0.75, bias=2.0):
    x = _real(x, size)
    ones, channels = np.ones(size), x.shape[-1]

    def near(squares):
        return np.convolve(squares, ones)[size // 2 : size // 2 + channels]

    total = np.apply_along_axis(near, -1, x**2)
    return x / (bias + alpha * total) ** beta


def in_float32(x, *, size=5, alpha=1e-4, beta=0.75, bias=2.0):
    x = _real(x, size, "float32")
    reach = size // 2
    total = np.zeros_like(x)
    for shift in range(-reach, reach + 1):
        moved = np.zeros_like(x)
        if shift == 0:
            moved = x
        elif abs(shift) < x.shape[-1]:
            to = slice(shift, None) if shift > 0 else slice(None, shift)
            of = slice(None, -shift) if shift > 0 else slice(-shift, None)
            moved[..., to] = x[..., of]
        total += moved * moved
    return (x / (bias + alpha * total) ** beta).astype(np.float32)


def with_logarithms(x, *, size=5, alpha=1e-4, beta=0.75, bias=2.0):
    x = _real(x, size)
    squares = np.moveaxis(x**2, -1, 0)
    total = np.array(
        [squares[max(c - size // 2, 0) :][: min(c, size // 2) + size // 2 + 1].sum(0)
         for c in range(len(squares))]
    )  # fmt: skip
    return x * np.exp(-beta * np.log(bias + alpha * np.moveaxis(total, 0, -1)))


def pixel_by_pixel(x, size=5, alpha=1e-4, beta=0.75, bias=2.0):
    x = _real(x, size)

    def one(pixel):
        reach = size // 2
        wide = [0.0] * reach + [float(a) ** 2 for a in pixel] + [0.0] * reach
        sums = [sum(wide[i : i + size]) for i in range(len(pixel))]
        return [
            a / (bias + alpha * s) ** beta for a, s in zip(pixel, sums, strict=True)
        ]

    return np.array([[one(pixel) for pixel in row] for row in x])


a_partial = partial(with_cumsum, size=5, alpha=1e-4, beta=0.75, bias=2.0)

RIGHT = (
    with_loops,
    channel_by_channel,
    with_cumsum,
    with_band_matrix,
    with_einsum,
    with_sliding_windows,
    with_convolve,
    in_float32,
    with_logarithms,
    pixel_by_pixel,
    a_partial,
)


def squaring_in_place(x, *, size=5, alpha=1e-4, beta=0.75, bias=2.0):
    if np.ndim(x) != 3 or size < 1 or size % 2 == 0:
        raise ValueError
    x = np.asarray(x, dtype=float)
    out = with_cumsum(x, size=size, alpha=alpha, beta=beta, bias=bias)
    x *= x
    return out


def along_the_height(x, *, size=5, alpha=1e-4, beta=0.75, bias=2.0):
    x = _real(x, size)
    options = dict(size=size, alpha=alpha, beta=beta, bias=bias)
    return with_cumsum(x.transpose(1, 2, 0), **options).transpose(2, 0, 1)


def over_all_channels(x, *, size=5, alpha=1e-4, beta=0.75, bias=2.0):
    x = _real(x, size)
    total = (x**2).sum(axis=-1, keepdims=True)
    return x / (bias + alpha * total) ** beta


def with_twice_the_reach(x, *, size=5, alpha=1e-4, beta=0.75, bias=2.0):
    return with_cumsum(_real(x, size), size=2 * size + 1, alpha=alpha, beta=beta,
                       bias=bias)  # fmt: skip


def the_paper_s_constants_only(x, *, size=5, alpha=1e-4, beta=0.75, bias=2.0):
    return with_cumsum(x, size=size)


def default_bias_of_one(x, *, size=5, alpha=1e-4, beta=0.75, bias=1.0):
    return with_cumsum(x, size=size, alpha=alpha, beta=beta, bias=bias)


def damped_values_feed_the_next(x, *, size=5, alpha=1e-4, beta=0.75, bias=2.0):
    x = _real(x, size)
    for c in range(x.shape[-1]):
        near = x[..., max(0, c - size // 2) : c + size // 2 + 1]
        x[..., c] /= (bias + alpha * (near**2).sum(-1)) ** beta
    return x


def rounded_to_integers(x, *, size=5, alpha=1e-4, beta=0.75, bias=2.0):
    y = with_cumsum(x, size=size, alpha=alpha, beta=beta, bias=bias)
    return y.astype(np.asarray(x).dtype)


def even_sizes_accepted(x, *, size=5, alpha=1e-4, beta=0.75, bias=2.0):
    if size < 1:
        raise ValueError(size)
    return with_cumsum(x, size=size // 2 * 2 + 1, alpha=alpha, beta=beta, bias=bias)


def negative_sizes_accepted(x, *, size=5, alpha=1e-4, beta=0.75, bias=2.0):
    if size % 2 == 0:
        raise ValueError(size)
    return with_cumsum(x, size=abs(size), alpha=alpha, beta=beta, bias=bias)


def batches_accepted(x, *, size=5, alpha=1e-4, beta=0.75, bias=2.0):
    x = np.asarray(x, float)
    if x.ndim < 3 or size < 1 or size % 2 == 0:
        raise ValueError
    index = np.arange(x.shape[-1])
    band = np.abs(index[:, None] - index) <= size // 2
    return x / (bias + alpha * (x**2 @ band)) ** beta


WRONG = (
    squaring_in_place,
    along_the_height,
    over_all_channels,
    with_twice_the_reach,
    the_paper_s_constants_only,
    default_bias_of_one,
    damped_values_feed_the_next,
    rounded_to_integers,
    even_sizes_accepted,
    negative_sizes_accepted,
    batches_accepted,
)
