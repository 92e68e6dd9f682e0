"""Answers to ``resnet`` that must pass, and some that must not."""

from functools import partial

import keras
import numpy as np
from keras import layers, ops


def _refuse(depths, filters, num_classes, input_shape):
    if len(depths) == 0 or len(input_shape) != 3:
        raise ValueError("no stage, or not an image")
    if min(*depths, filters, num_classes) < 1:
        raise ValueError("sizes must be at least 1")


def _conv_bn(x, filters, size, stride=1, **options):
    x = layers.Conv2D(filters, size, stride, "same", use_bias=False, **options)(x)
    return layers.BatchNormalization(**options)(x)


def bottleneck_block(x, filters, *, stride=1, **options):
    y = layers.ReLU(**options)(_conv_bn(x, filters, 1, **options))
    y = layers.ReLU(**options)(_conv_bn(y, filters, 3, stride, **options))
    y = _conv_bn(y, 4 * filters, 1, **options)
    if stride != 1 or x.shape[-1] != 4 * filters:
        x = _conv_bn(x, 4 * filters, 1, stride, **options)
    return layers.ReLU(**options)(layers.Add(**options)([x, y]))


_DEFAULTS = dict(filters=64, num_classes=1000, input_shape=(224, 224, 3))


def with_activation_layers(
    depths, *, filters=64, num_classes=1000, input_shape=(224, 224, 3)
):
    _refuse(depths, filters, num_classes, input_shape)
    inputs = layers.Input(shape=input_shape)
    x = layers.Conv2D(filters, 7, strides=2, padding="same", use_bias=False)(inputs)
    x = layers.BatchNormalization()(x)
    x = layers.Activation("relu")(x)
    x = layers.MaxPooling2D(3, strides=2, padding="same")(x)
    for i in range(len(depths)):
        for j in range(depths[i]):
            if i > 0 and j == 0:
                x = bottleneck_block(x, filters * 2**i, stride=2)
            else:
                x = bottleneck_block(x, filters * 2**i)
    x = layers.GlobalAveragePooling2D()(x)
    outputs = layers.Dense(num_classes, activation="softmax")(x)
    return keras.Model(inputs=inputs, outputs=outputs)


def with_a_list_of_strides(depths, **options):
    filters, num_classes, input_shape = {**_DEFAULTS, **options}.values()
    _refuse(depths, filters, num_classes, input_shape)
    image = keras.Input(input_shape)
    x = ops.relu(_conv_bn(image, filters, 7, 2))
    x = ops.max_pool(x, 3, strides=2, padding="same")
    for stage, depth in enumerate(depths):
        for stride in [1 if stage == 0 else 2] + [1] * (depth - 1):
            x = bottleneck_block(x, filters, stride=stride)
        filters *= 2
    logits = layers.Dense(num_classes)(ops.mean(x, axis=(1, 2)))
    return keras.Model(image, ops.softmax(logits))


class Block(layers.Layer):
    """A bottleneck as a layer."""

    def __init__(self, filters, stride, project):
        super().__init__()
        conv = partial(layers.Conv2D, padding="same", use_bias=False)
        bn = partial(layers.BatchNormalization, epsilon=1e-5, momentum=0.9)
        self.chain = [
            *(conv(filters, 1), bn(), layers.ReLU()),
            *(conv(filters, 3, strides=stride), bn(), layers.ReLU()),
            *(conv(4 * filters, 1), bn()),
        ]
        self.side = [conv(4 * filters, 1, strides=stride), bn()] if project else []

    def call(self, x):
        y = x
        for layer in self.chain:
            y = layer(y)
        for layer in self.side:
            x = layer(x)
        return ops.relu(x + y)


def a_sequential_model(
    depths, *, filters=64, num_classes=1000, input_shape=(224, 224, 3)
):
    _refuse(depths, filters, num_classes, input_shape)
    model = keras.Sequential([keras.Input(input_shape)])
    model.add(layers.Conv2D(filters, 7, 2, padding="same", use_bias=False))
    model.add(layers.BatchNormalization(epsilon=1e-5))
    model.add(layers.ReLU())
    model.add(layers.MaxPooling2D(3, 2, padding="same"))
    for stage, depth in enumerate(depths):
        for i in range(depth):
            stride = 2 if stage and not i else 1
            model.add(Block(filters * 2**stage, stride, project=not i))
    model.add(layers.GlobalAveragePooling2D())
    model.add(layers.Dense(num_classes, activation="softmax"))
    return model


class ResNet(keras.Model):
    """A subclass that is built the functional way."""

    def __init__(self, depths, filters, num_classes, input_shape):
        image = keras.Input(input_shape)
        x = layers.ReLU()(_conv_bn(image, filters, 7, 2))
        x = layers.MaxPooling2D(3, strides=2, padding="same")(x)
        for stage, depth in enumerate(depths):
            x = bottleneck_block(x, filters << stage, stride=1 + (stage > 0))
            for _ in range(depth - 1):
                x = bottleneck_block(x, filters << stage)
        x = layers.GlobalAvgPool2D()(x)
        x = layers.Dense(num_classes, activation=keras.activations.softmax)(x)
        super().__init__(inputs=image, outputs=x, name="my_resnet")


def a_functional_subclass(
    depths, *, filters=64, num_classes=1000, input_shape=(224, 224, 3)
):
    _refuse(depths, filters, num_classes, input_shape)
    return ResNet(depths, filters, num_classes, input_shape)


class CallingResNet(keras.Model):
    """A subclass with a ``call`` of its own."""

    def __init__(self, depths, filters, num_classes):
        super().__init__()
        self.stem = layers.Conv2D(filters, 7, 2, padding="same", use_bias=False)
        self.bn = layers.BatchNormalization()
        self.pool = layers.MaxPooling2D(3, 2, padding="same")
        self.blocks = [
            Block(filters * 2**stage, 2 if stage and not i else 1, project=not i)
            for stage, depth in enumerate(depths)
            for i in range(depth)
        ]
        self.average = layers.GlobalAveragePooling2D()
        self.head = layers.Dense(num_classes, activation="softmax")

    def call(self, x):
        x = self.pool(ops.relu(self.bn(self.stem(x))))
        for block in self.blocks:
            x = block(x)
        return self.head(self.average(x))


def a_subclass_that_is_called(
    depths, *, filters=64, num_classes=1000, input_shape=(224, 224, 3)
):
    _refuse(depths, filters, num_classes, input_shape)
    model = CallingResNet(depths, filters, num_classes)
    model(np.zeros((1, *input_shape), "float32"))
    return model


def with_a_convolution_as_head(
    depths, *, filters=64, num_classes=1000, input_shape=(224, 224, 3)
):
    _refuse(depths, filters, num_classes, input_shape)
    image = keras.Input(input_shape)
    x = layers.ReLU()(_conv_bn(image, filters, 7, 2))
    x = layers.MaxPooling2D(3, strides=2, padding="same")(x)
    for stage, depth in enumerate(depths):
        inside = y = keras.Input(x.shape[1:])
        for i in range(depth):
            y = bottleneck_block(
                y, filters * 2**stage, stride=2 if stage and not i else 1
            )
        x = keras.Model(inside, y, name=f"stage{stage}")(x)
    x = layers.GlobalAveragePooling2D(keepdims=True)(x)
    x = layers.Conv2D(num_classes, 1)(x)
    return keras.Model(image, layers.Softmax()(layers.Flatten()(x)))


def classifying_every_place_first(
    depths, *, filters=64, num_classes=1000, input_shape=(224, 224, 3)
):
    """The mean of linear scores is the score of the mean."""
    _refuse(depths, filters, num_classes, input_shape)
    image = keras.Input(input_shape)
    x = layers.MaxPooling2D(3, strides=2, padding="same")(
        _conv_bn(image, filters, 7, 2)
    )
    x = layers.ReLU()(x)
    for stage, depth in enumerate(depths):
        for i in range(depth):
            x = bottleneck_block(
                x, filters * 2**stage, stride=2 if stage and not i else 1
            )
    x = layers.GlobalAveragePooling2D()(layers.Dense(num_classes)(x))
    return keras.Model(image, layers.Activation("softmax")(x))


def with_explicit_padding(
    depths, *, filters=64, num_classes=1000, input_shape=(224, 224, 3)
):
    _refuse(depths, filters, num_classes, input_shape)

    def padded(x, size):
        margins = []
        for side in x.shape[1:3]:
            total = max((-(-side // 2) - 1) * 2 + size - side, 0)
            margins.append((total // 2, total - total // 2))
        return layers.ZeroPadding2D(margins)(x)

    image = keras.Input(input_shape)
    x = layers.Conv2D(filters, 7, 2, use_bias=False)(padded(image, 7))
    x = layers.ReLU()(layers.BatchNormalization()(x))
    x = layers.MaxPooling2D(3, strides=2)(padded(x, 3))
    for stage, depth in enumerate(depths):
        for i in range(depth):
            x = bottleneck_block(
                x, filters * 2**stage, stride=2 if stage and not i else 1
            )
    x = layers.Flatten()(layers.AveragePooling2D(x.shape[1:3])(x))
    return keras.Model(image, layers.Dense(num_classes, activation="softmax")(x))


def with_mixed_precision_layers(
    depths, *, filters=64, num_classes=1000, input_shape=(224, 224, 3)
):
    _refuse(depths, filters, num_classes, input_shape)
    half = dict(dtype="mixed_float16")
    image = keras.Input(input_shape)
    x = layers.ReLU(**half)(_conv_bn(image, filters, 7, 2, **half))
    x = layers.MaxPooling2D(3, 2, "same", **half)(x)
    for stage, depth in enumerate(depths):
        for i in range(depth):
            stride = 2 if stage and not i else 1
            x = bottleneck_block(x, filters * 2**stage, stride=stride, **half)
    x = layers.GlobalAveragePooling2D(**half)(x)
    x = layers.Dense(num_classes, **half)(x)
    return keras.Model(image, layers.Activation("softmax", dtype="float32")(x))


def clearing_the_session_first(depths, **options):
    keras.backend.clear_session()
    return with_activation_layers(list(depths), **options)


RIGHT = (
    with_activation_layers,
    with_a_list_of_strides,
    a_sequential_model,
    a_functional_subclass,
    a_subclass_that_is_called,
    with_a_convolution_as_head,
    classifying_every_place_first,
    with_explicit_padding,
    with_mixed_precision_layers,
    clearing_the_session_first,
)


def _net(
    stride=lambda stage, i: 2 if stage and not i else 1,
    width=lambda stage, i: 2**stage,
    block=bottleneck_block,
    relu="relu",
    pool="same",
    softmax="softmax",
    head=layers.GlobalAveragePooling2D,
):
    def answer(depths, **options):
        filters, num_classes, input_shape = {**_DEFAULTS, **options}.values()
        _refuse(depths, filters, num_classes, input_shape)
        image = keras.Input(input_shape)
        x = keras.activations.get(relu)(_conv_bn(image, filters, 7, 2))
        x = layers.MaxPooling2D(3, strides=2, padding=pool)(x)
        for stage, depth in enumerate(depths):
            for i in range(depth):
                x = block(x, filters * width(stage, i), stride=stride(stage, i))
        x = layers.Dense(num_classes, activation=softmax)(head()(x))
        return keras.Model(image, x)

    return answer


def _striding_first(x, filters, *, stride=1):
    y = layers.ReLU()(_conv_bn(x, filters, 1, stride))
    y = layers.ReLU()(_conv_bn(y, filters, 3))
    y = _conv_bn(y, 4 * filters, 1)
    if stride != 1 or x.shape[-1] != 4 * filters:
        x = _conv_bn(x, 4 * filters, 1, stride)
    return layers.ReLU()(layers.Add()([x, y]))


striding_in_the_last_block = _net(
    stride=lambda stage, i: 2 if stage == 1 and i == 1 else 1
)
tripling_the_filters = _net(width=lambda stage, i: 3**stage)
striding_in_the_first_1x1 = _net(block=_striding_first)
stem_capped_at_six = _net(relu="relu6")
a_valid_pool = _net(pool="valid")
with_sigmoids = _net(softmax="sigmoid")
softmax_over_the_batch = _net(softmax=lambda x: ops.softmax(x, axis=0))
softmax_twice = _net(softmax=lambda x: ops.softmax(ops.softmax(x)))
dropping_before_the_head = _net(
    head=lambda: lambda x: layers.Dropout(0.5)(layers.GlobalAveragePooling2D()(x))
)
later_blocks_of_the_first_stage_stride = _net(
    stride=lambda stage, i: 2 if (i == 0) == (stage > 0) else 1
)
a_long_first_stage_cut_short = _net(
    stride=lambda stage, i: 2 if (stage and not i) or (i and not stage) else 1
)


def the_outputs_alone(depths, **options):
    return with_activation_layers(depths, **options).output


def images_of_224_only(depths, *, input_shape=(224, 224, 3), **options):
    _refuse(depths, 1, 1, input_shape)
    return with_activation_layers(
        depths, input_shape=(32, 32, input_shape[-1]), **options
    )


def a_feature_extractor(depths, **options):
    model = with_activation_layers(depths, **options)
    return keras.Model(model.input, model.layers[-2].output)


WRONG = (
    striding_in_the_last_block,
    tripling_the_filters,
    striding_in_the_first_1x1,
    stem_capped_at_six,
    a_valid_pool,
    with_sigmoids,
    softmax_over_the_batch,
    softmax_twice,
    dropping_before_the_head,
    later_blocks_of_the_first_stage_stride,
    a_long_first_stage_cut_short,
    the_outputs_alone,
    images_of_224_only,
    a_feature_extractor,
)
