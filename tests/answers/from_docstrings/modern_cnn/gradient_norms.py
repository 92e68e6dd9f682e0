"""Answers to ``gradient_norms`` by someone who had its docstring alone: right ones, wrong ones and why."""

import keras
import numpy as np
from keras import layers, ops


def _check(x, y):
    if len(x) != len(y):
        raise ValueError("x and y differ in length")
    if len(x) == 0:
        raise ValueError("no examples")


def _convs(model):
    return [layer for layer in model.layers if isinstance(layer, layers.Conv2D)]


def _images(x):
    return ops.convert_to_tensor(np.asarray(x, dtype="float32"))


def tape(model, x, y):
    import tensorflow as tf

    _check(x, y)
    convs = _convs(model)
    kernels = [c.kernel.value for c in convs]
    with tf.GradientTape(watch_accessed_variables=False) as t:
        t.watch(kernels)  # frozen layers too
        p = model(_images(x), training=False)
        loss = tf.reduce_mean(keras.losses.sparse_categorical_crossentropy(np.asarray(y), p))
    grads = t.gradient(loss, kernels, unconnected_gradients=tf.UnconnectedGradients.ZERO)
    return {c.name: float(tf.norm(g)) for c, g in zip(convs, grads)}


def persistent_tape(model, x, y):
    import tensorflow as tf

    if len(x) == 0 or len(x) != len(y):
        raise ValueError("x and y")
    loss_of = keras.losses.SparseCategoricalCrossentropy()
    norms = {}
    with tf.GradientTape(persistent=True) as t:
        for layer in model.layers:
            if isinstance(layer, layers.Conv2D):
                t.watch(layer.kernel.value)
        loss = loss_of(np.array(y), model(np.array(x).astype("float32"), training=False))
    for layer in model.layers:
        if isinstance(layer, keras.layers.Conv2D):
            g = t.gradient(loss, layer.kernel.value)
            norms[layer.name] = 0.0 if g is None else float(np.sqrt(np.sum(np.square(g.numpy()))))
    return norms


def graph_function(model, x, y):
    import tensorflow as tf

    _check(x, y)
    convs = _convs(model)
    if not convs:
        return {}

    @tf.function
    def squares(images, labels):
        ks = [c.kernel.value for c in convs]
        with tf.GradientTape() as t:
            for k in ks:
                t.watch(k)
            p = model(images, training=False)
            loss = ops.mean(keras.losses.sparse_categorical_crossentropy(labels, p))
        return [tf.reduce_sum(g**2) for g in t.gradient(loss, ks, unconnected_gradients="zero")]

    result = squares(_images(x), tf.constant(np.asarray(y).astype("int32")))
    return dict(zip([c.name for c in convs], [s.numpy().item() ** 0.5 for s in result]))


def stateless(model, x, y):
    """The kernels are taken out of the model as plain tensors."""
    import tensorflow as tf

    _check(x, y)
    trainable = [v.value + 0 for v in model.trainable_variables]
    fixed = [tf.identity(v.value) for v in model.non_trainable_variables]
    by_id = {id(v): t for v, t in zip(model.trainable_variables + model.non_trainable_variables, trainable + fixed)}
    wanted = {c.name: by_id[id(c.kernel)] for c in _convs(model)}
    with tf.GradientTape() as t:
        t.watch(list(wanted.values()))
        p, _ = model.stateless_call(trainable, fixed, _images(x), training=False)
        labels = ops.one_hot(np.asarray(y).astype("int32"), p.shape[-1])
        loss = ops.mean(keras.losses.categorical_crossentropy(labels, p))
    grads = t.gradient(loss, wanted, unconnected_gradients="zero")
    return {name: float(ops.norm(ops.reshape(grads[name], (-1,)))) for name in wanted}


def example_by_example(model, x, y):
    """The mean gradient is the mean of the examples' gradients, for BN is in inference mode."""
    import tensorflow as tf

    _check(x, y)
    kernels = {c.name: c.kernel for c in _convs(model)}
    total = {name: np.zeros(k.shape) for name, k in kernels.items()}
    for image, label in zip(np.asarray(x, "float32"), np.asarray(y)):
        with tf.GradientTape(persistent=True) as t:
            t.watch([k.value for k in kernels.values()])
            p = model(image[None], training=False)
            loss = keras.losses.sparse_categorical_crossentropy(np.array([label]), p)[0]
        for name, k in kernels.items():
            g = t.gradient(loss, k.value)
            if g is not None:
                total[name] += g.numpy()
    return {name: float(np.linalg.norm(g.ravel() / len(x))) for name, g in total.items()}


class _Recorder:
    def __init__(self, model):
        self.model = model
        self.layers = list(filter(lambda la: isinstance(la, layers.Conv2D), model.layers))

    def loss(self, x, y):
        each = keras.ops.sparse_categorical_crossentropy(ops.cast(np.asarray(y), "int32"), self.model(_images(x), training=False))
        return ops.sum(each) / len(y)

    def norms(self, x, y):
        import tensorflow as tf

        values = [la.weights[0].value for la in self.layers]
        with tf.GradientTape() as t:
            t.watch(values)
            loss = self.loss(x, y)
        for la, g in zip(self.layers, t.gradient(loss, values)):
            yield la.name, 0.0 if g is None else float(tf.sqrt(tf.reduce_sum(tf.square(g))))


def recorder_class(model, x, y):
    _check(x, y)
    return dict(_Recorder(model).norms(x, y))


RIGHT = {"tape": tape, "persistent tape, Loss object": persistent_tape, "tf.function": graph_function,
         "stateless_call, one-hot": stateless, "example by example": example_by_example, "class and generator": recorder_class}


def _make(mean=lambda each: ops.mean(each), norm=lambda g, k: float(np.sqrt(np.sum(np.square(g)))), training=False, pick=_convs,
          key=lambda la, i: la.name, check=_check, variables=lambda la: [la.kernel.value], finish=dict,
          images=_images, before=None, after=None, each=lambda y, p: keras.losses.sparse_categorical_crossentropy(y, p)):
    def f(model, x, y):
        import tensorflow as tf

        check(x, y)
        if before:
            before(model, x, y)
        chosen = pick(model)
        vs = [variables(la) for la in chosen]
        with tf.GradientTape() as t:
            t.watch(vs)
            loss = mean(each(np.asarray(y), model(images(x), training=training)))
        grads = t.gradient(loss, vs, unconnected_gradients="zero")
        pairs = []
        for i, (la, gs) in enumerate(zip(chosen, grads)):
            flat = np.concatenate([g.numpy().ravel() for g in gs])
            pairs.append((key(la, i), norm(flat, la)))
        if after:
            after(model)
        return finish(pairs)

    return f


def _lengths_only(x, y):
    if len(x) != len(y):
        raise ValueError


def _cut_to_shorter(model, x, y):
    n = min(len(x), len(y))
    if n == 0:
        raise ValueError
    return tape(model, x[:n], y[:n])


def _trainable_only(model, x, y):
    import tensorflow as tf

    _check(x, y)
    with tf.GradientTape() as t:
        loss = ops.mean(keras.losses.sparse_categorical_crossentropy(np.asarray(y), model(_images(x), training=False)))
    grads = t.gradient(loss, [v.value for v in model.trainable_variables])
    by_id = {id(v): g for v, g in zip(model.trainable_variables, grads)}
    return {c.name: float(tf.norm(by_id[id(c.kernel)])) for c in _convs(model) if id(c.kernel) in by_id}


def _frozen_zero(model, x, y):
    found = _trainable_only(model, x, y)
    return {c.name: found.get(c.name, 0.0) for c in _convs(model)}


def _unfreeze(model, x, y):
    model.trainable = True
    for layer in model.layers:
        layer.trainable = True


def _one_step(model, x, y):
    model.compile("sgd", "sparse_categorical_crossentropy")
    model.train_on_batch(np.asarray(x, "float32"), np.asarray(y))


def _sgd(model):
    for layer in _convs(model):
        layer.kernel.assign(layer.kernel * 0.999)


def _kernel_norms(model, x, y):
    _check(x, y)
    return {c.name: float(np.linalg.norm(c.get_weights()[0])) for c in _convs(model)}


def _activation_gradients(model, x, y):
    import tensorflow as tf

    _check(x, y)
    convs = _convs(model)
    probe = keras.Model(model.inputs, [c.output for c in convs] + [model.output])
    with tf.GradientTape() as t:
        *maps, p = probe(_images(x), training=False)
        loss = ops.mean(keras.losses.sparse_categorical_crossentropy(np.asarray(y), p))
    return {c.name: float(tf.norm(g)) for c, g in zip(convs, t.gradient(loss, maps))}


def _predict(model, x, y):
    import tensorflow as tf

    _check(x, y)
    kernels = [c.kernel.value for c in _convs(model)]
    with tf.GradientTape() as t:
        p = model.predict(np.asarray(x, "float32"), verbose=0)
        loss = ops.mean(keras.losses.sparse_categorical_crossentropy(np.asarray(y), p))
    return {c.name: float(tf.norm(g)) for c, g in zip(_convs(model), t.gradient(loss, kernels))}


def _mean_of_norms(model, x, y):
    _check(x, y)
    each = [tape(model, x[i : i + 1], y[i : i + 1]) for i in range(len(x))]
    return {name: float(np.mean([e[name] for e in each])) for name in each[0]}


def _first_batch(model, x, y):
    _check(x, y)
    return tape(model, x[:32], y[:32])


def _l2(g, k):
    return float(np.sqrt(np.sum(np.square(g))))


WRONG = {
    "sum of losses": (_make(mean=ops.sum), "The losses are summed over the batch, not averaged."),
    "training=True": (_make(training=True), "BN and dropout run in training mode, and BN's averages change."),
    "not rooted": (_make(norm=lambda g, k: float(np.sum(np.square(g)))), "The sum of squares without the root."),
    "root mean square": (_make(norm=lambda g, k: float(np.sqrt(np.mean(np.square(g))))), "Mean instead of sum under the root."),
    "L1": (_make(norm=lambda g, k: float(np.abs(g).sum())), "L1 norm."),
    "largest": (_make(norm=lambda g, k: float(np.abs(g).max())), "The largest value, not the L2 norm."),
    "mean absolute": (_make(norm=lambda g, k: float(np.abs(g).mean())), "The mean absolute value."),
    "relative": (_make(norm=lambda g, k: _l2(g, k) / float(np.linalg.norm(k.get_weights()[0]))), "Divided by the norm of the kernel."),
    "with bias": (_make(variables=lambda la: [w.value for w in la.weights]), "The bias's gradient is counted in."),
    "bias only": (_make(variables=lambda la: [la.weights[-1].value]), "The last weight of a layer with bias is the bias, not the kernel."),
    "dense too": (_make(pick=lambda m: [la for la in m.layers if hasattr(la, "kernel")]), "Every layer with a kernel is listed, Dense too."),
    "by name": (_make(pick=lambda m: [la for la in m.layers if la.name.startswith("conv2d")]), "Finds convolutions by their automatic name; named layers are missing."),
    "class name contains Conv2D": (_make(pick=lambda m: [la for la in m.layers if "Conv2D" in type(la).__name__], variables=lambda la: [la.weights[0].value]),
                                   "DepthwiseConv2D and Conv2DTranspose are listed too."),
    "first conv missing": (_make(pick=lambda m: _convs(m)[1:]), "Skips the first convolution, as if it were the input layer."),
    "trainable only": (_trainable_only, "Frozen convolutions are missing."),
    "frozen give 0": (_frozen_zero, "Frozen convolutions get the norm 0 instead of that of their gradient."),
    "unfreezes": (_make(before=_unfreeze), "Makes the caller's layers trainable: the model is changed."),
    "one training step": (_make(before=_one_step), "Compiles the model and trains it by one step."),
    "kernels changed": (_make(after=_sgd), "Takes a small step on the kernels afterwards."),
    "index as key": (_make(key=lambda la, i: i), "The keys are numbers, not names."),
    "kernel path as key": (_make(key=lambda la, i: la.kernel.path), "The keys are the kernels' paths, not the layers' names."),
    "reversed": (_make(finish=lambda p: dict(p[::-1])), "The order is from the output to the input."),
    "sorted": (_make(finish=lambda p: dict(sorted(p))), "Sorted by name, so conv10 comes before conv2."),
    "list": (_make(finish=lambda p: [v for _, v in p]), "Returns a list."),
    "numpy values": (_make(norm=lambda g, k: np.linalg.norm(g)), "Values are numpy float32, not float."),
    "tensors": (_make(norm=lambda g, k: ops.norm(ops.convert_to_tensor(g))), "Values are tensors, not floats."),
    "log10": (_make(norm=lambda g, k: float(np.log10(_l2(g, k) + 1e-30))), "Gives the logarithm of the norm."),
    "images over 255": (_make(images=lambda x: _images(x) / 255.0), "Scales the images."),
    "integers only over 255": (_make(images=lambda x: _images(x) / (255.0 if np.asarray(x).dtype.kind in "iu" else 1.0)), "Scales integer images."),
    "lengths unchecked": (_cut_to_shorter,
                          "x and y of different length are cut to the shorter instead of a ValueError."),
    "empty passes": (_make(check=_lengths_only), "Empty x and y give NaN or another error instead of a ValueError."),
    "predict": (_predict, "predict is not recorded by the tape: there are no gradients."),
    "gradients of the maps": (_activation_gradients, "Gradients with respect to the layers' outputs, not their kernels."),
    "norms of the kernels": (_kernel_norms, "The norms of the kernels themselves."),
    "mean of norms": (_mean_of_norms, "The mean of the examples' norms instead of the norm of the mean gradient."),
    "first 32": (_first_batch, "Only the first 32 examples count."),
    "loss 1 - p": (_make(each=lambda y, p: 1.0 - ops.take_along_axis(p, ops.expand_dims(ops.cast(y, "int32"), 1), axis=1)), "The loss is 1 - p instead of -log p."),
}
