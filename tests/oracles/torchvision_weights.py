"""Weights and images for the comparison with torchvision, without torch.

Every weight follows from the name and shape that torchvision gives it, so the
network that was recorded and the Keras network under test get the same ones.
"""

import hashlib
import re

import numpy as np

SIDE = 65  # every stage has an odd size, where padding 1 and "same" agree
BATCH = 8
STAGES = ("layer1", "layer2", "layer3", "layer4")


def images():
    """A batch (N, H, W, 3) of noise."""
    return np.random.default_rng(65).normal(size=(BATCH, SIDE, SIDE, 3)).astype("f")


def weight(name, shape):
    """The value of the torch parameter or buffer ``name``, in torch's axis order."""
    seed = hashlib.sha256(f"{name} {tuple(shape)}".encode()).digest()[:8]
    rng = np.random.default_rng(int.from_bytes(seed, "big"))
    if name.endswith("running_var"):
        values = rng.uniform(1, 4, shape)
    elif len(shape) > 1:
        values = rng.normal(size=shape) * np.sqrt(2 / np.prod(shape[1:]))
    elif name.endswith("weight"):
        values = rng.uniform(0.5, 1.5, shape)
    else:
        values = rng.normal(size=shape) * 0.1
    return values.astype("float32")


def torch_layer(name):
    """Torchvision's name of our layer: conv3_block1_2_bn -> layer2.0.bn2."""
    if name == "predictions":
        return "fc"
    if stem := re.fullmatch(r"conv1_(conv|bn)", name):
        return f"{stem[1]}1"
    stage, block, place, kind = re.fullmatch(
        r"conv(\d)_block(\d+)_(\d)_(conv|bn)", name
    ).groups()
    part = f"{kind}{place}" if place != "0" else f"downsample.{int(kind == 'bn')}"
    return f"layer{int(stage) - 1}.{int(block) - 1}.{part}"


def fill(model):
    """Give a Keras model of ours the weights that its torchvision twin has."""
    attributes = {
        "gamma": "weight",
        "beta": "bias",
        "moving_mean": "running_mean",
        "moving_variance": "running_var",
        "kernel": "weight",
        "bias": "bias",
    }
    for layer in model.layers:
        for variable in layer.weights:
            name = f"{torch_layer(layer.name)}.{attributes[variable.name]}"
            shape = tuple(variable.shape)
            if len(shape) == 4:
                value = weight(name, shape[:1:-1] + shape[:2]).transpose(2, 3, 1, 0)
            else:
                value = weight(name, shape[::-1]).T
            variable.assign(value)


def stage_summary(outputs):
    """Mean and largest magnitude of each channel of outputs (N, H, W, C): (2, C)."""
    return np.stack([outputs.mean((0, 1, 2)), abs(outputs).max((0, 1, 2))])
