"""What the families share: layers that always come together, and checks."""

import keras
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


# ``resnet`` spells out these three: its source is the solved cell of an exercise, which
# says more when stem, stages and head are read in one place.


def _stem(image, filters):
    """Convolve by 7x7 and pool by 3x3, each with stride 2: a quarter of each side."""
    x = _conv_bn(image, filters, 7, stride=2, name="conv1")
    x = layers.ReLU(name="conv1_relu")(x)
    return layers.MaxPooling2D(3, strides=2, padding="same", name="pool1")(x)


def _stages(x, block, depths, filters):
    """Run stages of blocks; a new stage halves the map and doubles the filters."""
    for stage, depth in enumerate(depths):
        for i in range(depth):
            stride = 2 if stage > 0 and i == 0 else 1
            name = f"conv{stage + 2}_block{i + 1}"
            x = block(x, filters * 2**stage, stride=stride, name=name)
    return x


def _classify(image, x, num_classes, name):
    """End a network: pool globally, one dense layer with softmax."""
    x = layers.GlobalAveragePooling2D(name="avg_pool")(x)
    x = layers.Dense(num_classes, activation="softmax", name="predictions")(x)
    return keras.Model(image, x, name=name)


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


def _check_input_shape(input_shape):
    sizes = [1 if size is None else size for size in input_shape]  # None: any size
    if len(sizes) != 3 or min(sizes) < 1:
        raise ValueError(
            "input_shape must be (H, W, C) of one image, each at least 1 and no batch "
            f"axis among them, such as (224, 224, 3); got {tuple(input_shape)}."
        )
