"""Answers to ``resnet`` by someone who had its docstring alone: right ones, wrong ones and why."""

import keras
from keras import layers, ops


def bottleneck_block(x, filters, *, stride=1, name=None):
    def conv_bn(t, f, k, s):
        return layers.BatchNormalization()(layers.Conv2D(f, k, strides=s, padding="same", use_bias=False)(t))

    y = layers.ReLU()(conv_bn(x, filters, 1, 1))
    y = layers.ReLU()(conv_bn(y, filters, 3, stride))
    y = conv_bn(y, 4 * filters, 1, 1)
    if stride != 1 or x.shape[-1] != 4 * filters:
        x = conv_bn(x, 4 * filters, 1, stride)
    return layers.ReLU()(layers.Add()([y, x]))


def _check(depths, filters, num_classes, input_shape):
    if len(depths) == 0:
        raise ValueError("at least one stage is needed")
    if min(*depths, filters, num_classes) < 1:
        raise ValueError("depths, filters and num_classes must be at least 1")
    if len(input_shape) != 3:
        raise ValueError("input_shape is (H, W, C)")


def nested_loops(depths, *, filters=64, num_classes=1000, input_shape=(224, 224, 3)):
    _check(depths, filters, num_classes, input_shape)
    inputs = keras.Input(input_shape)
    x = layers.Conv2D(filters, 7, strides=2, padding="same", use_bias=False)(inputs)
    x = layers.BatchNormalization()(x)
    x = layers.ReLU()(x)
    x = layers.MaxPooling2D(3, strides=2, padding="same")(x)
    for i, depth in enumerate(depths):
        for j in range(depth):
            x = bottleneck_block(x, filters * 2**i, stride=2 if i > 0 and j == 0 else 1)
    x = layers.GlobalAveragePooling2D()(x)
    return keras.Model(inputs, layers.Dense(num_classes, activation="softmax")(x))


def stage_helper(depths, *, filters=64, num_classes=1000, input_shape=(224, 224, 3)):
    _check(depths, filters, num_classes, input_shape)

    def stage(t, depth, width, stride, name):
        t = bottleneck_block(t, width, stride=stride, name=f"{name}_0")
        for k in range(1, depth):
            t = bottleneck_block(t, width, name=f"{name}_{k}")
        return t

    image = layers.Input(shape=tuple(input_shape), name="image")
    t = layers.Conv2D(filters, (7, 7), (2, 2), "same", use_bias=False, name="stem_conv")(image)
    t = layers.Activation("relu", name="stem_relu")(layers.BatchNormalization(name="stem_bn")(t))
    t = layers.MaxPool2D((3, 3), (2, 2), "same", name="stem_pool")(t)
    width, stride = filters, 1
    for number, depth in enumerate(depths):
        t = stage(t, depth, width, stride, f"stage{number}")
        width, stride = width * 2, 2
    t = layers.Dense(num_classes, name="logits")(layers.GlobalAvgPool2D(name="mean")(t))
    return keras.Model(inputs=image, outputs=layers.Softmax(name="probabilities")(t), name="resnet")


def flat_plan(depths, *, filters=64, num_classes=1000, input_shape=(224, 224, 3)):
    if not len(depths) or any(d < 1 for d in depths) or filters < 1 or num_classes < 1 or len(input_shape) != 3:
        raise ValueError("resnet")
    plan = [(filters << i, 2 if i and not j else 1) for i, d in enumerate(depths) for j in range(d)]
    x = start = keras.Input(shape=input_shape)
    x = layers.Conv2D(filters, 7, 2, padding="same", use_bias=False, kernel_initializer="he_normal")(x)
    x = ops.max_pool(ops.relu(layers.BatchNormalization()(x)), 3, strides=2, padding="same")
    for f, s in plan:
        x = bottleneck_block(x, f, stride=s)
    x = ops.mean(x, axis=(1, 2))
    return keras.Model(start, layers.Activation("softmax")(layers.Dense(num_classes)(x)))


def recursive(depths, *, filters=64, num_classes=1000, input_shape=(224, 224, 3)):
    _check(depths, filters, num_classes, input_shape)

    def stages(x, left, width, stride):
        if not left:
            return x
        depth, *rest = left
        x = bottleneck_block(x, width, stride=stride)
        if depth > 1:
            return stages(x, [depth - 1, *rest], width, 1)
        return stages(x, rest, 2 * width, 2)

    inputs = keras.Input(input_shape)
    stem = keras.Sequential([layers.Conv2D(filters, 7, strides=2, padding="same", use_bias=False), layers.BatchNormalization(),
                             layers.ReLU(), layers.MaxPooling2D(3, strides=2, padding="same")])
    head = keras.Sequential([layers.GlobalAveragePooling2D(), layers.Dense(num_classes, activation="softmax")])
    return keras.Model(inputs, head(stages(stem(inputs), list(depths), filters, 1)))


class _ResNet(keras.Model):
    def __init__(self, depths, filters, num_classes, input_shape):
        inputs = keras.Input(input_shape)
        x = layers.Conv2D(filters, 7, strides=2, padding="same", use_bias=False)(inputs)
        x = layers.MaxPooling2D(3, 2, "same")(layers.ReLU()(layers.BatchNormalization()(x)))
        for i, depth in enumerate(depths):
            strides = [1 if i == 0 else 2] + [1] * (depth - 1)
            for stride in strides:
                x = bottleneck_block(x, filters * pow(2, i), stride=stride)
        super().__init__(inputs, layers.Dense(num_classes, "softmax")(layers.GlobalAveragePooling2D()(x)))


def model_subclass(depths, *, filters=64, num_classes=1000, input_shape=(224, 224, 3)):
    _check(depths, filters, num_classes, input_shape)
    return _ResNet(depths, filters, num_classes, input_shape)


def queue(depths, *, filters=64, num_classes=1000, input_shape=(224, 224, 3)):
    depths = tuple(depths)
    if depths == () or min(depths) < 1 or min(filters, num_classes) < 1:
        raise ValueError("numbers below 1")
    try:
        height, width, channels = input_shape
    except (TypeError, ValueError):
        raise ValueError("input_shape") from None
    image = keras.Input((height, width, channels))
    y = layers.Conv2D(filters, kernel_size=7, strides=2, padding="same", use_bias=False)(image)
    y = layers.MaxPooling2D(pool_size=3, strides=2, padding="same")(keras.activations.relu(layers.BatchNormalization()(y)))
    firsts = {sum(depths[:i]) for i in range(1, len(depths))}
    stage = 0
    for block in range(sum(depths)):
        stage += block in firsts
        y = bottleneck_block(y, filters * 2**stage, stride=1 + (block in firsts))
    y = layers.Flatten()(layers.GlobalAveragePooling2D(keepdims=True)(y))
    return keras.Model(image, keras.activations.softmax(layers.Dense(num_classes)(y)))


RIGHT = {"nested loops": nested_loops, "stage helper, names, Softmax layer": stage_helper, "flat plan, ops": flat_plan,
         "recursion, Sequential stem and head": recursive, "Model subclass": model_subclass, "one loop over all blocks": queue}


def _make(stride=lambda i, j, d: 2 if i and not j else 1, width=lambda f, i: f * 2**i, stem_filters=lambda f: f, stem_kernel=7,
          stem_stride=2, stem_bias=False, stem_padding="same", stem_bn=True, stem_relu=True,
          pool=lambda: layers.MaxPooling2D(3, 2, padding="same"), gap=lambda: layers.GlobalAveragePooling2D(),
          head=lambda n: layers.Dense(n, activation="softmax"), check=_check, block=bottleneck_block, classes=lambda n: n,
          shape=lambda s: s, blocks=lambda d: range(d), stages=lambda d: list(d), result=lambda m: m, defaults=(64, 1000)):
    def f(depths, *, filters=defaults[0], num_classes=defaults[1], input_shape=(224, 224, 3)):
        check(depths, filters, num_classes, input_shape)
        inputs = keras.Input(shape(input_shape))
        x = layers.Conv2D(stem_filters(filters), stem_kernel, strides=stem_stride, padding=stem_padding, use_bias=stem_bias)(inputs)
        x = layers.BatchNormalization()(x) if stem_bn else x
        x = layers.ReLU()(x) if stem_relu else x
        x = pool()(x) if pool else x
        for i, depth in enumerate(stages(depths)):
            for j in blocks(depth):
                x = block(x, width(filters, i), stride=stride(i, j, depth))
        return result(keras.Model(inputs, head(classes(num_classes))(gap()(x))))

    return f


def _check_but(empty=True, zero=True):
    def check(depths, filters, num_classes, input_shape):
        if empty and not len(depths) or zero and min(depths, default=1) < 1:
            raise ValueError
        if min(filters, num_classes) < 1 or len(input_shape) != 3:
            raise ValueError

    return check


def _sum_check(depths, filters, num_classes, input_shape):
    if sum(depths) < 1 or min(filters, num_classes) < 1 or len(input_shape) != 3:
        raise ValueError


def _four(depths, *args):
    _check(depths, *args)
    if len(depths) != 4:
        raise ValueError("four stages")


def _pops(depths, *, filters=64, num_classes=1000, input_shape=(224, 224, 3)):
    _check(depths, filters, num_classes, input_shape)
    first = depths.pop(0)
    plan = [(filters, 1)] * first
    while depths:
        filters *= 2
        plan += [(filters, 2)] + [(filters, 1)] * (depths.pop(0) - 1)
    inputs = keras.Input(input_shape)
    x = layers.ReLU()(layers.BatchNormalization()(layers.Conv2D(plan[0][0], 7, 2, "same", use_bias=False)(inputs)))
    x = layers.MaxPooling2D(3, 2, "same")(x)
    for f, s in plan:
        x = bottleneck_block(x, f, stride=s)
    return keras.Model(inputs, layers.Dense(num_classes, "softmax")(layers.GlobalAveragePooling2D()(x)))


def _basic(x, filters, *, stride=1):
    conv_bn = lambda t, k, s: layers.BatchNormalization()(layers.Conv2D(filters, k, strides=s, padding="same", use_bias=False)(t))
    y = conv_bn(layers.ReLU()(conv_bn(x, 3, stride)), 3, 1)
    s = conv_bn(x, 1, stride) if stride != 1 or x.shape[-1] != filters else x
    return layers.ReLU()(layers.Add()([y, s]))


def _no_strided(x, filters, *, stride=1):
    return bottleneck_block(x, filters)


WRONG = {
    "first stage strides": (_make(stride=lambda i, j, d: 2 if j == 0 else 1), "The first block of the first stage has stride 2 too."),
    "never strides": (_make(block=_no_strided), "The stride is not passed to the blocks."),
    "last block strides": (_make(stride=lambda i, j, d: 2 if i and j == d - 1 else 1), "The last block of a stage strides, not the first."),
    "last block of the stage before strides": (_make(stride=lambda i, j, d: 2 if j == d - 1 else 1), "Each stage ends, not begins, with a stride, the last stage included."),
    "every block strides": (_make(stride=lambda i, j, d: 2 if i else 1), "All blocks of the later stages have stride 2."),
    "widths grow by sum": (_make(width=lambda f, i: f * (i + 1)), "filters * (i + 1) instead of filters * 2^i: wrong from the third stage on."),
    "2 * i": (_make(width=lambda f, i: f * max(1, 2 * i)), "filters * 2 * i: wrong from the fourth stage on."),
    "width doubles at once": (_make(width=lambda f, i: f * 2 ** (i + 1)), "Stages are counted from 1."),
    "constant width": (_make(width=lambda f, i: f), "All stages have the same filters."),
    "four times": (_make(width=lambda f, i: f * 4**i), "filters * 4^i: the expansion is counted in."),
    "basic blocks": (_make(block=_basic), "Blocks of two 3x3 convolutions instead of bottleneck blocks."),
    "stem 64": (_make(stem_filters=lambda f: 64), "The stem has 64 channels whatever filters is."),
    "stem bias": (_make(stem_bias=True), "The stem's convolution has a bias."),
    "stem 3x3": (_make(stem_kernel=3), "The stem's kernel is 3x3."),
    "stem stride 1": (_make(stem_stride=1), "The stem's convolution does not stride."),
    "stem valid": (_make(stem_padding="valid"), "The stem's convolution is not padded."),
    "stem without BN": (_make(stem_bn=False), "No BN in the stem."),
    "stem without ReLU": (_make(stem_relu=False), "No ReLU in the stem."),
    "no pool": (_make(pool=None), "No max pool in the stem."),
    "pool valid": (_make(pool=lambda: layers.MaxPooling2D(3, 2)), "The pool is not padded: 55 instead of 56 at 224."),
    "pool 2x2": (_make(pool=lambda: layers.MaxPooling2D(2, 2, padding="same")), "The pool is 2x2."),
    "average pool": (_make(pool=lambda: layers.AveragePooling2D(3, 2, padding="same")), "The stem has an average pool."),
    "flatten": (_make(gap=lambda: layers.Flatten()), "Flattens instead of averaging over the map."),
    "global max": (_make(gap=lambda: layers.GlobalMaxPooling2D()), "Global max pool."),
    "7x7 average": (_make(gap=lambda: keras.Sequential([layers.AveragePooling2D(7, padding="same"), layers.Flatten()])), "A 7x7 average pool is global only up to 224x224."),
    "logits": (_make(head=lambda n: layers.Dense(n)), "No softmax."),
    "sigmoid": (_make(head=lambda n: layers.Dense(n, activation="sigmoid")), "Sigmoid instead of softmax."),
    "hidden dense": (_make(head=lambda n: keras.Sequential([layers.Dense(n, activation="relu"), layers.Dense(n, activation="softmax")])), "A dense layer too many."),
    "always 1000 classes": (_make(classes=lambda n: 1000), "num_classes is ignored."),
    "fixed input": (_make(shape=lambda s: (224, 224, 3)), "input_shape is ignored."),
    "height and width swapped": (_make(shape=lambda s: (s[1], s[0], s[2])), "H and W change places."),
    "one block too few": (_make(blocks=lambda d: range(1, d)), "range(1, depth): one block too few, and the first, strided one is missing."),
    "depth 0 passes": (_make(check=_check_but(zero=False)), "A stage of 0 blocks raises nothing."),
    "empty passes": (_make(check=_check_but(empty=False)), "Without stages it builds stem and head instead of raising."),
    "sum checked": (_make(check=_sum_check), "Only the sum of depths is checked, so (2, 0) passes."),
    "four stages only": (_make(check=_four), "Refuses any number of stages but four."),
    "pops depths": (_pops, "Empties the caller's list, and fails on a tuple."),
    "default 10 classes": (_make(defaults=(64, 10)), "The default of num_classes is 10."),
    "returns output": (_make(result=lambda m: m.output), "Returns a tensor, not a model."),
}
