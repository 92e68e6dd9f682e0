"""AlexNet (Krizhevsky, Sutskever and Hinton 2012).

"ImageNet Classification with Deep Convolutional Neural Networks", NIPS 2012. Two
towers, one per GPU, because one GPU had not the memory for both.

Departs from the paper: the input is 227x227, the size for which its 55x55 output of
the first layer comes out; the paper prints 224x224.
"""

import keras
import numpy as np
from keras import layers, ops

from course.modern_cnn._blocks import (
    _check_feature_map,
    _check_sizes,
    _conv_relu,
    _join,
)


def local_response_norm(x, *, size=5, alpha=1e-4, beta=0.75, bias=2.0):
    """Damp every value by the strength of its neighbors in other channels.

    The value a of a channel becomes a / (bias + alpha * s)^beta. Here s is the sum
    of the squares at the same place in the ``size`` channels centered on that one,
    itself included; channels that do not exist count as 0. As in the paper, alpha is
    not divided by ``size``.

    Write it with numpy only, not with TensorFlow, Keras or SciPy. Calculate in
    floating point, whatever comes in, and leave ``x`` as it is.

    Args:
        x: array (H, W, C) of any real type; a list of lists will do, and integers
            must not overflow.
        size: number of channels in the sum, odd.
        alpha: weight of the sum.
        beta: exponent.
        bias: what the sum is added to; k in the paper.

    Returns:
        numpy array (H, W, C) of floats.

    Raises:
        ValueError: ``x`` has not three axes; ``size`` is below 1 or even.

    Source: Krizhevsky et al. 2012, section 3.3.
    """
    x = np.asarray(x, dtype=float)
    if x.ndim != 3:
        raise ValueError(f"x must be an array (H, W, C), got the shape {x.shape}.")
    if size < 1 or size % 2 == 0:
        raise ValueError(f"size must be odd and at least 1, got {size}.")
    channels = x.shape[-1]
    squares = np.pad(x**2, ((0, 0), (0, 0), (size // 2, size // 2)))
    total = sum(squares[:, :, i : i + channels] for i in range(size))
    return x / (bias + alpha * total) ** beta


@keras.saving.register_keras_serializable("course")
class LocalResponseNorm(layers.Layer):
    """``local_response_norm`` with the paper's constants, as a layer; no weights."""

    size, alpha, beta, bias = 5, 1e-4, 0.75, 2.0

    def call(self, x):
        """Normalize (N, H, W, C) across the channels."""
        reach, channels = self.size // 2, x.shape[-1]
        squares = ops.pad(ops.square(x), [(0, 0)] * 3 + [(reach, reach)])
        total = sum(squares[..., i : i + channels] for i in range(self.size))
        return x / (self.bias + self.alpha * total) ** self.beta

    def compute_output_shape(self, input_shape):
        """Shape of the output: that of the input."""
        return input_shape


def two_tower_conv(x, filters, kernel, *, stride=1, padding="same", name=None):
    """Convolve in two towers that do not see each other, then ReLU.

    The first tower reads the first half of the channels and writes the first half of
    the filters, the second tower does the same with the second halves. Both have a
    bias, and are two Keras layers or one with groups. The towers cost half the
    weights of one convolution over all channels.

    Args:
        x: symbolic tensor (N, H, W, C), C even.
        filters: output channels of both towers together, even.
        kernel: side of the kernels: an int, or (height, width).
        stride: of both towers, an int.
        padding: "same" or "valid".
        name: prefix of the layer names; free to use or leave.

    Returns:
        Symbolic tensor (N, H', W', filters): H' is H / stride rounded up for "same",
        (H - kernel) / stride + 1 rounded down for "valid"; likewise W'.

    Raises:
        ValueError: ``x`` has not four axes; its channels or ``filters`` are odd;
            ``filters``, ``kernel`` or ``stride`` is below 1; ``padding`` is neither
            "same" nor "valid"; a "valid" kernel is larger than the input, so that
            no output is left.

    Source: Krizhevsky et al. 2012, section 3.5 and figure 2.
    """
    _check_feature_map(x)
    _check_sizes(filters=filters, kernel=kernel, stride=stride)
    if x.shape[-1] % 2 or filters % 2:
        raise ValueError(
            "two towers need an even number of channels and of filters, "
            f"got {x.shape[-1]} channels and {filters} filters."
        )
    x = layers.Conv2D(
        filters,
        kernel,
        strides=stride,
        padding=padding,
        groups=2,
        name=_join(name, "conv"),
    )(x)
    return layers.ReLU(name=_join(name, "relu"))(x)


def alexnet(num_classes=1000, input_shape=(227, 227, 3)):
    """Build AlexNet in two towers: five convolutions and three dense layers.

    Args:
        num_classes: number of classes.
        input_shape: (H, W, C) of an image, at least 67x67.

    Returns:
        keras.Model from "image" to class probabilities (N, num_classes).
    """

    def pool(x, name):  # windows of 3 that move by 2 overlap: section 3.4
        return layers.MaxPooling2D(3, strides=2, name=name)(x)

    image = keras.Input(input_shape, name="image")
    x = _conv_relu(image, 96, 11, stride=4, padding="valid", name="conv1")
    x = LocalResponseNorm(name="norm1")(x)
    x = pool(x, "pool1")
    x = two_tower_conv(x, 256, 5, name="conv2")
    x = LocalResponseNorm(name="norm2")(x)
    x = pool(x, "pool2")
    # The one convolution that reads both towers; the dense layers do as well.
    x = _conv_relu(x, 384, 3, name="conv3")
    x = two_tower_conv(x, 384, 3, name="conv4")
    x = two_tower_conv(x, 256, 3, name="conv5")
    x = pool(x, "pool5")
    x = layers.Flatten(name="flatten")(x)
    for name in ("fc6", "fc7"):
        x = layers.Dense(4096, activation="relu", name=name)(x)
        x = layers.Dropout(0.5, name=f"{name}_dropout")(x)
    x = layers.Dense(num_classes, activation="softmax", name="predictions")(x)
    return keras.Model(image, x, name="alexnet")
