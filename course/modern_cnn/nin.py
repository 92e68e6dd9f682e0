"""Network in network (Lin, Chen and Yan 2013, https://arxiv.org/abs/1312.4400).

The paper draws the idea and leaves the ImageNet network open; the widths here are
those of its authors' Caffe model.
"""

import keras
from keras import layers

from course.modern_cnn._blocks import _conv_relu


def _mlpconv(x, widths, kernel_size, *, stride=1, padding="same", name):
    """Run a small network over every place: a convolution, then two of 1x1."""
    first, *rest = widths
    x = _conv_relu(
        x, first, kernel_size, stride=stride, padding=padding, name=f"{name}_1"
    )
    for i, width in enumerate(rest):
        x = _conv_relu(x, width, 1, name=f"{name}_{i + 2}")
    return x


def nin(num_classes=1000, input_shape=(227, 227, 3)):
    """Build network in network: no dense layer, one map per class instead.

    Args:
        num_classes: number of classes.
        input_shape: (H, W, C) of an image.

    Returns:
        keras.Model from "image" to class probabilities (N, num_classes).
    """
    image = keras.Input(input_shape, name="image")
    x = _mlpconv(image, (96, 96, 96), 11, stride=4, padding="valid", name="mlpconv1")
    x = layers.MaxPooling2D(3, strides=2, padding="same", name="pool1")(x)
    x = _mlpconv(x, (256, 256, 256), 5, name="mlpconv2")
    x = layers.MaxPooling2D(3, strides=2, padding="same", name="pool2")(x)
    x = _mlpconv(x, (384, 384, 384), 3, name="mlpconv3")
    x = layers.MaxPooling2D(3, strides=2, padding="same", name="pool3")(x)
    x = layers.Dropout(0.5, name="dropout")(x)
    x = _mlpconv(x, (1024, 1024, num_classes), 3, name="mlpconv4")
    x = layers.GlobalAveragePooling2D(name="avg_pool")(x)
    x = layers.Softmax(name="predictions")(x)
    return keras.Model(image, x, name="nin")
