"""Answers to ``dense_block`` by someone who had its docstring alone: right ones, wrong ones and why."""

from functools import reduce

import keras
from keras import layers, ops


def _check(x, num_layers, growth_rate):
    if len(x.shape) != 4:
        raise ValueError("x must be (N, H, W, C)")
    if num_layers < 1 or growth_rate < 1:
        raise ValueError("num_layers and growth_rate must be at least 1")


def _conv(filters, size, **kw):
    return layers.Conv2D(filters, size, padding="same", use_bias=False, **kw)


def plain(x, num_layers, growth_rate, *, name=None):
    _check(x, num_layers, growth_rate)
    for _ in range(num_layers):
        y = layers.BatchNormalization()(x)
        y = layers.ReLU()(y)
        y = _conv(4 * growth_rate, 1)(y)
        y = layers.BatchNormalization()(y)
        y = layers.ReLU()(y)
        y = _conv(growth_rate, 3)(y)
        x = layers.Concatenate()([x, y])
    return x


def list_of_features(x, num_layers, growth_rate, *, name=None):
    _check(x, num_layers, growth_rate)
    features = [x]
    for i in range(num_layers):
        n = (lambda s: f"{name}_layer{i + 1}_{s}") if name else (lambda s: None)
        whole = features[0] if i == 0 else layers.Concatenate(axis=3, name=n("concat"))(features)
        y = layers.Activation("relu", name=n("relu1"))(layers.BatchNormalization(name=n("bn1"))(whole))
        y = _conv(growth_rate * 4, (1, 1), name=n("conv1"))(y)
        y = layers.Activation("relu", name=n("relu2"))(layers.BatchNormalization(name=n("bn2"))(y))
        features.append(_conv(growth_rate, (3, 3), name=n("conv2"))(y))
    return layers.concatenate(features)


def recursive(x, num_layers, growth_rate, *, name=None):
    _check(x, num_layers, growth_rate)

    def bn_relu_conv(t, f, k):
        return layers.Conv2D(f, k, 1, "same", use_bias=False)(ops.relu(layers.BatchNormalization()(t)))

    new = bn_relu_conv(bn_relu_conv(x, 4 * growth_rate, 1), growth_rate, 3)
    whole = ops.concatenate([x, new], axis=-1)
    return whole if num_layers == 1 else recursive(whole, num_layers - 1, growth_rate, name=name)


def sequential_reduce(x, num_layers, growth_rate, *, name=None):
    if len(x.shape) != 4 or min(num_layers, growth_rate) < 1:
        raise ValueError("dense_block")
    bn, relu = layers.BatchNormalization, layers.ReLU

    def grow(t, _):
        new = keras.Sequential([bn(), relu(), _conv(4 * growth_rate, 1), bn(), relu(), _conv(growth_rate, 3)])
        return layers.concatenate([t, new(t)], axis=-1)

    return reduce(grow, range(num_layers), x)


class _DenseLayer(layers.Layer):
    def __init__(self, growth, **kw):
        super().__init__(**kw)
        self.bn1, self.conv1 = layers.BatchNormalization(), _conv(4 * growth, 1)
        self.bn2, self.conv2 = layers.BatchNormalization(), _conv(growth, 3)

    def build(self, shape):
        self.bn1.build(shape)
        self.conv1.build(shape)
        mid = self.conv1.compute_output_shape(shape)
        self.bn2.build(mid)
        self.conv2.build(mid)

    def call(self, x, training=None):
        y = self.conv1(ops.relu(self.bn1(x, training=training)))
        y = self.conv2(ops.relu(self.bn2(y, training=training)))
        return ops.concatenate([x, y], axis=-1)


def layer_class(x, num_layers, growth_rate, *, name=None):
    _check(x, num_layers, growth_rate)
    for dense in [_DenseLayer(growth_rate) for _ in range(num_layers)]:
        x = dense(x)
    return x


def double_loop(x, num_layers, growth_rate, *, name=None):
    _check(x, num_layers, growth_rate)
    left = num_layers
    while left > 0:
        y = x
        for factor, side in ((4, 1), (1, 3)):
            for layer in (layers.BatchNormalization(axis=-1), layers.ReLU(), _conv(factor * growth_rate, side, kernel_initializer="he_normal")):
                y = layer(y)
        x, left = layers.Concatenate(axis=-1)((x, y)), left - 1
    return x


RIGHT = {"plain": plain, "list of features, Activation, names": list_of_features, "recursion and ops": recursive,
         "reduce over Sequentials": sequential_reduce, "subclassed layer": layer_class, "while and inner loop": double_loop}


class _AlwaysTraining(layers.BatchNormalization):
    def call(self, inputs, training=None, mask=None):
        return super().call(inputs, training=True, mask=mask)


def _make(join=lambda x, y, x0: layers.Concatenate()([x, y]), reads=lambda x, last: x, mid=lambda g, c: 4 * g, bias=(False, False), norms=(1, 1),
          relus=(1, 1), sizes=(1, 3), out=lambda g: g, padding="same", post=False, swap=False, count=lambda n: n,
          bn=layers.BatchNormalization, call={}, check=_check, bottleneck=True):
    def f(x, num_layers, growth_rate, *, name=None):
        check(x, num_layers, growth_rate)
        x0 = last = x
        for _ in range(count(num_layers)):
            y = reads(x, last)
            for i, width in enumerate((mid(growth_rate, x.shape[-1]), out(growth_rate))):
                if i == 0 and not bottleneck:
                    continue
                norm = (lambda t: bn()(t, **call)) if norms[i] else lambda t: t
                relu = layers.ReLU() if relus[i] else lambda t: t
                act = (lambda t: norm(relu(t))) if swap else (lambda t: relu(norm(t)))
                conv = layers.Conv2D(width, sizes[i], padding=padding, use_bias=bias[i])
                y = act(conv(y)) if post else conv(act(y))
            last = y
            x = join(x, y, x0)
        return x

    return f


def _growth_only(x, num_layers, growth_rate):
    if len(x.shape) != 4 or growth_rate < 1:
        raise ValueError


def _new_only(x, num_layers, growth_rate, *, name=None):
    c = x.shape[-1]
    return plain(x, num_layers, growth_rate)[..., c:]


def _last_left_out(x, num_layers, growth_rate, *, name=None):
    _check(x, num_layers, growth_rate)
    features = [x]
    for _ in range(num_layers):
        whole = features[0] if len(features) == 1 else layers.Concatenate()(features)
        y = _conv(4 * growth_rate, 1)(layers.ReLU()(layers.BatchNormalization()(whole)))
        features.append(_conv(growth_rate, 3)(layers.ReLU()(layers.BatchNormalization()(y))))
    return whole


def _shared_conv(x, num_layers, growth_rate, *, name=None):
    _check(x, num_layers, growth_rate)
    bn, conv = layers.BatchNormalization(), _conv(growth_rate, 3)
    for _ in range(num_layers):
        y = _conv(4 * growth_rate, 1)(layers.ReLU()(layers.BatchNormalization()(x)))
        x = layers.Concatenate()([x, conv(layers.ReLU()(bn(y)))])
    return x


def _activation_kept(x, num_layers, growth_rate, *, name=None):
    _check(x, num_layers, growth_rate)
    for _ in range(num_layers):
        x = layers.ReLU()(layers.BatchNormalization()(x))
        y = _conv(4 * growth_rate, 1)(x)
        y = _conv(growth_rate, 3)(layers.ReLU()(layers.BatchNormalization()(y)))
        x = layers.Concatenate()([x, y])
    return x


def _duplicates(x, num_layers, growth_rate, *, name=None):
    _check(x, num_layers, growth_rate)
    features = [x]
    for _ in range(num_layers):
        y = _conv(4 * growth_rate, 1)(layers.ReLU()(layers.BatchNormalization()(x)))
        features.append(_conv(growth_rate, 3)(layers.ReLU()(layers.BatchNormalization()(y))))
        x = layers.Concatenate()([x, *features[1:]])
    return x


WRONG = {
    "new channels first": (_make(join=lambda x, y, x0: layers.Concatenate()([y, x])), "The newest channels stand in front, the oldest behind."),
    "x first, rest newest first": (_make(join=lambda x, y, x0: layers.Concatenate()([x0, y, x[..., x0.shape[-1]:]]) if x.shape[-1] > x0.shape[-1] else layers.Concatenate()([x, y])),
                                   "Behind x the layers' channels stand newest first; wrong from the second layer on."),
    "reads the last only": (_make(reads=lambda x, last: last), "Each layer reads the layer before, not all that came before."),
    "joins with x": (_make(join=lambda x, y, x0: layers.Concatenate()([x0, y])), "Each result is concatenated with x alone, so earlier layers are lost."),
    "adds": (_make(join=lambda x, y, x0: layers.Add()([x, y])), "Adds instead of concatenating."),
    "no x": (_new_only, "The output lacks the C channels of x."),
    "last layer left out": (_last_left_out, "Returns what the last layer has read, without its own channels."),
    "duplicates": (_duplicates, "Concatenates all features to a whole that already holds the earlier ones."),
    "activated x kept": (_activation_kept, "The features are concatenated to the activated input, so the first C channels are not x."),
    "no bottleneck": (_make(bottleneck=False), "The 1x1 convolution and its BN - ReLU are missing."),
    "bottleneck of growth_rate": (_make(mid=lambda g, c: g), "The 1x1 convolution has growth_rate channels, not four times as many."),
    "bottleneck of 4 C": (_make(mid=lambda g, c: 4 * c), "The 1x1 convolution has 4 times the input's channels."),
    "bottleneck 3x3": (_make(sizes=(3, 3)), "The first convolution is 3x3."),
    "4 growth_rate out": (_make(mid=lambda g, c: g, out=lambda g: 4 * g), "The factor 4 is on the second convolution."),
    "post-activation": (_make(post=True), "conv - BN - ReLU instead of BN - ReLU - conv."),
    "ReLU before BN": (_make(swap=True), "ReLU - BN - conv."),
    "no second BN": (_make(norms=(1, 0)), "No BN between the convolutions."),
    "no first BN": (_make(norms=(0, 1)), "No BN before the 1x1 convolution."),
    "no second ReLU": (_make(relus=(1, 0)), "No ReLU between the convolutions."),
    "no first ReLU": (_make(relus=(0, 1)), "No ReLU before the 1x1 convolution."),
    "bias": (_make(bias=(True, True)), "The convolutions have a bias."),
    "bias in the second": (_make(bias=(False, True)), "The 3x3 convolution has a bias."),
    "valid padding": (_make(padding="valid"), "The 3x3 convolution is not padded; the sizes do not fit."),
    "one too few": (_make(count=lambda n: n - 1), "range(1, num_layers): one layer too few."),
    "shared 3x3": (_shared_conv, "All layers share one 3x3 convolution and its BN."),
    "num_layers unchecked": (_make(check=_growth_only), "num_layers 0 gives x back instead of a ValueError."),
    "training=True": (_make(call={"training": True}), "BN uses batch statistics wherever no training flag is given: model(x) is not inference."),
    "BN always in training mode": (_make(bn=_AlwaysTraining), "BN is called with training=True inside a layer, so inference uses batch statistics too."),
    "frozen BN": (_make(bn=lambda: layers.BatchNormalization(trainable=False)), "BN is frozen: it never uses batch statistics nor learns."),
    "BN epsilon": (_make(bn=lambda: layers.BatchNormalization(epsilon=1.001e-5)), "BN is not as Keras makes it by default."),
    "along the width": (_make(join=lambda x, y, x0: layers.Concatenate(axis=2)([x, y])), "Concatenates along the width."),
}
