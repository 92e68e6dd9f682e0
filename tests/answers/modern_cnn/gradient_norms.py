"""Answers to ``gradient_norms`` that must pass, and some that must not."""

from collections import OrderedDict

import keras
import numpy as np
import tensorflow as tf
from keras import layers, ops


def _refuse(x, y):
    if len(x) != len(y):
        raise ValueError("x and y differ in length")
    if len(x) == 0:
        raise ValueError("x and y are empty")


def with_trainable_weights(model, x, y):
    _refuse(x, y)
    convs = [layer for layer in model.layers if isinstance(layer, layers.Conv2D)]
    with tf.GradientTape() as tape:
        p = model(np.asarray(x, "float32"), training=False)
        loss = tf.reduce_mean(keras.losses.sparse_categorical_crossentropy(y, p))
    gradients = tape.gradient(loss, [conv.kernel for conv in convs])
    return {
        conv.name: float(tf.norm(g)) for conv, g in zip(convs, gradients, strict=True)
    }


def watching_the_kernels_only(model, x, y):
    _refuse(x, y)
    kernels = {
        layer.name: layer.kernel
        for layer in model.layers
        if type(layer) is keras.layers.Conv2D
    }
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        for kernel in kernels.values():
            tape.watch(kernel.value)
        loss_of = keras.losses.SparseCategoricalCrossentropy(from_logits=False)
        loss = loss_of(y, model(tf.cast(x, tf.float32), training=False))
    gradients = tape.gradient(loss, {n: k.value for n, k in kernels.items()})
    return {n: tf.sqrt(tf.reduce_sum(g**2)).numpy() for n, g in gradients.items()}


def with_the_logarithm_written_out(model, x, y):
    _refuse(x, y)
    result = {}
    rows = np.arange(len(y))
    with tf.GradientTape(persistent=True) as tape:
        p = model(ops.convert_to_tensor(np.array(x, dtype="float32")), training=False)
        chosen = tf.gather_nd(p, np.stack([rows, np.asarray(y, "int64")], axis=1))
        loss = -tf.math.reduce_mean(tf.math.log(chosen))
    for layer in model.layers:
        if isinstance(layer, keras.layers.Conv2D):
            gradient = tape.gradient(loss, layer.kernel).numpy()
            result[layer.name] = np.sqrt((gradient.astype("float64") ** 2).sum())
    return result


def with_one_hot_labels(model, x, y):
    _refuse(x, y)
    x = np.asarray(x).astype(np.float32)
    convs = OrderedDict(
        (layer.name, layer)
        for layer in model.layers
        if layer.__class__.__name__ == "Conv2D"
    )
    with tf.GradientTape() as tape:
        p = model(x, training=False)
        y = ops.one_hot(np.asarray(y), p.shape[-1])
        loss = -ops.mean(ops.sum(y * ops.log(p), axis=-1))
    variables = [conv.weights[0] for conv in convs.values()]
    for name, gradient in zip(convs, tape.gradient(loss, variables), strict=True):
        convs[name] = float(np.linalg.norm(np.ravel(gradient)))
    return convs


def summing_then_dividing(model, x, y):
    _refuse(x, y)
    kernels = {v.path: v for v in model.trainable_variables if len(v.shape) == 4}
    with tf.GradientTape() as tape:
        p = model(np.asarray(x, "float32"), training=False)
        loss = ops.sum(keras.losses.sparse_categorical_crossentropy(y, p)) / len(x)
    gradients = tape.gradient(loss, list(kernels.values()))
    norms = {
        path.split("/")[-2]: float(tf.linalg.global_norm([g]))
        for path, g in zip(kernels, gradients, strict=True)
    }
    return {
        layer.name: norms[layer.name] for layer in model.layers if layer.name in norms
    }


def image_by_image(model, x, y):
    _refuse(x, y)
    convs = [layer for layer in model.layers if isinstance(layer, layers.Conv2D)]
    total = [0.0] * len(convs)
    for image, label in zip(np.asarray(x, "float64"), y, strict=True):
        with tf.GradientTape() as tape:
            p = model(image[None], training=False)
            loss = -ops.log(p[0, int(label)])
        gradients = tape.gradient(loss, [conv.kernel for conv in convs])
        total = [t + g.numpy() / len(x) for t, g in zip(total, gradients, strict=True)]
    return {c.name: np.linalg.norm(t) for c, t in zip(convs, total, strict=True)}


def in_a_tf_function(model, x, y):
    _refuse(x, y)
    convs = [layer for layer in model.layers if isinstance(layer, layers.Conv2D)]

    @tf.function
    def gradients(x, y):
        with tf.GradientTape() as tape:
            p = model(x, training=False)
            loss = tf.keras.losses.SparseCategoricalCrossentropy()(y, p)
        return [tf.norm(g) for g in tape.gradient(loss, [c.kernel for c in convs])]

    norms = gradients(tf.constant(x, tf.float32), tf.constant(y, tf.int32))
    return dict(zip([c.name for c in convs], map(float, norms), strict=True))


def by_the_chain_rule_of_the_softmax(model, x, y):
    """Stop at the probabilities: d loss / d p is -1 / (N p) at the label, else 0."""
    _refuse(x, y)
    x, y = np.asarray(x, np.float32), np.asarray(y)
    convs = [layer for layer in model.layers if isinstance(layer, layers.Conv2D)]
    with tf.GradientTape() as tape:
        p = model(x, training=False)
    upstream = np.zeros(p.shape, "float32")
    rows = np.arange(len(y))
    upstream[rows, y] = -1.0 / (len(y) * p.numpy()[rows, y])
    gradients = tape.gradient(p, [c.kernel for c in convs], output_gradients=upstream)
    norms = [float(np.sqrt(np.sum(np.square(g)))) for g in gradients]
    return dict(zip([c.name for c in convs], norms, strict=True))


class Norms:
    """A callable object."""

    def __call__(self, model, x, y):
        return with_trainable_weights(model, x, y)


a_callable_object = Norms()

RIGHT = (
    with_trainable_weights,
    watching_the_kernels_only,
    with_the_logarithm_written_out,
    with_one_hot_labels,
    summing_then_dividing,
    image_by_image,
    in_a_tf_function,
    by_the_chain_rule_of_the_softmax,
    a_callable_object,
)


def _norms(
    loss="sparse", of=lambda layer: layer.kernel, which=layers.Conv2D, norm=None
):
    def answer(model, x, y):
        _refuse(x, y)
        chosen = [layer for layer in model.layers if isinstance(layer, which)]
        with tf.GradientTape() as tape:
            p = model(np.asarray(x, "float32"), training=False)
            if loss == "sparse":
                value = keras.losses.SparseCategoricalCrossentropy()(y, p)
            else:
                value = loss(y, p)
        gradients = tape.gradient(value, [of(layer) for layer in chosen])
        measure = norm or (lambda g: float(np.linalg.norm(g)))
        return {c.name: measure(g) for c, g in zip(chosen, gradients, strict=True)}

    return answer


of_the_biases = _norms(of=lambda layer: layer.bias)
with_softmax_once_more = _norms(
    loss=lambda y, p: (
        -ops.mean(
            ops.take_along_axis(ops.log_softmax(p), np.asarray(y)[:, None], axis=1)
        )
    )
)
the_mean_squared_error = _norms(
    loss=lambda y, p: ops.mean((ops.one_hot(np.asarray(y), p.shape[-1]) - p) ** 2)
)
in_base_two = _norms(
    loss=lambda y, p: keras.losses.SparseCategoricalCrossentropy()(y, p) / np.log(2)
)
the_sum_of_magnitudes = _norms(norm=lambda g: float(np.abs(g).sum()))
the_mean_magnitude = _norms(norm=lambda g: float(np.abs(g).mean()))
the_root_of_the_mean = _norms(norm=lambda g: float(np.sqrt(np.mean(np.square(g)))))
gradients_themselves = _norms(norm=lambda g: g.numpy())
norms_of_weights_and_biases = _norms(
    of=lambda layer: layer.trainable_variables,
    norm=lambda gs: float(tf.linalg.global_norm(gs)),
)


def a_list(model, x, y):
    return list(with_trainable_weights(model, x, y).values())


def keyed_by_number(model, x, y):
    return dict(enumerate(with_trainable_weights(model, x, y).values()))


def keyed_by_kernel(model, x, y):
    norms = with_trainable_weights(model, x, y)
    return {f"{name}/kernel": norm for name, norm in norms.items()}


def only_the_first_image(model, x, y):
    _refuse(x, y)
    return with_trainable_weights(model, x[:1], y[:1])


def bytes_scaled_to_one(model, x, y):
    x = np.asarray(x)
    if x.dtype == np.uint8:
        x = x / 255
    return with_trainable_weights(model, x, y)


def lengths_not_compared(model, x, y):
    if len(x) == 0:
        raise ValueError("x and y are empty")
    n = min(len(x), len(y))
    return with_trainable_weights(model, x[:n], y[:n])


def too_few_labels_noticed_only(model, x, y):
    if len(y) < len(x) or len(x) == 0:
        raise ValueError("labels are missing")
    return with_trainable_weights(model, x, y[: len(x)])


def training_the_model_afterwards(model, x, y):
    norms = with_trainable_weights(model, x, y)
    for weight in model.trainable_weights:
        weight.assign(0.9 * weight)
    return norms


def averages_moved(model, x, y):
    norms = with_trainable_weights(model, x, y)
    model(np.asarray(x, "float32"), training=True)
    return norms


WRONG = (
    of_the_biases,
    with_softmax_once_more,
    the_mean_squared_error,
    in_base_two,
    the_sum_of_magnitudes,
    the_mean_magnitude,
    the_root_of_the_mean,
    gradients_themselves,
    norms_of_weights_and_biases,
    a_list,
    keyed_by_number,
    keyed_by_kernel,
    only_the_first_image,
    bytes_scaled_to_one,
    lengths_not_compared,
    too_few_labels_noticed_only,
    training_the_model_afterwards,
    averages_moved,
)
