"""Answers to ``vgg_block`` by someone who had its docstring alone: right ones, wrong ones and why."""

from functools import reduce

import keras
from keras import layers, ops


def _check(x, filters, num_convs):
    if len(x.shape) != 4:
        raise ValueError("x must be (N, H, W, C)")
    if filters < 1 or num_convs < 1:
        raise ValueError("filters and num_convs must be at least 1")


def plain(x, filters, num_convs, *, name=None):
    _check(x, filters, num_convs)
    for _ in range(num_convs):
        x = layers.Conv2D(filters, 3, padding="same", activation="relu")(x)
    return layers.MaxPooling2D(2, padding="same")(x)


def named_activation_layers(x, filters, num_convs, *, name=None):
    _check(x, filters, num_convs)
    n = (name + "_{}").format if name else lambda _: None
    i = 0
    while i < num_convs:
        i += 1
        x = layers.Conv2D(filters, (3, 3), (1, 1), "same", use_bias=True, kernel_initializer="he_normal", name=n(f"conv{i}"))(x)
        x = layers.Activation("relu", name=n(f"relu{i}"))(x)
    return layers.MaxPool2D((2, 2), strides=2, padding="same", name=n("pool"))(x)


def recursive(x, filters, num_convs, *, name=None):
    _check(x, filters, num_convs)

    def convs(t, left):
        return t if left == 0 else convs(layers.ReLU()(layers.Conv2D(filters, 3, padding="same")(t)), left - 1)

    return layers.MaxPooling2D(pool_size=2, strides=(2, 2), padding="same")(convs(x, num_convs))


def sequential(x, filters, num_convs, *, name=None):
    _check(x, filters, num_convs)
    stack = [layers.Conv2D(filters, 3, padding="same", activation="relu") for _ in range(num_convs)]
    return keras.Sequential([*stack, layers.MaxPooling2D(padding="same")], name=name)(x)


class _VGG(layers.Layer):
    def __init__(self, filters, num_convs, **kw):
        super().__init__(**kw)
        self.convs = [layers.Conv2D(filters, 3, padding="same") for _ in range(num_convs)]
        self.pool = layers.MaxPooling2D(2, 2, padding="same")

    def build(self, shape):
        for conv in self.convs:
            conv.build(shape)
            shape = conv.compute_output_shape(shape)

    def call(self, x):
        for conv in self.convs:
            x = ops.relu(conv(x))
        return self.pool(x)


def layer_class(x, filters, num_convs, *, name=None):
    _check(x, filters, num_convs)
    return _VGG(filters, num_convs, name=name)(x)


def reduce_and_ops(x, filters, num_convs, *, name=None):
    if len(x.shape) != 4 or min(filters, num_convs) <= 0:
        raise ValueError("vgg_block")
    conv = lambda t, _: ops.maximum(layers.Conv2D(filters, 3, padding="same")(t), 0)
    return ops.max_pool(reduce(conv, range(num_convs), x), 2, strides=2, padding="same")


def inner_model(x, filters, num_convs, *, name=None):
    _check(x, filters, num_convs)
    start = keras.Input(x.shape[1:])
    y = start
    for _ in range(num_convs):
        y = layers.Conv2D(filters, 3, padding="same", activation=keras.activations.relu)(y)
    y = layers.MaxPooling2D(2, 2, "same")(y)
    return keras.Model(start, y)(x)


RIGHT = {"for loop, activation=": plain, "while, Activation layers, names": named_activation_layers,
         "recursion, ReLU layers": recursive, "Sequential": sequential, "subclassed layer": layer_class,
         "reduce and ops": reduce_and_ops, "inner functional model": inner_model}


def _make(count=lambda n: n, kernel=3, padding="same", bias=True, act=lambda i, n: True, width=lambda f, i: f, bn=False,
          pool=lambda: layers.MaxPooling2D(2, 2, padding="same"), each=False, before=False, stride=lambda i, n: 1, check=_check):
    def f(x, filters, num_convs, *, name=None):
        check(x, filters, num_convs)
        x = pool()(x) if before else x
        n = count(num_convs)
        for i in range(n):
            x = layers.Conv2D(width(filters, i), kernel, strides=stride(i, n), padding=padding, use_bias=bias)(x)
            x = layers.BatchNormalization()(x) if bn else x
            x = layers.ReLU()(x) if act(i, n) else x
            x = pool()(x) if each else x
        return x if each or before or pool is None else pool()(x)

    return f


def _filters_only(x, filters, num_convs):
    if len(x.shape) != 4 or filters < 1:
        raise ValueError


def _shared(x, filters, num_convs, *, name=None):
    _check(x, filters, num_convs)
    x = layers.Conv2D(filters, 3, padding="same", activation="relu")(x)
    if num_convs > 1:
        conv = layers.Conv2D(filters, 3, padding="same", activation="relu")
        for _ in range(num_convs - 1):
            x = conv(x)
    return layers.MaxPooling2D(2, padding="same")(x)


def _one_layer(x, filters, num_convs, *, name=None):
    _check(x, filters, num_convs)
    conv = layers.Conv2D(filters, 3, padding="same", activation="relu")
    for _ in range(num_convs):
        x = conv(x)
    return layers.MaxPooling2D(2, padding="same")(x)


def _reads_x(x, filters, num_convs, *, name=None):
    _check(x, filters, num_convs)
    for _ in range(num_convs):
        y = layers.Conv2D(filters, 3, padding="same", activation="relu")(x)
    return layers.MaxPooling2D(2, padding="same")(y)


def _names(x, filters, num_convs, *, name="block"):
    _check(x, filters, num_convs)
    for i in range(num_convs):
        x = layers.Conv2D(filters, 3, padding="same", activation="relu", name=f"{name}_conv{i}")(x)
    return layers.MaxPooling2D(2, padding="same", name=f"{name}_pool")(x)


def _layer_returned(x, filters, num_convs, *, name=None):
    _check(x, filters, num_convs)
    stack = [layers.Conv2D(filters, 3, padding="same", activation="relu") for _ in range(num_convs)]
    model = keras.Sequential([*stack, layers.MaxPooling2D(2, padding="same")])
    model(x)
    return model


WRONG = {
    "pool valid": (_make(pool=lambda: layers.MaxPooling2D(2, 2)), "The pool has Keras's default padding, so odd sizes are rounded down."),
    "pool 3x3": (_make(pool=lambda: layers.MaxPooling2D(3, 2, padding="same")), "Overlapping 3x3 pool as in AlexNet instead of 2x2."),
    "pool stride 1": (_make(pool=lambda: layers.MaxPooling2D(2, 1, padding="same")), "The pool does not halve."),
    "average pool": (_make(pool=lambda: layers.AveragePooling2D(2, 2, padding="same")), "Averages instead of taking the maximum."),
    "pool after each": (_make(each=True), "Halves after every convolution instead of once."),
    "pool first": (_make(before=True), "The pool stands before the convolutions."),
    "no pool": (_make(pool=None), "The pool is missing."),
    "strided conv, no pool": (_make(pool=None, stride=lambda i, n: 2 if i == n - 1 else 1), "The last convolution strides; there is no pool."),
    "conv valid": (_make(padding="valid"), "The convolutions are not padded and shrink the map."),
    "no bias": (_make(bias=False), "The convolutions have no bias."),
    "no ReLU": (_make(act=lambda i, n: False), "No ReLU anywhere."),
    "ReLU at the end only": (_make(act=lambda i, n: i == n - 1), "Only the last convolution is followed by a ReLU."),
    "last without ReLU": (_make(act=lambda i, n: i < n - 1), "The last convolution has no ReLU."),
    "batch norm": (_make(bn=True), "Adds a BatchNormalization, which the block does not have."),
    "one too few": (_make(count=lambda n: n - 1), "range(1, num_convs): one convolution too few."),
    "one too many": (_make(count=lambda n: n + 1), "range(num_convs + 1): one convolution too many."),
    "always two": (_make(count=lambda n: 2), "num_convs is ignored."),
    "widths double": (_make(width=lambda f, i: f * 2**i), "The filters double from convolution to convolution."),
    "kernel 5": (_make(kernel=5), "5x5 convolutions."),
    "shared after the first": (_shared, "From the second on one convolution is used again and again (num_convs above 2)."),
    "one layer": (_one_layer, "One layer is called num_convs times: a ValueError when C is not filters, else shared weights."),
    "all read x": (_reads_x, "Every convolution reads x; only the last one counts."),
    "num_convs unchecked": (_make(check=_filters_only), "num_convs 0 only pools instead of raising."),
    "fixed names": (_names, "The default name is fixed, so two blocks cannot stand in one model."),
    "model returned": (_layer_returned, "Returns a model, not a tensor."),
}
