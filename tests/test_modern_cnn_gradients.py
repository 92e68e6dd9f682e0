"""Gradient norms by layer, and the start at which every block is its shortcut."""

import keras
import numpy as np
import pytest
from keras import layers

from course import modern_cnn as cnn

IMAGES = np.random.default_rng(3).integers(0, 256, (6, 8, 8, 2)).astype("uint8")
LABELS = np.array([0, 1, 2, 0, 1, 2])
# Of both signs: a few channels that are positive everywhere may all die in one ReLU.
SIGNED = np.random.default_rng(4).normal(size=(6, 8, 8, 4)).astype("float32")


def classifier(*, frozen=False):
    image = keras.Input((8, 8, 2))
    x = layers.Conv2D(3, 3, activation="tanh", name="first")(image / 255.0)
    x = layers.BatchNormalization()(layers.DepthwiseConv2D(3)(x))
    x = layers.Conv2D(2, 3, name="second", trainable=not frozen)(x)
    x = layers.Dropout(0.5)(layers.Flatten()(x))
    return keras.Model(image, layers.Dense(3, activation="softmax")(x))


def loss(model):
    p = np.array(model(IMAGES.astype("float32"), training=False))
    return -np.log(p[np.arange(len(LABELS)), LABELS]).mean()


def test_gradient_norms_equal_finite_differences():
    model = classifier()
    norms = cnn.gradient_norms(model, IMAGES, LABELS)
    assert list(norms) == ["first", "second"]
    for name, norm in norms.items():
        kernel = model.get_layer(name).kernel
        start = kernel.numpy()
        slopes = np.zeros(start.size)
        for i in range(start.size):
            step = np.zeros(start.size, "float32")
            step[i] = 2e-2
            losses = []
            for sign in (1, -1):
                kernel.assign(start + sign * step.reshape(start.shape))
                losses.append(loss(model))
            slopes[i] = (losses[0] - losses[1]) / 4e-2
        kernel.assign(start)
        assert norm == pytest.approx(np.linalg.norm(slopes), rel=2e-2)
        assert isinstance(norm, float)


def test_gradient_norms_change_nothing_and_see_frozen_layers():
    model = classifier(frozen=True)
    before = [w.numpy() for w in model.variables]
    norms = cnn.gradient_norms(model, IMAGES, list(LABELS))
    assert norms["second"] > 0
    for old, variable in zip(before, model.variables, strict=True):
        np.testing.assert_array_equal(variable.numpy(), old)


def test_gradient_norms_of_a_sequential_model_without_convolutions_are_none():
    model = keras.Sequential(
        [keras.Input((8, 8, 2)), layers.Flatten(), layers.Dense(3, "softmax")]
    )
    assert cnn.gradient_norms(model, IMAGES, LABELS) == {}


@pytest.mark.parametrize(("x", "y"), [(IMAGES, LABELS[:5]), (IMAGES[:0], LABELS[:0])])
def test_gradient_norms_need_a_label_for_every_image(x, y):
    with pytest.raises(ValueError, match="every image needs one label"):
        cnn.gradient_norms(classifier(), x, y)


def chain(*blocks):
    image = keras.Input((8, 8, 4))
    x = image
    for block, filters, stride in blocks:
        x = block(x, filters, stride=stride)
    return keras.Model(image, x)


CHAINS = {
    "basic": [(cnn.residual_block, 4, 1), (cnn.residual_block, 6, 2)],
    "bottleneck": [(cnn.bottleneck_block, 1, 1), (cnn.bottleneck_block, 2, 2)],
    "preact": [(cnn.preact_block, 4, 1), (cnn.preact_block, 6, 2)] * 2,
    "all": [
        (cnn.preact_block, 6, 2),
        (cnn.bottleneck_block, 2, 1),
        (cnn.residual_block, 8, 1),
    ],
}


@pytest.mark.parametrize("name", CHAINS)
@pytest.mark.parametrize("training", [False, True])
def test_zero_init_makes_every_addition_its_shortcut(name, training):
    model = chain(*CHAINS[name])
    before = {w.path: w.numpy() for w in model.weights}
    cnn.zero_init_residual(model)
    adds = [layer for layer in model.layers if isinstance(layer, layers.Add)]
    pairs = keras.Model(model.input, [(add.input[0], add.output) for add in adds])
    for shortcut, total in pairs(SIGNED, training=training):
        np.testing.assert_array_equal(shortcut, total)
        assert np.abs(shortcut).max() > 0
    changed = [
        w.path
        for w in model.weights
        if not training and not np.array_equal(w.numpy(), before[w.path])
    ]
    assert training or len(changed) == len(adds)


def test_zero_init_also_zeroes_a_bias():
    image = keras.Input((8, 8, 2))
    x = layers.Conv2D(2, 3, padding="same", bias_initializer="ones")(image)
    model = keras.Model(image, layers.Add()([x, image]))
    cnn.zero_init_residual(model)
    np.testing.assert_array_equal(model(IMAGES), IMAGES)


def test_zero_init_leaves_a_model_without_additions():
    model = classifier()
    before = model.get_weights()
    cnn.zero_init_residual(model)
    for old, new in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)


def _equally_long(image):
    return layers.Add()([layers.Conv2D(2, 1)(image), layers.Conv2D(2, 1)(image)])


def _never_meet(image):
    other = keras.Input((8, 8, 2))
    return layers.Add()([layers.Conv2D(2, 1)(image), other]), other


def _three(image):
    x = layers.Conv2D(2, 1)(image)
    return layers.Add()([x, layers.ReLU()(x), image])


def _ends_in_relu(image):
    return layers.Add()([layers.ReLU()(layers.Conv2D(2, 1)(image)), image])


def _nested(image):
    start = keras.Input((8, 8, 2))
    inner = keras.Model(start, layers.Conv2D(2, 1)(start))
    return layers.Add()([layers.Conv2D(2, 1)(inner(image)), image])


def _nested_end(image):
    inner = keras.Sequential([keras.Input((8, 8, 2)), layers.Conv2D(2, 1)])
    return layers.Add()([inner(layers.ReLU()(image)), image])


@pytest.mark.parametrize(
    ("graph", "message"),
    [
        (_equally_long, "equally long"),
        (_never_meet, "never part"),
        (_three, "adds 3 tensors"),
        (_ends_in_relu, "neither a convolution"),
        (_nested, "not flat"),
        (_nested_end, "neither a convolution"),
    ],
)
def test_zero_init_refuses_what_is_not_a_residual_network(graph, message):
    image = keras.Input((8, 8, 2))
    output = graph(image)
    if isinstance(output, tuple):
        model = keras.Model([image, output[1]], output[0])
    else:
        model = keras.Model(image, output)
    with pytest.raises(ValueError, match=message):
        cnn.zero_init_residual(model)
