"""The networks compute what other people's networks compute from the same weights."""

import importlib.util
import subprocess
import sys

import keras
import numpy as np
import pytest
from oracles import torchvision_weights as twin

from course import modern_cnn

RECORDED = "oracles/torchvision_resnet.npz"


def randomize(model, rng):
    """Fill a network with weights that neither vanish nor saturate, statistics too."""
    for variable in model.weights:
        shape = variable.shape
        if variable.name == "moving_variance":
            value = rng.uniform(0.5, 2, shape)
        elif variable.name == "gamma":
            value = rng.uniform(0.5, 1.5, shape)
        elif variable.name == "kernel":
            value = rng.normal(size=shape) * np.sqrt(2 / np.prod(shape[:-1]))
        else:
            value = rng.normal(size=shape) * 0.1
        variable.assign(value)


def set_epsilon(model, epsilon):
    for layer in model.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.epsilon = epsilon


@pytest.mark.parametrize(
    ("ours", "theirs", "side", "epsilon"),
    [
        ("vgg16", "VGG16", 64, None),
        ("vgg19", "VGG19", 32, None),
        # At 61 "same" equals their explicit padding in the stem, and every later
        # size is even.
        ("densenet121", "DenseNet121", 61, 1.001e-5),
        ("densenet169", "DenseNet169", 61, 1.001e-5),
        ("densenet201", "DenseNet201", 61, 1.001e-5),
    ],
)
def test_network_equals_keras_applications(ours, theirs, side, epsilon):
    rng = np.random.default_rng(5)
    shape = (side, side, 3)
    theirs = getattr(keras.applications, theirs)(
        weights=None, input_shape=shape, classes=10
    )
    ours = getattr(modern_cnn, ours)(10, shape)
    assert [w.shape for w in ours.weights] == [w.shape for w in theirs.weights]
    randomize(theirs, rng)
    ours.set_weights(theirs.get_weights())
    set_epsilon(ours, epsilon)
    x = rng.normal(size=(2, *shape)).astype("float32")
    for model in (ours, theirs):  # logits: a softmax could hide a difference
        model.layers[-1].activation = keras.activations.linear
    expected = np.array(theirs(x, training=False))
    scale = np.ptp(expected, axis=0).mean()  # how far the two images are apart
    assert scale > 0.01 * abs(expected).mean()
    difference = np.array(ours(x, training=False)) - expected
    assert abs(difference).max() / scale < 1e-3


def answer(name, *, training):
    """What ours answers, in the form in which torchvision's answer is recorded."""
    model = getattr(modern_cnn, name)(input_shape=(twin.SIDE, twin.SIDE, 3))
    twin.fill(model)
    set_epsilon(model, 1e-5)  # torch's
    ends = {}
    for layer in model.layers:
        if layer.name.endswith("_out"):
            ends[f"layer{int(layer.name[4]) - 1}"] = layer.output
    probe = keras.Model(model.input, {**ends, "predictions": model.output})
    found = probe(twin.images(), training=training)
    probabilities = np.array(found.pop("predictions"))
    summaries = {k: twin.stage_summary(np.array(v)) for k, v in found.items()}
    return {"log_probabilities": np.log(probabilities), **summaries}


def assert_same(found, expected):
    assert set(found) == {"log_probabilities", *twin.STAGES}
    for key, value in found.items():
        np.testing.assert_allclose(value, expected[key], atol=2e-4, err_msg=key)


@pytest.mark.parametrize(
    ("name", "training"),
    [("resnet18", False), ("resnet18", True), ("resnet50", False)],
)
def test_resnet_equals_recorded_torchvision(name, training, request):
    mode = "training" if training else "inference"
    with np.load(request.path.parent / RECORDED) as recorded:
        expected = {
            key.split("/")[-1]: recorded[key]
            for key in recorded
            if key.startswith(f"{name}/{mode}/")
        }
    assert_same(answer(name, training=training), expected)


def test_recorded_images_differ_in_torchvision(request):
    with np.load(request.path.parent / RECORDED) as recorded:
        for key in recorded:
            if key.endswith("log_probabilities"):
                assert np.ptp(recorded[key], axis=0).mean() > 0.1


def test_torchvision_still_answers_as_recorded(request, tmp_path):
    if importlib.util.find_spec("torchvision") is None:
        pytest.skip("torchvision is not installed; the recorded answers are compared")
    # In a process of its own: torch can crash when TensorFlow was loaded before it.
    script = request.path.parent / "oracles/record_torchvision.py"
    live = tmp_path / "live.npz"
    subprocess.run([sys.executable, script, live], check=True)
    with np.load(live) as answers, np.load(request.path.parent / RECORDED) as recorded:
        assert set(answers) == set(recorded)
        for key in set(answers) - {"versions"}:
            np.testing.assert_allclose(answers[key], recorded[key], atol=2e-4)
