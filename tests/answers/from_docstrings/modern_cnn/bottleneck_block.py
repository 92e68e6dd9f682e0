"""Answers to ``bottleneck_block`` by someone who had its docstring alone: right ones, wrong ones and why."""

import keras
from keras import layers, ops


def _check(x, filters, stride):
    if len(x.shape) != 4:
        raise ValueError("x must be (N, H, W, C)")
    if filters < 1 or stride < 1:
        raise ValueError("filters and stride must be at least 1")


def _conv(filters, size, stride=1, **kw):
    return layers.Conv2D(filters, size, strides=stride, padding="same", use_bias=False, **kw)


def plain(x, filters, *, stride=1, name=None):
    _check(x, filters, stride)
    y = layers.ReLU()(layers.BatchNormalization()(_conv(filters, 1)(x)))
    y = layers.ReLU()(layers.BatchNormalization()(_conv(filters, 3, stride)(y)))
    y = layers.BatchNormalization()(_conv(4 * filters, 1)(y))
    if stride != 1 or x.shape[-1] != 4 * filters:
        x = layers.BatchNormalization()(_conv(4 * filters, 1, stride)(x))
    return layers.ReLU()(layers.Add()([x, y]))


def zip_loop(x, filters, *, stride=1, name=None):
    _check(x, filters, stride)
    label = lambda s: f"{name}/{s}".replace("/", "_") if name else None
    y = x
    for i, (f, k, s) in enumerate(zip((filters, filters, filters * 4), (1, 3, 1), (1, stride, 1)), 1):
        y = _conv(f, (k, k), (s, s), name=label(f"conv{i}"))(y)
        y = layers.BatchNormalization(name=label(f"bn{i}"))(y)
        if i < 3:
            y = layers.Activation("relu", name=label(f"relu{i}"))(y)
    shortcut = x
    if not (stride == 1 and x.shape[-1] == y.shape[-1]):
        shortcut = _conv(y.shape[-1], 1, stride, name=label("conv0"))(x)
        shortcut = layers.BatchNormalization(name=label("bn0"))(shortcut)
    return layers.Activation("relu", name=label("out"))(layers.add([shortcut, y]))


def sequential(x, filters, *, stride=1, name=None):
    _check(x, filters, stride)
    bn, relu = layers.BatchNormalization, layers.ReLU
    branch = keras.Sequential([_conv(filters, 1), bn(), relu(), _conv(filters, 3, stride), bn(), relu(), _conv(4 * filters, 1), bn()])
    if stride == 1 and x.shape[-1] == 4 * filters:
        short = x
    else:
        short = keras.Sequential([_conv(4 * filters, 1, stride), bn()])(x)
    return relu()(branch(x) + short)


class _Bottleneck(layers.Layer):
    def __init__(self, filters, stride, project, **kw):
        super().__init__(**kw)
        self.branch = [_conv(filters, 1), layers.BatchNormalization(), layers.ReLU(), _conv(filters, 3, stride),
                       layers.BatchNormalization(), layers.ReLU(), _conv(4 * filters, 1), layers.BatchNormalization()]
        self.short = [_conv(4 * filters, 1, stride), layers.BatchNormalization()] if project else []

    def build(self, shape):
        for path in (self.branch, self.short):
            s = shape
            for layer in path:
                layer.build(s)
                s = layer.compute_output_shape(s)

    def call(self, x, training=None):
        def run(path, t):
            for layer in path:
                t = layer(t, training=training) if isinstance(layer, layers.BatchNormalization) else layer(t)
            return t

        return ops.relu(run(self.branch, x) + run(self.short, x))


def layer_class(x, filters, *, stride=1, name=None):
    _check(x, filters, stride)
    return _Bottleneck(filters, stride, stride != 1 or x.shape[-1] != 4 * filters, name=name)(x)


def recursive(x, filters, *, stride=1, name=None):
    if len(x.shape) != 4 or filters <= 0 or stride <= 0:
        raise ValueError("bottleneck_block")

    def path(t, spec):
        (f, k, s), *rest = spec
        t = layers.BatchNormalization()(_conv(f, k, s, kernel_initializer="he_uniform")(t))
        return path(ops.relu(t), rest) if rest else t

    wide = filters << 2
    keep = x.shape[-1] == wide and stride == 1
    total = ops.add(x if keep else path(x, [(wide, 1, stride)]), path(x, [(filters, 1, 1), (filters, 3, stride), (wide, 1, 1)]))
    return ops.relu(total)


def inner_model(x, filters, *, stride=1, name=None):
    _check(x, filters, stride)
    start = keras.Input(batch_shape=x.shape)
    model = keras.Model(start, plain(start, filters, stride=stride))
    return model(x)


RIGHT = {"plain": plain, "loop over zip, names": zip_loop, "Sequential pieces, +": sequential, "subclassed layer": layer_class,
         "recursion and ops": recursive, "inner functional model": inner_model}


def _rule(x, y, filters, stride):
    return stride != 1 or x.shape[-1] != 4 * filters


def _identity(t):
    return t


class _AlwaysTraining(layers.BatchNormalization):
    def call(self, inputs, training=None, mask=None):
        return super().call(inputs, training=True, mask=mask)


def _make(rule=_rule, strides=lambda s: (1, s, 1), sizes=(1, 3, 1), widths=lambda f: (f, f, 4 * f), bias=False, last_bias=None,
          padding="same", bn=layers.BatchNormalization, norms=(1, 1, 1), relus=(1, 1, 0), short_bn=True, short_kernel=1,
          short_relu=False, short_stride=lambda s: s, short_reads=lambda x, ys: x, out=True, call={}, swap=False,
          join=lambda y, s: layers.Add()([y, s]), default_stride=1):
    def f(x, filters, *, stride=default_stride, name=None):
        _check(x, filters, stride)
        norm = lambda on: (lambda t: bn()(t, **call)) if on else _identity
        relu = lambda on: layers.ReLU() if on else _identity
        y, ys = x, []
        for i in range(3):
            b = last_bias if i == 2 and last_bias is not None else bias
            y = layers.Conv2D(widths(filters)[i], sizes[i], strides=strides(stride)[i], padding=padding, use_bias=b)(y)
            y = norm(norms[i])(relu(relus[i])(y)) if swap else relu(relus[i])(norm(norms[i])(y))
            ys.append(y)
        s = x
        if rule(x, y, filters, stride):
            s = layers.Conv2D(widths(filters)[2], short_kernel, strides=short_stride(stride), padding=padding, use_bias=bias)(short_reads(x, ys))
            s = relu(short_relu)(norm(short_bn)(s))
        return relu(out)(join(y, s))

    return f


def _shared_bn(x, filters, *, stride=1, name=None):
    _check(x, filters, stride)
    bn = layers.BatchNormalization()
    y = layers.ReLU()(bn(_conv(filters, 1)(x)))
    y = layers.ReLU()(bn(_conv(filters, 3, stride)(y)))
    y = layers.BatchNormalization()(_conv(4 * filters, 1)(y))
    if stride != 1 or x.shape[-1] != 4 * filters:
        x = layers.BatchNormalization()(_conv(4 * filters, 1, stride)(x))
    return layers.ReLU()(layers.Add()([x, y]))


def _reused_expand(x, filters, *, stride=1, name=None):
    """Reuses the expanding convolution as projection where it fits."""
    _check(x, filters, stride)
    expand, bn = _conv(4 * filters, 1), layers.BatchNormalization()
    y = layers.ReLU()(layers.BatchNormalization()(_conv(filters, 1)(x)))
    y = layers.ReLU()(layers.BatchNormalization()(_conv(filters, 3, stride)(y)))
    y = bn(expand(y))
    if stride != 1 or x.shape[-1] != 4 * filters:
        conv = expand if x.shape[-1] == filters and stride == 1 else _conv(4 * filters, 1, stride)
        x = bn(conv(x))
    return layers.ReLU()(layers.Add()([x, y]))


WRONG = {
    "stride in the first 1x1": (_make(strides=lambda s: (s, 1, 1)), "The first 1x1 strides as in the paper, not the 3x3."),
    "stride in the last 1x1": (_make(strides=lambda s: (1, 1, s)), "The last 1x1 strides, not the 3x3."),
    "stride twice": (_make(strides=lambda s: (s, s, 1)), "Two convolutions stride, the shortcut once: the sizes do not fit."),
    "no stride in the branch": (_make(strides=lambda s: (1, 1, 1)), "Only the shortcut strides."),
    "filters are the output": (_make(widths=lambda f: (max(1, f // 4), max(1, f // 4), f), rule=lambda x, y, f, s: s != 1 or x.shape[-1] != f),
                               "Takes filters as the output channels and a quarter of it inside."),
    "no expansion": (_make(widths=lambda f: (f, f, f), rule=lambda x, y, f, s: s != 1 or x.shape[-1] != f), "The output has filters channels, not 4 * filters."),
    "expansion 2": (_make(widths=lambda f: (f, f, 2 * f), rule=lambda x, y, f, s: s != 1 or x.shape[-1] != 2 * f), "The output has 2 * filters channels."),
    "wide 3x3": (_make(widths=lambda f: (f, 4 * f, 4 * f)), "The 3x3 convolution already has 4 * filters channels."),
    "3x3 first": (_make(sizes=(3, 1, 1), strides=lambda s: (s, 1, 1)), "The 3x3 convolution comes first."),
    "two 3x3": (_make(sizes=(1, 3, 3)), "The last convolution is 3x3."),
    "compares with filters": (_make(rule=lambda x, y, f, s: s != 1 or x.shape[-1] != f), "x is compared with filters, not 4 * filters: projects where it need not and fails where it must."),
    "always projects": (_make(rule=lambda *a: True), "Projects even where x fits."),
    "projects for stride only": (_make(rule=lambda x, y, f, s: s != 1), "x with other channels and stride 1 is not projected."),
    "projects for channels only": (_make(rule=lambda x, y, f, s: x.shape[-1] != 4 * f), "x with fitting channels and stride 2 is not projected."),
    "projects if shapes differ": (_make(rule=lambda x, y, f, s: x.shape != y.shape), "A stride of 2 on a 1x1 map leaves the shape, so it does not project."),
    "shortcut without BN": (_make(short_bn=False), "The projected shortcut has no BN."),
    "shortcut with ReLU": (_make(short_relu=True), "The projected shortcut has its own ReLU."),
    "shortcut without stride": (_make(short_stride=lambda s: 1), "The projection does not stride."),
    "shortcut 3x3": (_make(short_kernel=3), "The projection is 3x3."),
    "shortcut reads the reduction": (_make(short_reads=lambda x, ys: ys[0]), "The projection reads the first 1x1's output instead of x."),
    "no final ReLU": (_make(out=False), "No ReLU after the addition."),
    "ReLU before the addition": (_make(relus=(1, 1, 1), out=False), "The last ReLU stands before the addition."),
    "ReLU on both sides": (_make(relus=(1, 1, 1)), "A ReLU too many before the addition."),
    "one inner ReLU": (_make(relus=(1, 0, 0)), "No ReLU after the 3x3 convolution."),
    "last BN missing": (_make(norms=(1, 1, 0)), "No BN after the last convolution."),
    "first BN missing": (_make(norms=(0, 1, 1)), "No BN after the first convolution."),
    "one shared BN": (_shared_bn, "One BN serves the first two convolutions."),
    "reused expansion": (_reused_expand, "Branch and projected shortcut share a BN (and where they fit the convolution)."),
    "ReLU before BN": (_make(swap=True), "conv - ReLU - BN instead of conv - BN - ReLU."),
    "bias": (_make(bias=True), "The convolutions have a bias."),
    "last with bias": (_make(last_bias=True), "The last convolution has a bias."),
    "valid padding": (_make(padding="valid"), "The 3x3 convolution is not padded."),
    "training=True": (_make(call={"training": True}), "BN uses batch statistics wherever no training flag is given: model(x) is not inference."),
    "BN always in training mode": (_make(bn=_AlwaysTraining), "BN is called with training=True inside a layer, so inference uses batch statistics too."),
    "frozen BN": (_make(bn=lambda: layers.BatchNormalization(trainable=False)), "BN is frozen: it never uses batch statistics nor learns."),
    "BN epsilon": (_make(bn=lambda: layers.BatchNormalization(epsilon=1.001e-5)), "BN has keras.applications' epsilon, not the default."),
    "multiplies": (_make(join=lambda y, s: layers.Multiply()([y, s])), "Multiplies instead of adding."),
    "default stride 2": (_make(default_stride=2), "The default stride is 2."),
}
