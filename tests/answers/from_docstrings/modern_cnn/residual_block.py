"""Answers to ``residual_block`` by someone who had its docstring alone: right ones, wrong ones and why."""

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
    y = _conv(filters, 3, stride)(x)
    y = layers.BatchNormalization()(y)
    y = layers.ReLU()(y)
    y = _conv(filters, 3)(y)
    y = layers.BatchNormalization()(y)
    shortcut = x
    if stride != 1 or x.shape[-1] != filters:
        shortcut = layers.BatchNormalization()(_conv(filters, 1, stride)(x))
    return layers.ReLU()(layers.Add()([y, shortcut]))


def shortcut_first_names(x, filters, *, stride=1, name=None):
    if len(x.shape) != 4 or min(filters, stride) < 1:
        raise ValueError("residual_block")
    n = lambda s: None if name is None else f"{name}_{s}"
    if stride == 1 and x.shape[3] == filters:
        short = x
    else:
        short = layers.Conv2D(filters, (1, 1), (stride, stride), "same", use_bias=False, name=n("proj"))(x)
        short = layers.BatchNormalization(name=n("proj_bn"))(short)
    y = layers.Conv2D(filters, (3, 3), (stride, stride), "same", use_bias=False, name=n("conv1"))(x)
    y = layers.Activation("relu", name=n("relu1"))(layers.BatchNormalization(name=n("bn1"))(y))
    y = layers.Conv2D(filters, (3, 3), padding="same", use_bias=False, name=n("conv2"))(y)
    y = layers.BatchNormalization(name=n("bn2"))(y)
    return layers.Activation("relu", name=n("relu2"))(layers.Add(name=n("add"))([short, y]))


def sequential(x, filters, *, stride=1, name=None):
    _check(x, filters, stride)
    branch = keras.Sequential([_conv(filters, 3, stride), layers.BatchNormalization(), layers.ReLU(),
                               _conv(filters, 3), layers.BatchNormalization()])
    project = stride > 1 or x.shape[-1] != filters
    shortcut = keras.Sequential([_conv(filters, 1, stride), layers.BatchNormalization()]) if project else (lambda t: t)
    return ops.relu(layers.add([branch(x), shortcut(x)]))


class _Block(layers.Layer):
    def __init__(self, filters, stride, **kw):
        super().__init__(**kw)
        self.filters, self.stride = filters, stride
        self.conv1, self.conv2 = _conv(filters, 3, stride), _conv(filters, 3)
        self.bn1, self.bn2 = layers.BatchNormalization(), layers.BatchNormalization()

    def build(self, shape):
        self.project = self.stride != 1 or shape[-1] != self.filters
        self.conv1.build(shape)
        out = self.conv1.compute_output_shape(shape)
        self.bn1.build(out), self.conv2.build(out), self.bn2.build(out)
        if self.project:
            self.conv3, self.bn3 = _conv(self.filters, 1, self.stride), layers.BatchNormalization()
            self.conv3.build(shape), self.bn3.build(out)

    def call(self, x, training=None):
        y = ops.relu(self.bn1(self.conv1(x), training=training))
        y = self.bn2(self.conv2(y), training=training)
        if self.project:
            x = self.bn3(self.conv3(x), training=training)
        return ops.relu(x + y)


def layer_class(x, filters, *, stride=1, name=None):
    _check(x, filters, stride)
    return _Block(filters, stride, name=name)(x)


def spec_loop(x, filters, *, stride=1, name=None):
    _check(x, filters, stride)

    def chain(t, *steps):
        for step in steps:
            t = step(t)
        return t

    bn, relu = layers.BatchNormalization, layers.ReLU
    y = chain(x, _conv(filters, 3, stride), bn(), relu(), _conv(filters, 3), bn())
    identity = stride == 1 and x.shape[-1] == filters
    s = chain(x, *([] if identity else [_conv(filters, 1, stride), bn()]))
    return chain(y + s, relu())


def conv_bn_helper(x, filters, *, stride=1, name=None):
    _check(x, filters, stride)

    def conv_bn(t, size, step, act=False):
        t = _conv(filters, size, step, kernel_initializer="he_normal")(t)
        t = layers.BatchNormalization()(t)
        return keras.activations.relu(t) if act else t

    residual = conv_bn(conv_bn(x, 3, stride, act=True), 3, 1)
    needs_projection = (stride, x.shape[-1]) != (1, filters)
    return keras.activations.relu(ops.add(conv_bn(x, 1, stride) if needs_projection else x, residual))


class _Maker:
    """An ordinary class that only makes the layers."""

    def __init__(self, filters, stride):
        self.filters, self.stride = filters, stride

    def branch(self, x):
        for i, s in enumerate((self.stride, 1)):
            x = layers.BatchNormalization()(_conv(self.filters, 3, s)(x))
            if i == 0:
                x = layers.ReLU()(x)
        return x

    def shortcut(self, x):
        if self.stride != 1 or x.shape[-1] != self.filters:
            return layers.BatchNormalization()(_conv(self.filters, 1, self.stride)(x))
        return x

    def __call__(self, x):
        return layers.Activation("relu")(layers.Add()([self.shortcut(x), self.branch(x)]))


def maker_class(x, filters, *, stride=1, name=None):
    _check(x, filters, stride)
    return _Maker(filters, stride)(x)


RIGHT = {"plain": plain, "shortcut first, Activation, names": shortcut_first_names, "Sequential pieces": sequential,
         "subclassed layer": layer_class, "chain of layers, + instead of Add": spec_loop, "conv_bn helper, ops.add": conv_bn_helper,
         "class that makes layers": maker_class}


def _rule(x, y, filters, stride):
    return stride != 1 or x.shape[-1] != filters


def _identity(t):
    return t


class _AlwaysTraining(layers.BatchNormalization):
    def call(self, inputs, training=None, mask=None):
        return super().call(inputs, training=True, mask=mask)


def _make(rule=_rule, strides=lambda s: (s, 1), bias=False, padding="same", bn=layers.BatchNormalization, short_bn=True,
          short_kernel=1, short_stride=lambda s: s, short_bias=None, short_relu=False, project=None, bn1=True, bn2=True, relu1=True,
          relu2=False, out="relu", join=lambda y, s: layers.Add()([y, s]), swap=False, call={}, default_stride=1):
    def f(x, filters, *, stride=default_stride, name=None):
        _check(x, filters, stride)
        conv = lambda k, s, b=bias: layers.Conv2D(filters, k, strides=s, padding=padding, use_bias=b)
        norm = lambda on: (lambda t: bn()(t, **call)) if on else _identity
        relu = lambda on: layers.ReLU() if on else _identity
        s1, s2 = strides(stride)
        y = conv(3, s1)(x)
        y = norm(bn1)(relu(relu1)(y)) if swap else relu(relu1)(norm(bn1)(y))
        y = relu(relu2)(norm(bn2)(conv(3, s2)(y)))
        s = x
        if rule(x, y, filters, stride):
            if project:
                s = project(x, filters, stride)
            else:
                s = conv(short_kernel, short_stride(stride), bias if short_bias is None else short_bias)(x)
                s = relu(short_relu)(norm(short_bn)(s))
        y = join(y, s)
        return {"relu": layers.ReLU(), "none": _identity, "bn": lambda t: layers.ReLU()(bn()(t))}[out](y)

    return f


def _option_a(x, filters, stride):
    s = layers.MaxPooling2D(1, stride, padding="same")(x)
    extra = filters - x.shape[-1]
    return ops.pad(s, [(0, 0), (0, 0), (0, 0), (0, extra)]) if extra > 0 else s[..., :filters]


def _pool_project(x, filters, stride):
    s = layers.AveragePooling2D(stride, stride, padding="same")(x)
    return layers.BatchNormalization()(_conv(filters, 1)(s))


def _shared_bn(x, filters, *, stride=1, name=None):
    _check(x, filters, stride)
    bn = layers.BatchNormalization()
    y = _conv(filters, 3)(layers.ReLU()(bn(_conv(filters, 3, stride)(x))))
    s = x
    if stride != 1 or x.shape[-1] != filters:
        s = bn(_conv(filters, 1, stride)(x))
    return layers.ReLU()(layers.Add()([bn(y), s]))


def _reads_branch(x, filters, *, stride=1, name=None):
    _check(x, filters, stride)
    first = layers.ReLU()(layers.BatchNormalization()(_conv(filters, 3, stride)(x)))
    y = layers.BatchNormalization()(_conv(filters, 3)(first))
    s = x
    if stride != 1 or x.shape[-1] != filters:
        s = layers.BatchNormalization()(_conv(filters, 1)(first))
    return layers.ReLU()(layers.Add()([y, s]))


def _fixed_names(x, filters, *, stride=1, name=None):
    _check(x, filters, stride)
    y = layers.BatchNormalization(name=f"{name}_bn1")(_conv(filters, 3, stride, name=f"{name}_conv1")(x))
    y = layers.BatchNormalization(name=f"{name}_bn2")(_conv(filters, 3, name=f"{name}_conv2")(layers.ReLU()(y)))
    if stride != 1 or x.shape[-1] != filters:
        x = layers.BatchNormalization()(_conv(filters, 1, stride)(x))
    return layers.ReLU()(layers.Add()([y, x]))


WRONG = {
    "always projects": (_make(rule=lambda x, y, f, s: True), "Projects even where x fits, instead of taking x itself."),
    "projects for stride only": (_make(rule=lambda x, y, f, s: s != 1), "With other channels and stride 1 x is not projected: an error, or a broadcast of one channel."),
    "projects for channels only": (_make(rule=lambda x, y, f, s: x.shape[-1] != f), "With stride 2 and the same channels x is not projected."),
    "projects for both": (_make(rule=lambda x, y, f, s: s != 1 and x.shape[-1] != f), "`and` instead of `or` in the rule."),
    "projects if shapes differ": (_make(rule=lambda x, y, f, s: x.shape != y.shape),
                                  "A stride of 2 on a 1x1 map (or on one of unknown size) leaves the shape, so it does not project."),
    "projects only if channels grow": (_make(rule=lambda x, y, f, s: s != 1 or x.shape[-1] < f), "Fails where the channels become fewer."),
    "shortcut without BN": (_make(short_bn=False), "The projected shortcut has no BN."),
    "shortcut with ReLU": (_make(short_relu=True), "The projected shortcut has a ReLU of its own."),
    "shortcut 3x3": (_make(short_kernel=3), "The projection is 3x3."),
    "shortcut without stride": (_make(short_stride=lambda s: 1), "The projection does not stride: the sizes do not fit."),
    "shortcut with bias": (_make(short_bias=True), "The projection has a bias."),
    "option A": (_make(project=_option_a), "Strided copy padded with zero channels instead of a projection."),
    "shortcut pools": (_make(project=_pool_project), "Average pool and 1x1 convolution instead of a strided one."),
    "shortcut reads the branch": (_reads_branch, "The projection reads the branch, not x."),
    "no final ReLU": (_make(out="none"), "No ReLU after the addition."),
    "ReLU before the addition": (_make(relu2=True, out="none"), "The last ReLU stands in the branch instead of after the addition."),
    "ReLU before and after": (_make(relu2=True), "A ReLU too many before the addition."),
    "no inner ReLU": (_make(relu1=False), "No ReLU between the convolutions."),
    "BN after the addition": (_make(bn2=False, out="bn"), "The second BN comes after the addition."),
    "no first BN": (_make(bn1=False), "No BN after the first convolution."),
    "no second BN": (_make(bn2=False), "No BN after the second convolution."),
    "ReLU before BN": (_make(swap=True), "conv - ReLU - BN instead of conv - BN - ReLU."),
    "stride in the second": (_make(strides=lambda s: (1, s)), "The second convolution strides instead of the first."),
    "stride in both": (_make(strides=lambda s: (s, s)), "Both convolutions stride."),
    "bias": (_make(bias=True), "The convolutions have a bias."),
    "valid padding": (_make(padding="valid"), "No padding."),
    "training=True": (_make(call={"training": True}), "BN uses batch statistics wherever no training flag is given: model(x) is not inference."),
    "BN always in training mode": (_make(bn=_AlwaysTraining), "BN is called with training=True inside a layer, so inference uses batch statistics too."),
    "frozen BN": (_make(bn=lambda: layers.BatchNormalization(trainable=False)), "BN is frozen: it never uses batch statistics nor learns."),
    "BN of the paper's code": (_make(bn=lambda: layers.BatchNormalization(epsilon=1e-5, momentum=0.9)), "BN is not as Keras makes it by default."),
    "BN without scale": (_make(bn=lambda: layers.BatchNormalization(scale=False)), "BN has no gamma."),
    "one BN for all": (_shared_bn, "One BN layer is used three times."),
    "concatenates": (_make(join=lambda y, s: layers.Concatenate()([y, s])), "Concatenates instead of adding."),
    "averages": (_make(join=lambda y, s: layers.Average()([y, s])), "Takes the mean instead of the sum."),
    "default stride 2": (_make(default_stride=2), "The default stride is 2."),
    "None in names": (_fixed_names, "Without name two blocks have layers of the same name and cannot stand in one model."),
}
