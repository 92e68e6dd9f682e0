"""Answers to ``transition_block`` by someone who had its docstring alone: right ones, wrong ones and why."""

import math

import keras
from keras import layers, ops


def _check(x, compression):
    if len(x.shape) != 4:
        raise ValueError("x must be (N, H, W, C)")
    if not 0 < compression <= 1:
        raise ValueError("compression must be above 0 and at most 1")
    if int(x.shape[-1] * compression) < 1:
        raise ValueError("no channel is left")


def _conv(filters, **kw):
    return layers.Conv2D(filters, 1, padding="same", use_bias=False, **kw)


def plain(x, *, compression=0.5, name=None):
    _check(x, compression)
    y = layers.BatchNormalization()(x)
    y = layers.ReLU()(y)
    y = _conv(int(x.shape[-1] * compression))(y)
    return layers.AveragePooling2D(2, strides=2, padding="same")(y)


def named(x, *, compression=0.5, name=None):
    n = dict(bn=name and name + "_bn", relu=name and name + "_relu", conv=name and name + "_conv", pool=name and name + "_pool")
    if len(x.shape) != 4:
        raise ValueError("rank")
    filters = int(x.shape[3] * compression)
    if compression <= 0.0 or compression > 1.0 or filters == 0:
        raise ValueError("compression")
    x = layers.BatchNormalization(name=n["bn"])(x)
    x = layers.Activation("relu", name=n["relu"])(x)
    x = layers.Conv2D(filters, (1, 1), (1, 1), "same", use_bias=False, name=n["conv"])(x)
    return layers.AveragePooling2D((2, 2), (2, 2), "same", name=n["pool"])(x)


def sequential(x, *, compression=0.5, name=None):
    _check(x, compression)
    pieces = [layers.BatchNormalization(), layers.ReLU(), _conv(int(compression * x.shape[-1])), layers.AvgPool2D(2, padding="same")]
    return keras.Sequential(pieces, name=name)(x)


def ops_style(x, *, compression=0.5, name=None):
    _check(x, compression)
    filters = math.floor(x.shape[-1] * compression)
    y = _conv(filters, kernel_initializer="he_normal")(ops.relu(layers.BatchNormalization()(x)))
    return ops.average_pool(y, 2, strides=2, padding="same")


class _Transition(layers.Layer):
    def __init__(self, filters, **kw):
        super().__init__(**kw)
        self.bn, self.conv = layers.BatchNormalization(), _conv(filters)
        self.pool = layers.AveragePooling2D(2, padding="same")

    def build(self, shape):
        self.bn.build(shape)
        self.conv.build(shape)

    def call(self, x, training=None):
        return self.pool(self.conv(ops.maximum(self.bn(x, training=training), 0)))


def layer_class(x, *, compression=0.5, name=None):
    _check(x, compression)
    return _Transition(int(x.shape[-1] * compression), name=name)(x)


def nested_calls(x, *, compression=0.5, name=None):
    try:
        _, _, _, channels = x.shape
    except ValueError as err:
        raise ValueError("x needs four axes") from err
    kept = int(channels * compression)
    if not (compression > 0 and compression <= 1 and kept >= 1):
        raise ValueError(f"compression {compression} of {channels} channels")
    return layers.AveragePooling2D(pool_size=2, padding="same")(
        layers.Conv2D(kept, kernel_size=1, use_bias=False, padding="same")(
            keras.activations.relu(layers.BatchNormalization()(x))))


RIGHT = {"plain": plain, "names, Activation layers": named, "Sequential": sequential, "ops": ops_style,
         "subclassed layer": layer_class, "nested calls": nested_calls}


class _AlwaysTraining(layers.BatchNormalization):
    def call(self, inputs, training=None, mask=None):
        return super().call(inputs, training=True, mask=mask)


def _make(kept=lambda c, r: int(c * r), bias=False, bn=layers.BatchNormalization, norm=True, relu=True, order="brcp", kernel=1, conv_stride=1,
          pool=lambda: layers.AveragePooling2D(2, 2, padding="same"), call={}, check=_check, default=0.5, act="relu"):
    def f(x, *, compression=default, name=None):
        check(x, compression)
        steps = {"b": lambda t: bn()(t, **call), "r": layers.Activation(act), "p": pool() if pool else None,
                 "c": layers.Conv2D(kept(x.shape[-1], compression), kernel, strides=conv_stride, padding="same", use_bias=bias)}
        for letter in order:
            x = steps[letter](x)
        return x

    return f


def _unchecked(low=True, high=True, left=True, one=True):
    def check(x, r):
        if len(x.shape) != 4 or low and r <= 0 or high and r > 1 or not one and r == 1 or left and int(x.shape[-1] * r) < 1:
            raise ValueError

    return check


WRONG = {
    "half always": (_make(kept=lambda c, r: c // 2 or 1), "compression is ignored."),
    "rounds": (_make(kept=lambda c, r: max(1, round(c * r))), "Rounds to the nearest instead of down."),
    "rounds up": (_make(kept=lambda c, r: math.ceil(c * r)), "Rounds up instead of down."),
    "keeps the rest": (_make(kept=lambda c, r: max(1, c - int(c * r))), "compression is taken as the part that goes; right at 0.5 of even C only."),
    "divides": (_make(kept=lambda c, r: int(c // (1 / r))), "Floor division by 1 / compression loses a channel for some values: 2 instead of 3 for C = 10, compression 0.3."),
    "at least one": (_make(kept=lambda c, r: max(1, int(c * r)), check=_unchecked(left=False)), "Keeps one channel where it must raise."),
    "above 1 allowed": (_make(check=_unchecked(high=False)), "compression above 1 raises nothing."),
    "1 refused": (_make(check=_unchecked(one=False)), "compression 1 is allowed but raises."),
    "clipped": (_make(kept=lambda c, r: max(1, int(c * min(max(r, 0), 1))), check=_unchecked(low=False, high=False, left=False)), "Values outside are clipped instead of refused."),
    "max pool": (_make(pool=lambda: layers.MaxPooling2D(2, 2, padding="same")), "Max pool instead of average pool."),
    "pool valid": (_make(pool=lambda: layers.AveragePooling2D(2, 2)), "Odd sizes are rounded down."),
    "pool 3x3": (_make(pool=lambda: layers.AveragePooling2D(3, 2, padding="same")), "The pool is 3x3."),
    "pool stride 1": (_make(pool=lambda: layers.AveragePooling2D(2, 1, padding="same")), "The pool does not halve."),
    "global pool": (_make(pool=lambda: layers.GlobalAveragePooling2D()), "Averages the whole map."),
    "strided convolution": (_make(conv_stride=2, order="brc"), "The convolution strides; there is no pool."),
    "no pool": (_make(order="brc"), "The pool is missing."),
    "pool first": (_make(order="pbrc"), "The pool comes before BN and ReLU."),
    "pool before ReLU": (_make(order="bprc"), "The pool comes before the ReLU."),
    "no ReLU": (_make(order="bcp"), "No ReLU."),
    "no BN": (_make(order="rcp"), "No BN."),
    "ReLU before BN": (_make(order="rbcp"), "ReLU - BN instead of BN - ReLU."),
    "conv first": (_make(order="cbrp"), "conv - BN - ReLU instead of BN - ReLU - conv."),
    "ReLU at the end": (_make(order="bcrp"), "The ReLU follows the convolution."),
    "bias": (_make(bias=True), "The convolution has a bias."),
    "kernel 3": (_make(kernel=3), "The convolution is 3x3."),
    "training=True": (_make(call={"training": True}), "BN uses batch statistics wherever no training flag is given: model(x) is not inference."),
    "BN always in training mode": (_make(bn=_AlwaysTraining), "BN is called with training=True inside a layer, so inference uses batch statistics too."),
    "frozen BN": (_make(bn=lambda: layers.BatchNormalization(trainable=False)), "BN is frozen: it never uses batch statistics nor learns."),
    "BN epsilon": (_make(bn=lambda: layers.BatchNormalization(epsilon=1.001e-5)), "BN is not as Keras makes it by default."),
    "default 1": (_make(default=1.0), "The default compression is 1."),
    "leaky": (_make(act="leaky_relu"), "Leaky ReLU instead of ReLU."),
}
