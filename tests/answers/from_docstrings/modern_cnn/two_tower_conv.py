"""Answers to ``two_tower_conv`` by someone who had its docstring alone: right ones, wrong ones and why."""

import keras
from keras import layers, ops


def _sides(kernel):
    return tuple(kernel) if isinstance(kernel, (tuple, list)) else (kernel, kernel)


def _check(x, filters, kernel, stride, padding):
    if len(x.shape) != 4:
        raise ValueError("x must be (N, H, W, C)")
    if x.shape[-1] % 2 or filters % 2:
        raise ValueError("channels and filters must be even")
    if min(filters, stride, *_sides(kernel)) < 1:
        raise ValueError("filters, kernel and stride must be at least 1")
    if padding not in ("same", "valid"):
        raise ValueError("padding must be 'same' or 'valid'")
    if padding == "valid":
        for size, k in zip(x.shape[1:3], _sides(kernel)):
            if size is not None and size < k:
                raise ValueError("the kernel is larger than the input")


def slices(x, filters, kernel, *, stride=1, padding="same", name=None):
    _check(x, filters, kernel, stride, padding)
    half = x.shape[-1] // 2
    a = layers.Conv2D(filters // 2, kernel, strides=stride, padding=padding, activation="relu")(x[..., :half])
    b = layers.Conv2D(filters // 2, kernel, strides=stride, padding=padding, activation="relu")(x[..., half:])
    return layers.Concatenate()([a, b])


def split_loop(x, filters, kernel, *, stride=1, padding="same", name=None):
    _check(x, filters, kernel, stride, padding)
    prefix = name + "_" if name else None
    towers = []
    for i, part in enumerate(ops.split(x, 2, axis=-1)):
        label = lambda what: f"{prefix}{what}{i}" if prefix else None
        y = layers.Conv2D(filters // 2, kernel, stride, padding, name=label("conv"))(part)
        towers.append(layers.ReLU(name=label("relu"))(y))
    return layers.concatenate(towers, axis=-1)


def relu_at_the_end(x, filters, kernel, *, stride=1, padding="same", name=None):
    if padding != "same" and padding != "valid":
        raise ValueError(padding)
    if len(x.shape) != 4:
        raise ValueError("rank")
    c = x.shape[3]
    if c % 2 == 1 or filters % 2 == 1:
        raise ValueError("odd")
    # Conv2D itself refuses numbers below 1 and kernels that leave no output
    tower = lambda t: layers.Conv2D(filters=filters // 2, kernel_size=kernel, strides=stride, padding=padding)(t)
    first = layers.Lambda(lambda t: t[:, :, :, : c // 2])(x)
    second = layers.Lambda(lambda t: t[:, :, :, c // 2 :])(x)
    return layers.Activation("relu")(layers.Concatenate(axis=3)([tower(first), tower(second)]))


def grouped(x, filters, kernel, *, stride=1, padding="same", name=None):
    _check(x, filters, kernel, stride, padding)
    return layers.Conv2D(filters, kernel, strides=(stride, stride), padding=padding, groups=2, activation="relu", name=name)(x)


def sequential_towers(x, filters, kernel, *, stride=1, padding="same", name=None):
    _check(x, filters, kernel, stride, padding)

    def tower():
        return keras.Sequential([layers.Conv2D(filters // 2, kernel, strides=stride, padding=padding), layers.ReLU()])

    left, right = keras.ops.split(x, 2, -1)
    return ops.concatenate((tower()(left), tower()(right)), axis=-1)


class _TwoTowers(layers.Layer):
    def __init__(self, filters, kernel, stride, padding, **kwargs):
        super().__init__(**kwargs)
        self.first = layers.Conv2D(filters // 2, kernel, strides=stride, padding=padding)
        self.second = layers.Conv2D(filters // 2, kernel, strides=stride, padding=padding)

    def build(self, shape):
        half = (*shape[:-1], shape[-1] // 2)
        self.first.build(half)
        self.second.build(half)

    def call(self, x):
        n = x.shape[-1] // 2
        return ops.relu(ops.concatenate([self.first(x[..., :n]), self.second(x[..., n:])], axis=-1))


def layer_class(x, filters, kernel, *, stride=1, padding="same", name=None):
    _check(x, filters, kernel, stride, padding)
    return _TwoTowers(filters, kernel, stride, padding, name=name)(x)


class _OwnWeights(layers.Layer):
    def __init__(self, filters, kernel, stride, padding, **kwargs):
        super().__init__(**kwargs)
        self.half, self.kernel_size, self.stride, self.padding = filters // 2, _sides(kernel), stride, padding

    def build(self, shape):
        kernel_shape = (*self.kernel_size, shape[-1] // 2, self.half)
        self.kernels = [self.add_weight(shape=kernel_shape, name=f"kernel{i}") for i in range(2)]
        self.biases = [self.add_weight(shape=(self.half,), initializer="zeros", name=f"bias{i}") for i in range(2)]

    def call(self, x):
        n = x.shape[-1] // 2
        parts = x[..., :n], x[..., n:]
        out = [ops.conv(p, k, strides=self.stride, padding=self.padding, data_format="channels_last") + b
               for p, k, b in zip(parts, self.kernels, self.biases)]
        return ops.maximum(ops.concatenate(out, axis=-1), 0.0)


def own_weights(x, filters, kernel, *, stride=1, padding="same", name=None):
    _check(x, filters, kernel, stride, padding)
    return _OwnWeights(filters, kernel, stride, padding)(x)


RIGHT = {"slices, activation=": slices, "ops.split, loop, ReLU layers, names": split_loop,
         "Lambda slices, Activation after concat": relu_at_the_end, "groups=2": grouped,
         "Sequential towers": sequential_towers, "subclassed layer": layer_class, "own weights and ops.conv": own_weights}


def _make(parts=lambda x: ops.split(x, 2, axis=-1), join=lambda ys: ops.concatenate(ys, axis=-1), width=lambda f: f // 2,
          acts=("relu", "relu"), bias=True, kern=lambda k: k, step=lambda s: s, pad=lambda p: p, check=_check,
          shared=False, default_stride=1, default_padding="same"):
    def f(x, filters, kernel, *, stride=default_stride, padding=default_padding, name=None):
        check(x, filters, kernel, stride, padding)
        new = lambda act: layers.Conv2D(width(filters), kern(kernel), strides=step(stride), padding=pad(padding),
                                        use_bias=bias, activation=act)
        convs = [new(acts[0])] * 2 if shared else [new(a) for a in acts]
        return join([conv(p) for conv, p in zip(convs, parts(x))])

    return f


def _skip(channels=True, filters=True, padding=True):
    """_check with some of its conditions left out."""

    def check(x, f, kernel, stride, pad):
        if len(x.shape) != 4 or min(f, stride, *_sides(kernel)) < 1:
            raise ValueError
        if channels and x.shape[-1] % 2 or filters and f % 2:
            raise ValueError
        if padding and pad not in ("same", "valid"):
            raise ValueError

    return check


def _int_check(x, filters, kernel, stride, padding):
    if filters < 1 or kernel < 1 or stride < 1:
        raise ValueError
    _check(x, filters, kernel, stride, padding)


def _too_strict(x, filters, kernel, stride, padding):
    _check(x, filters, kernel, stride, padding)
    if padding == "valid" and any(n is not None and k >= n for n, k in zip(x.shape[1:3], _sides(kernel))):
        raise ValueError("kernel too large")


def _strict_always(x, filters, kernel, stride, padding):
    _check(x, filters, kernel, stride, padding)
    if any(n is not None and k > n for n, k in zip(x.shape[1:3], _sides(kernel))):
        raise ValueError("kernel too large")


def _halves(x):
    n = x.shape[-1] // 2
    return x[..., :n], x[..., n:]


def _fixed_names(x, filters, kernel, *, stride=1, padding="same", name=None):
    _check(x, filters, kernel, stride, padding)
    a, b = ops.split(x, 2, axis=-1)
    conv = lambda t, n: layers.Conv2D(filters // 2, kernel, stride, padding, activation="relu", name=f"{name}_{n}")(t)
    return layers.Concatenate()([conv(a, "tower1"), conv(b, "tower2")])


WRONG = {
    "no split": (_make(lambda x: (x, x)), "Both towers read all channels and cost twice the weights."),
    "first half twice": (_make(lambda x: (ops.split(x, 2, axis=-1)[0],) * 2), "The second tower reads the first half too."),
    "one shared tower": (_make(shared=True), "One convolution, with one set of weights, serves both halves."),
    "no ReLU": (_make(acts=(None, None)), "The ReLU is missing."),
    "ReLU in one tower": (_make(acts=("relu", None)), "The second tower has no ReLU."),
    "all filters in each": (_make(width=lambda f: f), "Each tower writes `filters` channels, together twice as many."),
    "added": (_make(join=lambda ys: layers.Add()(ys), width=lambda f: f),
              "The towers are added instead of stacked, so every channel sees both halves."),
    "stride ignored": (_make(step=lambda s: 1), "The stride is not passed on."),
    "stride along height": (_make(step=lambda s: (s, 1)), "Strides along the height only."),
    "padding ignored": (_make(pad=lambda p: "same"), "Always pads, also for padding='valid'."),
    "no bias": (_make(bias=False), "The towers have no bias."),
    "towers swapped": (_make(join=lambda ys: ops.concatenate(ys[::-1], axis=-1)),
                       "The second half of the input writes the first half of the filters."),
    "every other channel": (_make(lambda x: (x[..., ::2], x[..., 1::2])), "Even and odd channels instead of first and second half."),
    "split along the width": (_make(lambda x: ops.split(x, 2, axis=2), lambda ys: ops.concatenate(ys, axis=-1)),
                              "Splits the image, not the channels; the width is halved or cannot be split."),
    "channels shuffled after": (_make(join=lambda ys: ops.reshape(ops.stack(ys, axis=-1), (-1, *ys[0].shape[1:3], 2 * ys[0].shape[-1]))),
                                "The towers' outputs are interleaved instead of one behind the other."),
    "kernel turned": (_make(kern=lambda k: _sides(k)[::-1]), "A kernel (height, width) is used as (width, height)."),
    "square kernel": (_make(kern=lambda k: _sides(k)[0]), "The width of a (height, width) kernel is ignored."),
    "int kernel only": (_make(check=_int_check), "Comparing a tuple kernel with 1 is a TypeError."),
    "odd filters pass": (_make(check=_skip(filters=False)), "Odd filters give one channel too few instead of a ValueError."),
    "odd channels pass": (_make(_halves, check=_skip(channels=False)), "Odd channels are split unevenly instead of a ValueError."),
    "other padding is valid": (_make(pad=lambda p: "same" if p == "same" else "valid", check=_skip(padding=False)),
                               "Any other padding counts as 'valid' instead of a ValueError."),
    "equal kernel refused": (_make(check=_too_strict), "A 'valid' kernel as large as the input leaves one output, but raises."),
    "large kernel refused for same": (_make(check=_strict_always), "A kernel larger than the input raises for 'same' too."),
    "default valid": (_make(default_padding="valid"), "The default padding is 'valid', as Conv2D's, not 'same'."),
    "None in names": (_fixed_names, "Without name the layers are called None_tower1, so two blocks cannot stand in one model."),
}
