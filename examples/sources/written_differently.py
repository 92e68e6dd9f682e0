# %%
import functools

import numpy as np
import tensorflow as tf
from tensorflow import keras
from tensorflow.keras import layers as L

# everything below uses He initialization
Conv = functools.partial(L.Conv2D, padding="same", kernel_initializer="he_normal")


def need(ok, text):
    if not ok:
        raise ValueError(text)


def four_axes(x):
    need(len(x.shape) == 4, "images please: (batch, height, width, channels)")


# %%
def receptive_field(layers):
    for layer in layers:
        need(len(layer) in (2, 3) and min(layer) >= 1, f"strange layer {layer}")
    # from the output backwards: r -> (r - 1) * stride + window
    r = 1
    for kernel, stride, *dilation in reversed(list(layers)):
        d = dilation[0] if dilation else 1
        r = (r - 1) * stride + d * (kernel - 1) + 1
    return int(r)


receptive_field([(11, 4), (3, 2), (5, 1)])


# %%
def stacked_conv_params(kernel, depth, channels):
    kh, kw = (kernel, kernel) if np.ndim(kernel) == 0 else kernel
    need(min(kh, kw, depth, channels) >= 1, "all of them must be positive")
    return int(sum(kh * kw * channels * channels for _ in range(depth)))


# %%
def local_response_norm(x, *, size=5, alpha=1e-4, beta=0.75, bias=2.0):
    x = np.array(x, dtype=np.float64)
    need(x.ndim == 3, "one picture: (height, width, channels)")
    need(size >= 1 and size % 2 == 1, "size must be odd")
    half = size // 2
    padded = np.pad(x**2, [(0, 0), (0, 0), (half, half)])
    windows = np.lib.stride_tricks.sliding_window_view(padded, size, axis=2)
    return x * (bias + alpha * windows.sum(axis=-1)) ** -beta


# %%
def two_tower_conv(x, filters, kernel, *, stride=1, padding="same"):
    four_axes(x)
    h, w, c = x.shape[1:]
    kh, kw = (kernel, kernel) if np.ndim(kernel) == 0 else kernel
    need(c % 2 == 0 and filters % 2 == 0, "two towers need even numbers")
    need(min(filters, kh, kw, stride) >= 1, "too small")
    need(padding in ("same", "valid"), padding)
    need(padding == "same" or (kh <= h and kw <= w), "the kernel does not fit")
    towers = [
        L.Conv2D(filters // 2, kernel, stride, padding, activation="relu")(half)
        for half in (x[..., : c // 2], x[..., c // 2 :])
    ]
    return L.Concatenate()(towers)


# %%
def vgg_block(x, filters, num_convs):
    four_axes(x)
    need(filters >= 1 and num_convs >= 1, "at least one filter and one convolution")
    convs = [Conv(filters, 3, activation="relu") for _ in range(num_convs)]
    return keras.Sequential([*convs, L.MaxPool2D(padding="same")])(x)


# %%
def inception_block(x, widths):
    four_axes(x)
    need(min(widths) >= 1, "every branch needs a filter")
    relu = functools.partial(Conv, activation="relu")
    pooled = L.MaxPool2D(3, 1, padding="same")(x)
    pool = relu(widths.pool_proj, 1)(pooled)
    five = relu(widths.conv5x5, 5)(relu(widths.reduce5x5, 1)(x))
    three = relu(widths.conv3x3, 3)(relu(widths.reduce3x3, 1)(x))
    one = relu(widths.conv1x1, 1)(x)
    return L.Concatenate(axis=-1)([one, three, five, pool])


# %%
class ConvBN(L.Layer):
    def __init__(self, filters, kernel, stride=1, relu=True, **kwargs):
        super().__init__(**kwargs)
        self.conv = Conv(filters, kernel, strides=stride, use_bias=False)
        self.bn = L.BatchNormalization()
        self.relu = relu

    def call(self, x, training=None):
        x = self.bn(self.conv(x), training=training)
        return keras.ops.relu(x) if self.relu else x


def shortcut(x, filters, stride):
    if stride == 1 and x.shape[-1] == filters:
        return x
    return ConvBN(filters, 1, stride, relu=False)(x)


def residual_block(x, filters, *, stride=1):
    four_axes(x)
    need(filters >= 1 and stride >= 1, "too small")
    y = ConvBN(filters, 3, stride)(x)
    y = ConvBN(filters, 3, relu=False)(y)
    return L.Activation("relu")(y + shortcut(x, filters, stride))


# %%
def bottleneck_block(x, filters, *, stride=1):
    four_axes(x)
    need(filters >= 1 and stride >= 1, "too small")
    y = x
    for width, kernel, s in ((filters, 1, 1), (filters, 3, stride)):
        y = ConvBN(width, kernel, s)(y)
    y = ConvBN(4 * filters, 1, relu=False)(y)
    return L.Activation("relu")(y + shortcut(x, 4 * filters, stride))


# %%
def bn_relu_conv(x, filters, kernel, stride=1):
    x = L.ReLU()(L.BatchNormalization()(x))
    return x, Conv(filters, kernel, strides=stride, use_bias=False)(x)


def preact_block(x, filters, *, stride=1):
    four_axes(x)
    need(filters >= 1 and stride >= 1, "too small")
    activated, y = bn_relu_conv(x, filters, 3, stride)
    _, y = bn_relu_conv(y, filters, 3)
    if stride > 1 or x.shape[-1] != filters:
        x = Conv(filters, 1, strides=stride, use_bias=False)(activated)
    return x + y


# %%
def dense_block(x, num_layers, growth_rate):
    four_axes(x)
    need(num_layers >= 1 and growth_rate >= 1, "too small")
    seen = [x]
    for _ in range(num_layers):
        everything = seen[0] if len(seen) == 1 else L.Concatenate()(seen)
        _, y = bn_relu_conv(everything, 4 * growth_rate, 1)
        _, y = bn_relu_conv(y, growth_rate, 3)
        seen.append(y)
    return L.Concatenate()(seen)


# %%
def transition_block(x, *, compression=0.5):
    four_axes(x)
    need(0 < compression <= 1, "compression is a part")
    filters = int(x.shape[-1] * compression)
    need(filters >= 1, "nothing is left")
    _, y = bn_relu_conv(x, filters, 1)
    return L.AveragePooling2D(2, padding="same")(y)


# %%
def resnet(depths, *, filters=64, num_classes=1000, input_shape=(224, 224, 3)):
    need(len(depths) > 0 and min(depths) >= 1, "no blocks")
    need(filters >= 1 and num_classes >= 1 and len(input_shape) == 3, "strange size")
    image = L.Input(input_shape)
    x = L.MaxPool2D(3, 2, padding="same")(ConvBN(filters, 7, 2)(image))
    strides = [2 if i and not b else 1 for i, n in enumerate(depths) for b in range(n)]
    widths = [filters * 2**i for i, n in enumerate(depths) for _ in range(n)]
    for width, stride in zip(widths, strides):
        x = bottleneck_block(x, width, stride=stride)
    x = L.GlobalAveragePooling2D()(x)
    return keras.Model(image, L.Dense(num_classes, activation="softmax")(x))


# %%
def gradient_norms(model, x, y):
    need(len(x) == len(y) > 0, "one label for each image")
    convs = [layer for layer in model.layers if isinstance(layer, L.Conv2D)]
    with tf.GradientTape() as tape:
        p = model(tf.cast(x, "float32"), training=False)
        loss = keras.losses.SparseCategoricalCrossentropy()(y, p)
    kernels = [layer.kernel.value for layer in convs]
    gradients = tape.gradient(loss, kernels)
    return {layer.name: float(tf.norm(g)) for layer, g in zip(convs, gradients)}


# %%
def path(tensor, makers):
    found = []
    while not isinstance(tensor, list):
        need(id(tensor) in makers, "a model inside the model")
        found.append(makers[id(tensor)])
        tensor = found[-1].input
    return found


def zero_init_residual(model):
    makers = {id(operation.output): operation for operation in model.operations}
    ends = []
    for add in model.layers:
        if not isinstance(add, L.Add):
            continue
        need(len(add.input) == 2, "an Add of two, please")
        a, b = (path(tensor, makers) for tensor in add.input)
        common = [layer for layer in a if layer in b]
        need(common, "the paths never meet")
        long, short = sorted((a, b), key=lambda p: -p.index(common[0]))
        need(long.index(common[0]) > short.index(common[0]), "equally long")
        need(isinstance(long[0], (L.BatchNormalization, L.Conv2D)), "odd last layer")
        ends.append(long[0])
    for layer in ends:
        for weight in layer.trainable_weights:
            weight.assign(0 * weight)


# %%
def conv(kernel, inputs, outputs, bias=True):
    return outputs * (kernel**2 * inputs + bias)


def inception_parameters(channels, widths):
    need(min(channels, *widths) >= 1, "too small")
    one, before3, three, before5, five, pool = widths
    total = sum(conv(1, channels, n) for n in (one, before3, before5, pool))
    return total + conv(3, before3, three) + conv(5, before5, five)


# %%
def bottleneck_weights(channels, filters):
    need(channels >= 1 and filters >= 1, "too small")
    path = [(1, filters), (3, filters), (1, 4 * filters)]
    total, inputs = 0, channels
    for kernel, outputs in path:
        total += conv(kernel, inputs, outputs, bias=False)
        inputs = outputs
    return total + (inputs != channels) * conv(1, channels, inputs, bias=False)


# %%
def densenet_channels(channels, depths, growth_rate, *, compression=0.5):
    need(len(depths) > 0, "no blocks")
    need(channels >= 1 and min(depths) >= 1 and growth_rate >= 1, "too small")
    need(0 < compression <= 1, "compression is a part")
    for n in depths[:-1]:
        channels = np.floor((channels + n * growth_rate) * compression).astype(int)
        need(channels >= 1, "nothing is left")
    return int(channels + depths[-1] * growth_rate)


# %%
small = resnet((1, 1), filters=8, num_classes=10, input_shape=(32, 32, 1))
small.summary()
