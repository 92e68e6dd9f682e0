"""How the gradient reaches the layers, and a start from which it reaches them all."""

import keras
import numpy as np
from keras import layers, ops


def gradient_norms(model, x, y):
    """Measure how strong the gradient is in each convolution.

    The loss is the mean over the batch of the sparse categorical cross-entropy
    between ``y`` and the class probabilities ``model(x, training=False)``. For each
    Conv2D layer of the model the result holds the L2 norm of the gradient of that
    loss with respect to the layer's kernel: the root of the sum of its squares.

    The model is neither trained nor changed.

    Args:
        model: keras.Model that ends in class probabilities; flat, that is without
            models among its layers. Only Conv2D and Dense layers have kernels, and
            none is frozen.
        x: array (N, H, W, C) of images, integers included.
        y: array (N,) of integer labels.

    Returns:
        dict: name of the layer -> norm, a float, in the order of ``model.layers``.

    Raises:
        ValueError: ``x`` and ``y`` differ in length, or are empty.

    Source: Glorot and Bengio 2010, section 4.2 (gradients that vanish with depth).
    """
    import tensorflow as tf  # Keras itself has no gradient tape

    if len(x) != len(y) or len(x) == 0:
        raise ValueError(
            f"every image needs one label, got {len(x)} images and {len(y)} labels."
        )
    convs = [layer for layer in model.layers if isinstance(layer, layers.Conv2D)]
    kernels = [conv.kernel.value for conv in convs]
    with tf.GradientTape() as tape:
        tape.watch(kernels)  # a frozen layer has a gradient too
        probabilities = model(np.asarray(x, dtype="float32"), training=False)
        loss = ops.mean(
            keras.losses.sparse_categorical_crossentropy(np.asarray(y), probabilities)
        )
    gradients = tape.gradient(loss, kernels)
    return {
        conv.name: float(np.linalg.norm(gradient))
        for conv, gradient in zip(convs, gradients, strict=True)
    }


def zero_init_residual(model):
    """Start every residual branch at zero, so that a block starts as its shortcut.

    Afterwards the output of every Add layer is exactly its shortcut, in inference
    and in training. To that end the last layer of each residual branch gives zero: a
    BatchNormalization has gamma and beta 0, a convolution has kernel and bias 0. No
    other weight changes.

    The model is freshly built: a functional model that holds any number of
    ``residual_block``, ``bottleneck_block`` and ``preact_block``, projected shortcuts
    included. Both inputs of an Add lead back, layer by layer, to one tensor at which
    the paths part. The longer path is the residual branch, the shorter one, which
    may have no layer at all, the shortcut.

    Args:
        model: functional keras.Model; its weights are changed in place. A model
            without Add layers stays as it is.

    Raises:
        ValueError: an Add has not two inputs; its paths do not meet, or are equally
            long; the residual branch ends in another layer than a convolution or a
            BatchNormalization; the model is not flat, and a path leads into a model
            among its layers.

    Source: Goyal et al. 2017, https://arxiv.org/abs/1706.02677, section 5.1.
    """
    producer = {id(op.output): op for op in model.operations}
    for add in model.layers:
        if isinstance(add, layers.Add):
            end = _residual_branch(add, producer)[0]
            if not isinstance(end, (layers.BatchNormalization, layers.Conv2D)):
                raise ValueError(
                    f"the residual branch of {add.name!r} ends in {end.name!r}, "
                    "which is neither a convolution nor a BatchNormalization."
                )
            for weight in end.trainable_weights:
                weight.assign(ops.zeros_like(weight))


def _residual_branch(add, producer):
    """Find the longer of the two paths into an Add, as layers, the last one first."""
    if len(add.input) != 2:
        raise ValueError(f"{add.name!r} adds {len(add.input)} tensors, not two.")
    first, second = (_path_back(tensor, producer) for tensor in add.input)
    parting = next((layer for layer in first if layer in second), None)
    if parting is None or first.index(parting) == second.index(parting):
        raise ValueError(
            f"the two paths into {add.name!r} never part or are equally long, "
            "so neither is the shortcut."
        )
    return max(first, second, key=lambda path: path.index(parting))


def _path_back(tensor, producer):
    """Follow a tensor back to the first layer with no source or several."""
    path = []
    while not isinstance(tensor, list):
        if id(tensor) not in producer:
            raise ValueError(
                "the model is not flat: build it from layers, without a model inside."
            )
        path.append(producer[id(tensor)])
        tensor = path[-1].input
    return path
