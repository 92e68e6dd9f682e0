"""Answers to ``preact_block`` by someone who had its docstring alone: right ones, wrong ones and why."""

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
    pre = layers.ReLU()(layers.BatchNormalization()(x))
    shortcut = x
    if stride != 1 or x.shape[-1] != filters:
        shortcut = _conv(filters, 1, stride)(pre)
    y = _conv(filters, 3, stride)(pre)
    y = layers.ReLU()(layers.BatchNormalization()(y))
    y = _conv(filters, 3)(y)
    return layers.Add()([shortcut, y])


def bn_relu_conv_helper(x, filters, *, stride=1, name=None):
    if len(x.shape) != 4 or any(v < 1 for v in (filters, stride)):
        raise ValueError("preact_block")
    count = iter(range(100))

    def label(kind):
        return f"{name}_{kind}{next(count)}" if name else None

    def bn_relu(t):
        return layers.Activation("relu", name=label("relu"))(layers.BatchNormalization(name=label("bn"))(t))

    a = bn_relu(x)
    b = layers.Conv2D(filters, (3, 3), (stride, stride), "same", use_bias=False, name=label("conv"))(a)
    c = layers.Conv2D(filters, (3, 3), (1, 1), "same", use_bias=False, name=label("conv"))(bn_relu(b))
    if stride == 1 and x.shape[-1] == filters:
        return layers.add([c, x])
    return layers.add([c, layers.Conv2D(filters, (1, 1), (stride, stride), "same", use_bias=False, name=label("conv"))(a)])


def sequential(x, filters, *, stride=1, name=None):
    _check(x, filters, stride)
    bn, relu = layers.BatchNormalization, layers.ReLU
    head = keras.Sequential([bn(), relu()])
    tail = keras.Sequential([_conv(filters, 3, stride), bn(), relu(), _conv(filters, 3)])
    activated = head(x)
    projected = stride > 1 or x.shape[-1] != filters
    return tail(activated) + (_conv(filters, 1, stride)(activated) if projected else x)


class _PreAct(layers.Layer):
    def __init__(self, filters, stride=1, **kw):
        super().__init__(**kw)
        self.filters, self.stride = filters, stride

    def build(self, shape):
        self.bn1, self.bn2 = layers.BatchNormalization(), layers.BatchNormalization()
        self.conv1, self.conv2 = _conv(self.filters, 3, self.stride), _conv(self.filters, 3)
        self.bn1.build(shape), self.conv1.build(shape)
        mid = self.conv1.compute_output_shape(shape)
        self.bn2.build(mid), self.conv2.build(mid)
        self.proj = None
        if self.stride != 1 or shape[-1] != self.filters:
            self.proj = _conv(self.filters, 1, self.stride)
            self.proj.build(shape)

    def call(self, x, training=None):
        pre = ops.relu(self.bn1(x, training=training))
        y = self.conv2(ops.relu(self.bn2(self.conv1(pre), training=training)))
        return y + (x if self.proj is None else self.proj(pre))


def layer_class(x, filters, *, stride=1, name=None):
    _check(x, filters, stride)
    return _PreAct(filters, stride, name=name)(x)


def loop(x, filters, *, stride=1, name=None):
    _check(x, filters, stride)
    y, shortcut = x, x
    for i, step in enumerate([stride, 1]):
        y = ops.relu(layers.BatchNormalization()(y))
        if i == 0 and not (stride == 1 and filters == x.shape[3]):
            shortcut = _conv(filters, 1, step)(y)
        y = _conv(filters, 3, step, kernel_initializer="he_normal")(y)
    return ops.add(shortcut, y)


def list_of_tensors(x, filters, *, stride=1, name=None):
    _check(x, filters, stride)
    t = [x]
    for layer in (layers.BatchNormalization(), layers.ReLU(), _conv(filters, 3, stride), layers.BatchNormalization(),
                  layers.ReLU(), _conv(filters, 3)):
        t.append(layer(t[-1]))
    fits = stride == 1 and t[0].shape[-1] == filters
    return layers.Add()([t[-1], t[0] if fits else _conv(filters, 1, stride)(t[2])])


RIGHT = {"plain": plain, "bn_relu helper, Activation, names": bn_relu_conv_helper, "Sequential pieces, +": sequential,
         "subclassed layer": layer_class, "loop and ops": loop, "list of tensors": list_of_tensors}


def _rule(x, y, filters, stride):
    return stride != 1 or x.shape[-1] != filters


def _identity(t):
    return t


class _AlwaysTraining(layers.BatchNormalization):
    def call(self, inputs, training=None, mask=None):
        return super().call(inputs, training=True, mask=mask)


def _make(rule=_rule, strides=lambda s: (s, 1), bias=False, short_bias=False, short_bn=False, short_kernel=1,
          short_stride=lambda s: s, reads="relu", identity="x", norms=(1, 1), relus=(1, 1), out=_identity, swap=False,
          bn=layers.BatchNormalization, call={}, padding="same", join=lambda y, s: layers.Add()([y, s]), default_stride=1):
    def f(x, filters, *, stride=default_stride, name=None):
        _check(x, filters, stride)
        norm = lambda on: (lambda t: bn()(t, **call)) if on else _identity
        relu = lambda on: layers.ReLU() if on else _identity
        pair = lambda t, i: norm(norms[i])(relu(relus[i])(t)) if swap else relu(relus[i])(norm(norms[i])(t))
        conv = lambda k, s, b: layers.Conv2D(filters, k, strides=s, padding=padding, use_bias=b)
        s1, s2 = strides(stride)
        after_bn = norm(norms[0])(x) if reads == "bn" else None
        pre = relu(1)(after_bn) if reads == "bn" else pair(x, 0)
        y = conv(3, s1, bias)(pre)
        y = conv(3, s2, bias)(pair(y, 1))
        if rule(x, y, filters, stride):
            s = conv(short_kernel, short_stride(stride), bias or short_bias)({"relu": pre, "x": x, "bn": after_bn}[reads])
            s = norm(short_bn)(s)
        else:
            s = x if identity == "x" else pre
        return out(join(y, s))

    return f


def _post(x, filters, *, stride=1, name=None):
    _check(x, filters, stride)
    y = layers.ReLU()(layers.BatchNormalization()(_conv(filters, 3, stride)(x)))
    y = layers.ReLU()(layers.BatchNormalization()(_conv(filters, 3)(y)))
    s = _conv(filters, 1, stride)(x) if stride != 1 or x.shape[-1] != filters else x
    return layers.Add()([y, s])


def _own_bn(x, filters, *, stride=1, name=None):
    """Shortcut with a BN and ReLU of its own in front."""
    _check(x, filters, stride)
    act = lambda t: layers.ReLU()(layers.BatchNormalization()(t))
    y = _conv(filters, 3)(act(_conv(filters, 3, stride)(act(x))))
    s = _conv(filters, 1, stride)(act(x)) if stride != 1 or x.shape[-1] != filters else x
    return layers.Add()([y, s])


def _overwrites_x(x, filters, *, stride=1, name=None):
    _check(x, filters, stride)
    channels = x.shape[-1]
    x = layers.ReLU()(layers.BatchNormalization()(x))
    y = _conv(filters, 3, stride)(x)
    y = _conv(filters, 3)(layers.ReLU()(layers.BatchNormalization()(y)))
    if stride != 1 or channels != filters:
        x = _conv(filters, 1, stride)(x)
    return layers.Add()([x, y])


def _one_bn(x, filters, *, stride=1, name=None):
    _check(x, filters, stride)
    bn = layers.BatchNormalization()
    pre = layers.ReLU()(bn(x))
    y = _conv(filters, 3, stride)(pre)
    bn = bn if x.shape[-1] == filters else layers.BatchNormalization()
    y = _conv(filters, 3)(layers.ReLU()(bn(y)))
    s = _conv(filters, 1, stride)(pre) if stride != 1 or x.shape[-1] != filters else x
    return layers.Add()([y, s])


WRONG = {
    "shortcut reads x": (_make(reads="x"), "The projection reads x, not what comes out of the first ReLU."),
    "shortcut reads the BN": (_make(reads="bn"), "The projection reads the BN's output before the ReLU."),
    "shortcut with own BN-ReLU": (_own_bn, "The projection has a BN and ReLU of its own instead of reading the first ReLU."),
    "shortcut with BN": (_make(short_bn=True), "A BN after the projection."),
    "shortcut with bias": (_make(short_bias=True), "The projection has a bias."),
    "shortcut 3x3": (_make(short_kernel=3), "The projection is 3x3."),
    "shortcut without stride": (_make(short_stride=lambda s: 1), "The projection does not stride."),
    "identity is activated": (_make(identity="pre"), "The identity shortcut is the ReLU's output instead of x."),
    "x overwritten": (_overwrites_x, "x is overwritten by its activation, so the identity shortcut is not x."),
    "always projects": (_make(rule=lambda *a: True), "Projects even where x fits."),
    "projects for stride only": (_make(rule=lambda x, y, f, s: s != 1), "x with other channels and stride 1 is not projected."),
    "projects for channels only": (_make(rule=lambda x, y, f, s: x.shape[-1] != f), "x with fitting channels and stride 2 is not projected."),
    "projects if shapes differ": (_make(rule=lambda x, y, f, s: x.shape != y.shape), "A stride of 2 on a 1x1 map leaves the shape, so it does not project."),
    "projects for both": (_make(rule=lambda x, y, f, s: s != 1 and x.shape[-1] != f), "`and` instead of `or`."),
    "ReLU after the addition": (_make(out=lambda t: layers.ReLU()(t)), "A ReLU follows the addition."),
    "BN-ReLU after the addition": (_make(out=lambda t: layers.ReLU()(layers.BatchNormalization()(t))), "BN and ReLU follow the addition."),
    "post-activation": (_post, "conv - BN - ReLU order: BN and ReLU after each convolution."),
    "ReLU before BN": (_make(swap=True), "ReLU - BN - conv instead of BN - ReLU - conv."),
    "no first BN": (_make(norms=(0, 1)), "The first BN is missing."),
    "no second BN": (_make(norms=(1, 0)), "The second BN is missing."),
    "no second ReLU": (_make(relus=(1, 0)), "The second ReLU is missing."),
    "no first ReLU": (_make(relus=(0, 1)), "The first ReLU is missing."),
    "stride in the second": (_make(strides=lambda s: (1, s)), "The second convolution strides, not the first."),
    "stride in both": (_make(strides=lambda s: (s, s)), "Both convolutions stride; the sizes do not fit."),
    "bias": (_make(bias=True), "The convolutions have a bias."),
    "valid padding": (_make(padding="valid"), "The convolutions are not padded."),
    "training=True": (_make(call={"training": True}), "BN uses batch statistics wherever no training flag is given: model(x) is not inference."),
    "BN always in training mode": (_make(bn=_AlwaysTraining), "BN is called with training=True inside a layer, so inference uses batch statistics too."),
    "frozen BN": (_make(bn=lambda: layers.BatchNormalization(trainable=False)), "BN is frozen: it never uses batch statistics nor learns."),
    "BN momentum": (_make(bn=lambda: layers.BatchNormalization(momentum=0.9)), "BN is not as Keras makes it by default."),
    "one BN": (_one_bn, "Where channels allow, one BN is used twice."),
    "subtracts": (_make(join=lambda y, s: layers.Subtract()([y, s])), "Subtracts the shortcut."),
    "default stride 2": (_make(default_stride=2), "The default stride is 2."),
}
