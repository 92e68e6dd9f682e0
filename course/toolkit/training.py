"""Training small networks quickly and quietly."""

import numpy as np


def train(model, x, y, *, epochs, optimizer="adam", batch_size=64, seed=0):
    """Train a classifier, as ``compile`` and ``fit`` do, and print nothing.

    Tracing costs a small network more than training it. This loop traces one plain
    step, which takes less than half of what ``fit`` takes.

    Two things are as short trainings need them. The learning rate falls along half a
    cosine, from its value to nearly 0 in the last epoch. And the running means of
    BatchNormalization get a momentum of 0.9: a few hundred steps are too few for
    Keras's 0.99.

    Args:
        model: keras.Model from pictures to class probabilities; trained in place.
        x: array (N, H, W, C).
        y: array (N,) of integer labels.
        epochs: passes through the pictures, in a new order each time. What is left
            behind the last full batch sits out that pass.
        optimizer: a keras.optimizers object with a constant learning rate, or the
            name of one.
        batch_size: pictures a step.
        seed: of the order. The starting weights come from
            ``keras.utils.set_random_seed``.

    Returns:
        list of float: the mean training loss of each epoch.

    Raises:
        ValueError: ``x`` and ``y`` differ in length, or are fewer than a batch.
    """
    import keras
    import tensorflow as tf

    if len(x) != len(y) or len(x) < batch_size:
        raise ValueError(
            f"got {len(x)} pictures and {len(y)} labels: there must be as many of "
            f"one as of the other, and at least a batch of {batch_size}."
        )
    optimizer = keras.optimizers.get(optimizer)
    optimizer.build(model.trainable_variables)
    x, y = tf.constant(np.asarray(x, "float32")), tf.constant(np.asarray(y, "int32"))
    for layer in model._flatten_layers():
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.momentum = 0.9

    @tf.function(autograph=False, jit_compile=False)
    def step(batch):
        with tf.GradientTape() as tape:
            predictions = model(tf.gather(x, batch), training=True)
            loss = tf.reduce_mean(
                keras.losses.sparse_categorical_crossentropy(
                    tf.gather(y, batch), predictions
                )
            )
        weights = model.trainable_variables
        optimizer.apply(tape.gradient(loss, weights), weights)
        return loss

    rng = np.random.default_rng(seed)
    rate = float(optimizer.learning_rate)
    full = len(x) // batch_size
    losses = []
    for epoch in range(epochs):
        optimizer.learning_rate = rate * (1 + np.cos(np.pi * epoch / epochs)) / 2
        order = rng.permutation(len(x))[: full * batch_size].astype("int32")
        batches = order.reshape(full, batch_size)
        losses.append(float(np.mean([step(tf.constant(b)) for b in batches])))
    return losses


def accuracy(model, x, y):
    """The part of the pictures that a classifier names rightly, 0 to 1.

    Args:
        model: keras.Model from pictures to class probabilities.
        x: array (N, H, W, C).
        y: array (N,) of integer labels.

    Returns:
        float.
    """
    predictions = np.asarray(model(np.asarray(x, "float32"), training=False))
    return float(np.mean(predictions.argmax(axis=-1) == np.asarray(y)))
