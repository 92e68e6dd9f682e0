"""GoogLeNet (Szegedy et al. 2014, https://arxiv.org/abs/1409.4842).

Nine inception blocks: a cheap 1x1 convolution stands before each dear one. Softmax
heads half-way down help the gradient in training and are dropped afterwards.
"""

import keras
from keras import layers

from course.modern_cnn._blocks import (
    _check_feature_map,
    _check_sizes,
    _conv_relu,
    _join,
)
from course.modern_cnn.alexnet import LocalResponseNorm
from course.toolkit.types import InceptionWidths

# Table 1 of the paper.
INCEPTION = {
    "3a": InceptionWidths(64, 96, 128, 16, 32, 32),
    "3b": InceptionWidths(128, 128, 192, 32, 96, 64),
    "4a": InceptionWidths(192, 96, 208, 16, 48, 64),
    "4b": InceptionWidths(160, 112, 224, 24, 64, 64),
    "4c": InceptionWidths(128, 128, 256, 24, 64, 64),
    "4d": InceptionWidths(112, 144, 288, 32, 64, 64),
    "4e": InceptionWidths(256, 160, 320, 32, 128, 128),
    "5a": InceptionWidths(256, 160, 320, 32, 128, 128),
    "5b": InceptionWidths(384, 192, 384, 48, 128, 128),
}


def inception_block(x, widths, *, name=None):
    """Look at the same input at four scales and stack what each finds.

    Four branches read ``x``: a 1x1 convolution; a 1x1 reduction, then a 3x3
    convolution; a 1x1 reduction, then a 5x5 convolution; a 3x3 max pool with stride
    1, then a 1x1 projection. Every convolution, reductions and projection included,
    is one Keras layer with a bias and padding "same", followed by a ReLU; the pool
    has padding "same" too. The outputs are concatenated in the order 1x1, 3x3, 5x5,
    pool.

    Args:
        x: symbolic tensor (N, H, W, C).
        widths: ``InceptionWidths``: the filters of the six convolutions.
        name: prefix of the layer names; free to use or leave.

    Returns:
        Symbolic tensor (N, H, W, conv1x1 + conv3x3 + conv5x5 + pool_proj).

    Raises:
        ValueError: ``x`` has not four axes; one of the widths is below 1.

    Source: Szegedy et al. 2014, figure 2(b) and table 1.
    """
    _check_feature_map(x)
    _check_sizes(**widths._asdict())
    conv1x1 = _conv_relu(x, widths.conv1x1, 1, name=_join(name, "1x1"))
    conv3x3 = _conv_relu(x, widths.reduce3x3, 1, name=_join(name, "3x3_reduce"))
    conv3x3 = _conv_relu(conv3x3, widths.conv3x3, 3, name=_join(name, "3x3"))
    conv5x5 = _conv_relu(x, widths.reduce5x5, 1, name=_join(name, "5x5_reduce"))
    conv5x5 = _conv_relu(conv5x5, widths.conv5x5, 5, name=_join(name, "5x5"))
    pool = layers.MaxPooling2D(3, strides=1, padding="same", name=_join(name, "pool"))(
        x
    )
    pool = _conv_relu(pool, widths.pool_proj, 1, name=_join(name, "pool_proj"))
    return layers.Concatenate(name=_join(name, "concat"))(
        [conv1x1, conv3x3, conv5x5, pool]
    )


def _pool(x, name):
    return layers.MaxPooling2D(3, strides=2, padding="same", name=name)(x)


def _auxiliary_head(x, num_classes, name):
    """Classify from the middle of the network: section 5."""
    x = layers.AveragePooling2D(5, strides=3, name=f"{name}_pool")(x)
    x = _conv_relu(x, 128, 1, name=name)
    x = layers.Flatten(name=f"{name}_flatten")(x)
    x = layers.Dense(1024, activation="relu", name=f"{name}_fc")(x)
    x = layers.Dropout(0.7, name=f"{name}_dropout")(x)
    return layers.Dense(num_classes, activation="softmax", name=name)(x)


def _trunk(image):
    """Run stem and blocks; return the output of each block by its number."""
    x = _conv_relu(image, 64, 7, stride=2, name="conv1")
    x = _pool(x, "pool1")
    x = LocalResponseNorm(name="norm1")(x)
    x = _conv_relu(x, 64, 1, name="conv2_reduce")
    x = _conv_relu(x, 192, 3, name="conv2")
    x = LocalResponseNorm(name="norm2")(x)
    x = _pool(x, "pool2")
    outputs = {}
    for block, widths in INCEPTION.items():
        if block in ("4a", "5a"):
            x = _pool(x, "pool3" if block == "4a" else "pool4")
        x = inception_block(x, widths, name=f"inception_{block}")
        outputs[block] = x
    return outputs


def _head(x, num_classes):
    x = layers.GlobalAveragePooling2D(name="avg_pool")(x)
    x = layers.Dropout(0.4, name="dropout")(x)
    return layers.Dense(num_classes, activation="softmax", name="predictions")(x)


def googlenet(num_classes=1000, input_shape=(224, 224, 3)):
    """Build GoogLeNet as it is used after training: 22 weighted layers deep.

    Args:
        num_classes: number of classes.
        input_shape: (H, W, C) of an image.

    Returns:
        keras.Model from "image" to class probabilities (N, num_classes).
    """
    image = keras.Input(input_shape, name="image")
    predictions = _head(_trunk(image)["5b"], num_classes)
    return keras.Model(image, predictions, name="googlenet")


def googlenet_with_auxiliary(num_classes=1000, input_shape=(224, 224, 3)):
    """Build GoogLeNet as it is trained, with two heads on blocks 4a and 4d.

    Args:
        num_classes: number of classes.
        input_shape: (H, W, C) of an image.

    Returns:
        keras.Model from "image" to a dict of class probabilities: "predictions",
        "auxiliary1" and "auxiliary2". The paper adds the losses of the auxiliary
        heads with weight 0.3.
    """
    image = keras.Input(input_shape, name="image")
    blocks = _trunk(image)
    outputs = {
        "predictions": _head(blocks["5b"], num_classes),
        "auxiliary1": _auxiliary_head(blocks["4a"], num_classes, "auxiliary1"),
        "auxiliary2": _auxiliary_head(blocks["4d"], num_classes, "auxiliary2"),
    }
    return keras.Model(image, outputs, name="googlenet_with_auxiliary")
