"""What the families share: layers that always come together, and checks."""

import numpy as np
from keras import layers


def _join(name, part):
    """Name of a layer inside a block; None, Keras's own choice, in a nameless one."""
    return f"{name}_{part}" if name else None


def _conv_relu(x, filters, kernel_size, *, stride=1, padding="same", name=None):
    x = layers.Conv2D(
        filters, kernel_size, strides=stride, padding=padding, name=_join(name, "conv")
    )(x)
    return layers.ReLU(name=_join(name, "relu"))(x)


def _conv(x, filters, kernel_size, *, stride=1, name=None):
    """Convolve without a bias, which a batch normalization makes needless."""
    return layers.Conv2D(
        filters,
        kernel_size,
        strides=stride,
        padding="same",
        use_bias=False,
        name=name,
    )(x)


def _conv_bn(x, filters, kernel_size, *, stride=1, name=None):
    x = _conv(x, filters, kernel_size, stride=stride, name=_join(name, "conv"))
    return layers.BatchNormalization(name=_join(name, "bn"))(x)


def _bn_relu(x, *, name=None):
    x = layers.BatchNormalization(name=_join(name, "bn"))(x)
    return layers.ReLU(name=_join(name, "relu"))(x)


def _check_sizes(**sizes):
    for name, size in sizes.items():
        if np.min(size) < 1:
            raise ValueError(f"{name} must be at least 1, got {size}.")


def _check_feature_map(x):
    if len(x.shape) != 4:
        raise ValueError(
            f"x must be a tensor (N, H, W, C), got the shape {tuple(x.shape)}; "
            "a batch axis comes from keras.Input, a channel axis from layers.Reshape."
        )
