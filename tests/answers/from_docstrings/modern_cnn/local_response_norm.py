"""Answers to ``local_response_norm`` by someone who had its docstring alone: right ones, wrong ones and why."""

import numpy as np


def _prepare(x, size):
    a = np.array(x, dtype=np.float64)
    if a.ndim != 3:
        raise ValueError("x must be (H, W, C)")
    if size < 1 or size % 2 == 0:
        raise ValueError("size must be odd and positive")
    return a


def channel_loop(x, *, size=5, alpha=1e-4, beta=0.75, bias=2.0):
    a = _prepare(x, size)
    half = size // 2
    out = np.empty_like(a)
    for c in range(a.shape[2]):
        near = a[:, :, max(c - half, 0) : c + half + 1]
        out[:, :, c] = a[:, :, c] / (bias + alpha * np.sum(near**2, axis=2)) ** beta
    return out


def shifted_sum(x, *, size=5, alpha=1e-4, beta=0.75, bias=2.0):
    a = _prepare(x, size)
    channels, n = a.shape[-1], size // 2
    padded = np.pad(a * a, ((0, 0), (0, 0), (n, n)))
    s = sum(padded[..., i : i + channels] for i in range(size))
    return a * np.power(bias + alpha * s, -beta)


def cumulative(x, *, size=5, alpha=1e-4, beta=0.75, bias=2.0):
    a = _prepare(x, size)
    c = a.shape[2]
    total = np.concatenate([np.zeros(a.shape[:2] + (1,)), np.cumsum(np.square(a), axis=2)], axis=2)
    index = np.arange(c)
    high = np.minimum(index + size // 2 + 1, c)
    low = np.maximum(index - size // 2, 0)
    return a / (bias + alpha * (total[..., high] - total[..., low])) ** beta


def band_matrix(x, *, size=5, alpha=1e-4, beta=0.75, bias=2.0):
    x = np.asarray(x)
    if len(x.shape) != 3:
        raise ValueError("three axes wanted")
    if size < 1 or not size % 2:
        raise ValueError("odd size wanted")
    x = x.astype(np.result_type(x.dtype, np.float32))  # float32 stays float32, int64 gets float64
    i = np.arange(x.shape[2])
    band = (np.abs(i[:, None] - i) <= size // 2).astype(x.dtype)
    return x / (bias + alpha * (x**2 @ band)) ** beta


def windows(x, *, size=5, alpha=1e-4, beta=0.75, bias=2.0):
    a = _prepare(x, size)
    if a.shape[2] == 0:
        return a
    n = (size - 1) // 2
    squares = np.pad(a**2, [(0, 0), (0, 0), (n, n)], mode="constant", constant_values=0)
    view = np.lib.stride_tricks.sliding_window_view(squares, size, axis=2)
    return a / np.power(bias + alpha * view.sum(axis=-1), beta)


def full_convolution(x, *, size=5, alpha=1e-4, beta=0.75, bias=2.0):
    a = _prepare(x, size)
    if a.size == 0:
        return a

    def pixel(v):
        s = np.convolve(v**2, np.ones(size), mode="full")[size // 2 :][: len(v)]
        return v / (bias + alpha * s) ** beta

    return np.apply_along_axis(pixel, 2, a)


def scalar_loops(x, *, size=5, alpha=1e-4, beta=0.75, bias=2.0):
    if np.ndim(x) != 3:
        raise ValueError("x needs three axes")
    if size <= 0 or size & 1 == 0:
        raise ValueError("size")
    height, width, channels = np.shape(x)
    out = np.zeros((height, width, channels))
    for i in range(height):
        for j in range(width):
            for c in range(channels):
                s = 0.0
                for k in range(c - size // 2, c + size // 2 + 1):
                    if 0 <= k < channels:
                        s += float(x[i][j][k]) ** 2
                out[i, j, c] = float(x[i][j][c]) / (bias + alpha * s) ** beta
    return out


class _Norm:
    def __init__(self, size, alpha, beta, bias):
        if size < 1 or size % 2 != 1:
            raise ValueError("size")
        self.n, self.alpha, self.beta, self.bias = size // 2, alpha, beta, bias

    def energy(self, sq):
        s = sq.copy()
        for d in range(1, min(self.n, sq.shape[-1] - 1) + 1):
            s[..., d:] += sq[..., :-d]
            s[..., :-d] += sq[..., d:]
        return s

    def __call__(self, x):
        x = np.asarray(x).astype("float64")
        try:
            _, _, _ = x.shape
        except ValueError:
            raise ValueError("x must have three axes") from None
        return x / (self.bias + self.alpha * self.energy(x * x)) ** self.beta


def norm_object(x, *, size=5, alpha=1e-4, beta=0.75, bias=2.0):
    return _Norm(size, alpha, beta, bias)(x)


RIGHT = {"loop over channels": channel_loop, "sum of shifted slices": shifted_sum, "cumulative sum": cumulative,
         "band matrix, keeps float32": band_matrix, "sliding windows": windows, "np.convolve full": full_convolution,
         "scalar loops": scalar_loops, "callable object, in-place shifts": norm_object}


def _make(total, prepare=_prepare, final=lambda a, s, alpha, beta, bias, size: a / (bias + alpha * s) ** beta, **changed):
    defaults = dict(size=5, alpha=1e-4, beta=0.75, bias=2.0) | changed

    def f(x, *, size=defaults["size"], alpha=defaults["alpha"], beta=defaults["beta"], bias=defaults["bias"]):
        a = prepare(x, size)
        return final(a, total(a, size), alpha, beta, bias, size)

    return f


def _box(sq, size, axis=2, mode="constant"):
    n = size // 2
    width = [(0, 0)] * sq.ndim
    width[axis] = (n, n)
    p = np.pad(sq, width, mode=mode)
    return sum(np.take(p, range(i, i + sq.shape[axis]), axis=axis) for i in range(size))


def _sum(a, size):
    return _box(a * a, size)


def _no_cast(x, size):
    a = np.asarray(x)
    _prepare(a, size)
    return a


def _no_size_check(x, size):
    return _prepare(x, 1)


def _only_positive(x, size):
    if size < 1:
        raise ValueError
    return _prepare(x, 1)


def _last_axes(x, size):
    if size < 1 or size % 2 == 0:
        raise ValueError
    return np.array(x, dtype=float)


def _any_rank_sum(a, size):
    return _box(a * a, size, axis=a.ndim - 1)


def _roll(a, size):
    return sum(np.roll(a * a, i, axis=2) for i in range(-(size // 2), size // 2 + 1))


def _slices(low, high):
    def total(a, size):
        n = size // 2
        return np.stack([(a[..., low(c, n) : high(c, n)] ** 2).sum(-1) for c in range(a.shape[2])], axis=2)

    return total


def _convolve_same(a, size):
    return np.apply_along_axis(lambda v: np.convolve(v**2, np.ones(size), mode="same"), 2, a)


def _in_place(x, *, size=5, alpha=1e-4, beta=0.75, bias=2.0):
    _prepare(x, size)
    a = np.asarray(x, dtype=np.float64)
    a /= (bias + alpha * _sum(a, size)) ** beta
    return a


def _sequential(x, *, size=5, alpha=1e-4, beta=0.75, bias=2.0):
    a, n = _prepare(x, size), size // 2
    for c in range(a.shape[2]):
        a[..., c] /= (bias + alpha * (a[..., max(0, c - n) : c + n + 1] ** 2).sum(-1)) ** beta
    return a


def _empty_like(x, *, size=5, alpha=1e-4, beta=0.75, bias=2.0):
    a = _prepare(x, size)
    out = np.empty_like(np.asarray(x))
    out[...] = a / (bias + alpha * _sum(a, size)) ** beta
    return out


def _needs_array(x, *, size=5, alpha=1e-4, beta=0.75, bias=2.0):
    if x.ndim != 3 or size < 1 or size % 2 == 0:
        raise ValueError
    a = x.astype(float)
    return a / (bias + alpha * _sum(a, size)) ** beta


def _as_list(x, *, size=5, alpha=1e-4, beta=0.75, bias=2.0):
    return channel_loop(x, size=size, alpha=alpha, beta=beta, bias=bias).tolist()


WRONG = {
    "alpha over size": (_make(_sum, final=lambda a, s, al, be, bi, n: a / (bi + al / n * s) ** be),
                        "Alpha is divided by size, which the docstring rules out."),
    "mean of existing": (_make(lambda a, n: _sum(a, n) / _sum(np.ones_like(a), n)),
                         "Takes the mean over the channels that exist instead of the sum."),
    "wraps around": (_make(_roll), "np.roll lets the last channels be neighbours of the first."),
    "wraps by negative index": (_make(_slices(lambda c, n: c - n, lambda c, n: c + n + 1)),
                                "For the first channels the slice starts at a negative index, so the sum is of nothing or of others."),
    "along the rows": (_make(lambda a, n: _box(a * a, n, axis=0)), "Sums over neighbouring rows, not channels."),
    "along the columns": (_make(lambda a, n: _box(a * a, n, axis=1)), "Sums over neighbouring columns, not channels."),
    "without itself": (_make(lambda a, n: _sum(a, n) - a * a), "The channel itself is left out of the sum."),
    "one short": (_make(_slices(lambda c, n: max(0, c - n), lambda c, n: c + n)), "The slice leaves out the topmost channel."),
    "size as radius": (_make(lambda a, n: _sum(a, 2 * n + 1)), "Takes `size` channels to either side."),
    "only channels before": (_make(_slices(lambda c, n: max(0, c - 2 * n), lambda c, n: c + 1)),
                             "The window ends at the channel instead of being centred on it."),
    "edge padding": (_make(lambda a, n: _box(a * a, n, mode="edge")), "Border channels are repeated instead of counting as 0."),
    "np.convolve same": (_make(_convolve_same),
                         "mode='same' gives size values when size is above C, so few channels fail or get wrong sums."),
    "integer squares": (_make(_sum, prepare=_no_cast), "Squares are taken in uint8 or int8 and overflow."),
    "square of the sum": (_make(lambda a, n: _box(a, n) ** 2), "Squares the sum instead of summing squares."),
    "absolute values": (_make(lambda a, n: _box(np.abs(a), n)), "Sums absolute values, not squares."),
    "bias outside": (_make(_sum, final=lambda a, s, al, be, bi, n: a / (bi + (al * s) ** be)),
                     "The bias is added after the power."),
    "alpha on both": (_make(_sum, final=lambda a, s, al, be, bi, n: a / (al * (bi + s)) ** be), "Alpha also scales the bias."),
    "multiplies": (_make(_sum, final=lambda a, s, al, be, bi, n: a * (bi + al * s) ** be), "Multiplies instead of dividing."),
    "beta 0.5": (_make(_sum, final=lambda a, s, al, be, bi, n: a / np.sqrt(bi + al * s)), "A square root instead of beta."),
    "default bias 1": (_make(_sum, bias=1.0), "The default of bias is TensorFlow's 1, not 2."),
    "in place": (_in_place, "np.asarray does not copy floats, so the caller's array is overwritten."),
    "normalises one after the other": (_sequential, "Later channels see neighbours already normalised."),
    "dtype of the input": (_empty_like, "An integer input gives integers back."),
    "arrays only": (_needs_array, "A list of lists has no ndim: AttributeError."),
    "returns a list": (_as_list, "Returns nested lists, not an array."),
    "size unchecked": (_make(lambda a, n: _sum(a, n | 1 if n > 0 else 1), prepare=_no_size_check),
                       "Even sizes and sizes below 1 raise nothing."),
    "even size allowed": (_make(lambda a, n: _sum(a, n + 1 - n % 2), prepare=_only_positive), "An even size is rounded up silently."),
    "any rank": (_make(_any_rank_sum, prepare=_last_axes), "Two or four axes raise nothing."),
}
