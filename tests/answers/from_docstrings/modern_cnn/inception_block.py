"""Answers to ``inception_block`` by someone who had its docstring alone: right ones, wrong ones and why."""

import keras
from keras import layers, ops

from course.toolkit import InceptionWidths


def _check(x, widths):
    if len(x.shape) != 4:
        raise ValueError("x must be (N, H, W, C)")
    if min(widths) < 1:
        raise ValueError("every width must be at least 1")


def _conv(x, filters, size):
    return layers.Conv2D(filters, size, padding="same", activation="relu")(x)


def plain(x, widths, *, name=None):
    _check(x, widths)
    one = _conv(x, widths.conv1x1, 1)
    three = _conv(_conv(x, widths.reduce3x3, 1), widths.conv3x3, 3)
    five = _conv(_conv(x, widths.reduce5x5, 1), widths.conv5x5, 5)
    pool = _conv(layers.MaxPooling2D(3, strides=1, padding="same")(x), widths.pool_proj, 1)
    return layers.Concatenate()([one, three, five, pool])


def unpacked_names(x, widths, *, name=None):
    _check(x, widths)
    c1, r3, c3, r5, c5, pp = widths

    def conv(t, f, k, label):
        full = f"{name}_{label}" if name else None
        t = layers.Conv2D(f, (k, k), padding="same", name=full)(t)
        return layers.ReLU(name=full and full + "_relu")(t)

    branches = [conv(x, c1, 1, "1x1")]
    branches.append(conv(conv(x, r3, 1, "3x3_reduce"), c3, 3, "3x3"))
    branches.append(conv(conv(x, r5, 1, "5x5_reduce"), c5, 5, "5x5"))
    pooled = layers.MaxPool2D((3, 3), (1, 1), "same")(x)
    branches.append(conv(pooled, pp, 1, "pool_proj"))
    return layers.concatenate(branches, axis=-1)


def sequential_branches(x, widths, *, name=None):
    _check(x, widths)
    w = widths._asdict()
    conv = lambda key, k: layers.Conv2D(w[key], k, padding="same", activation="relu")
    branches = (
        keras.Sequential([conv("conv1x1", 1)]),
        keras.Sequential([conv("reduce3x3", 1), conv("conv3x3", 3)]),
        keras.Sequential([conv("reduce5x5", 1), conv("conv5x5", 5)]),
        keras.Sequential([layers.MaxPooling2D(3, 1, padding="same"), conv("pool_proj", 1)]),
    )
    return layers.Concatenate(axis=3)([b(x) for b in branches])


class _Inception(layers.Layer):
    def __init__(self, widths, **kw):
        super().__init__(**kw)
        conv = lambda f, k: layers.Conv2D(f, k, padding="same", activation="relu")
        self.a = conv(widths.conv1x1, 1)
        self.b = [conv(widths.reduce3x3, 1), conv(widths.conv3x3, 3)]
        self.c = [conv(widths.reduce5x5, 1), conv(widths.conv5x5, 5)]
        self.d = conv(widths.pool_proj, 1)

    def build(self, shape):
        self.a.build(shape), self.d.build(shape)
        for first, second in (self.b, self.c):
            first.build(shape)
            second.build(first.compute_output_shape(shape))

    def call(self, x):
        pooled = ops.max_pool(x, 3, strides=1, padding="same")
        return ops.concatenate([self.a(x), self.b[1](self.b[0](x)), self.c[1](self.c[0](x)), self.d(pooled)], axis=-1)


def layer_class(x, widths, *, name=None):
    _check(x, widths)
    return _Inception(widths, name=name)(x)


def table_driven(x, widths, *, name=None):
    if len(x.shape) != 4 or any(w <= 0 for w in widths):
        raise ValueError("inception_block")
    table = [[("conv1x1", 1)], [("reduce3x3", 1), ("conv3x3", 3)], [("reduce5x5", 1), ("conv5x5", 5)], ["pool", ("pool_proj", 1)]]
    outs = []
    for branch in table:
        y = x
        for step in branch:
            if step == "pool":
                y = layers.MaxPooling2D(pool_size=3, strides=1, padding="same")(y)
            else:
                y = layers.Conv2D(getattr(widths, step[0]), step[1], padding="same")(y)
                y = layers.Activation("relu")(y)
        outs.append(y)
    return ops.concatenate(outs, axis=-1)


def relu_after_concat(x, widths, *, name=None):
    """ReLU works value by value, so one behind the concatenation will do for all four ends."""
    _check(x, widths)
    end = lambda t, f, k: layers.Conv2D(f, k, padding="same", kernel_initializer="he_normal")(t)
    r3 = ops.relu(end(x, widths.reduce3x3, 1))
    r5 = ops.relu(end(x, widths.reduce5x5, 1))
    p = layers.MaxPooling2D(3, 1, "same")(x)
    ends = [end(x, widths.conv1x1, 1), end(r3, widths.conv3x3, 3), end(r5, widths.conv5x5, 5), end(p, widths.pool_proj, 1)]
    return layers.ReLU()(layers.Concatenate()(ends))


RIGHT = {"plain": plain, "unpacked widths, ReLU layers, names": unpacked_names, "Sequential branches": sequential_branches,
         "subclassed layer": layer_class, "table, Activation layers": table_driven, "ReLU behind the concatenation": relu_after_concat}


def _make(order=(0, 1, 2, 3), relu=lambda what: True, bias=True, k3=3, k5=5, bn=False,
          pool=lambda: layers.MaxPooling2D(3, 1, padding="same"), axis=-1, names=InceptionWidths._fields,
          join=None, five_reads="x", three_reads="x", project=True, pool_last=False, check=_check):
    c1, r3, c3, r5, c5, pp = names

    def f(x, widths, *, name=None):
        check(x, widths)

        def conv(t, what, k):
            t = layers.Conv2D(getattr(widths, what), k, padding="same", use_bias=bias)(t)
            t = layers.BatchNormalization()(t) if bn else t
            return layers.ReLU()(t) if relu(what) else t

        one = conv(x, c1, 1)
        red3 = conv(one if three_reads == "one" else x, r3, 1)
        three = conv(red3, c3, k3)
        five = conv(conv({"x": x, "red3": red3, "three": three}[five_reads], r5, 1), c5, k5)
        if not project:
            last = pool()(x)
        elif pool_last:
            last = pool()(conv(x, pp, 1))
        else:
            last = conv(pool()(x), pp, 1)
        ends = [(one, three, five, last)[i] for i in order]
        return join(ends) if join else layers.Concatenate(axis=axis)(ends)

    return f


def _no_reduction(x, widths, *, name=None):
    _check(x, widths)
    pool = layers.MaxPooling2D(3, 1, padding="same")(x)
    return layers.Concatenate()([_conv(x, widths.conv1x1, 1), _conv(x, widths.conv3x3, 3), _conv(x, widths.conv5x5, 5),
                                 _conv(pool, widths.pool_proj, 1)])


def _shared_reduction(x, widths, *, name=None):
    _check(x, widths)
    red = _conv(x, widths.reduce3x3, 1)
    pool = layers.MaxPooling2D(3, 1, padding="same")(x)
    return layers.Concatenate()([_conv(x, widths.conv1x1, 1), _conv(red, widths.conv3x3, 3), _conv(red, widths.conv5x5, 5),
                                 _conv(pool, widths.pool_proj, 1)])


def _assert(x, widths):
    assert len(x.shape) == 4 and min(widths) >= 1


def _fixed_names(x, widths, *, name=None):
    _check(x, widths)
    conv = lambda t, f, k, n: layers.Conv2D(f, k, padding="same", activation="relu", name=f"{name}_{n}")(t)
    pool = layers.MaxPooling2D(3, 1, padding="same")(x)
    return layers.Concatenate()([
        conv(x, widths.conv1x1, 1, "1x1"), conv(conv(x, widths.reduce3x3, 1, "r3"), widths.conv3x3, 3, "3x3"),
        conv(conv(x, widths.reduce5x5, 1, "r5"), widths.conv5x5, 5, "5x5"), conv(pool, widths.pool_proj, 1, "proj")])


WRONG = {
    "pool in front": (_make(order=(3, 0, 1, 2)), "The pool branch comes first in the concatenation."),
    "5x5 before 3x3": (_make(order=(0, 2, 1, 3)), "The 5x5 branch stands before the 3x3 branch."),
    "reductions without ReLU": (_make(relu=lambda w: not w.startswith("reduce")), "No ReLU after the 1x1 reductions."),
    "projection without ReLU": (_make(relu=lambda w: w != "pool_proj"), "No ReLU after the pool projection."),
    "1x1 without ReLU": (_make(relu=lambda w: w != "conv1x1"), "No ReLU after the 1x1 convolution."),
    "ReLU only on reductions": (_make(relu=lambda w: w.startswith("reduce")), "The four ends have no ReLU."),
    "reductions swapped": (_make(names=("conv1x1", "reduce5x5", "conv3x3", "reduce3x3", "conv5x5", "pool_proj")),
                           "reduce3x3 and reduce5x5 change places."),
    "reduce and conv swapped": (_make(names=("conv1x1", "conv3x3", "reduce3x3", "reduce5x5", "conv5x5", "pool_proj")),
                                "The reduction has conv3x3 filters and the 3x3 convolution reduce3x3."),
    "widths by other order": (_make(names=("conv1x1", "reduce3x3", "conv3x3", "pool_proj", "conv5x5", "reduce5x5")),
                              "reduce5x5 and pool_proj change places."),
    "two 3x3 for 5x5": (_make(k5=3), "The 5x5 convolution is 3x3."),
    "pool 2x2": (_make(pool=lambda: layers.MaxPooling2D(2, 1, padding="same")), "The pool is 2x2."),
    "pool strides": (_make(pool=lambda: layers.MaxPooling2D(3, padding="same")),
                     "The pool strides by 3 (Keras's default), so the concatenation fails or, at 1x1, only looks right."),
    "pool valid": (_make(pool=lambda: layers.MaxPooling2D(3, 1)), "The pool is not padded; the sizes do not fit."),
    "average pool": (_make(pool=lambda: layers.AveragePooling2D(3, 1, padding="same")), "Averages instead of taking the maximum."),
    "pool unprojected": (_make(project=False), "The pool branch lacks its 1x1 projection."),
    "pool after projection": (_make(pool_last=True), "The projection comes before the pool."),
    "5x5 reads the 3x3 reduction": (_make(five_reads="red3"), "The 5x5 branch does not read x."),
    "branches in a row": (_make(five_reads="three", three_reads="one"), "Each branch reads the one before, not x."),
    "no reductions": (_no_reduction, "The 3x3 and 5x5 convolutions read x without reduction."),
    "one reduction": (_shared_reduction, "One reduction serves both branches."),
    "no bias": (_make(bias=False), "The convolutions have no bias."),
    "batch norm": (_make(bn=True), "BatchNormalization as in later Inceptions is not asked for."),
    "stacked along the height": (_make(axis=1), "Concatenates along the height, which fails unless all widths are equal."),
    "added": (_make(join=lambda t: layers.Add()(t)), "Adds the branches, which fails unless all widths are equal."),
    "assert": (_make(check=_assert), "Raises AssertionError instead of ValueError."),
    "None in names": (_fixed_names, "Without name the layers are called None_..., so two blocks cannot stand in one model."),
}
