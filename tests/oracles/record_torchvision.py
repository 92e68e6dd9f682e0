"""Run torchvision's ResNets and record what they answer.

Written to torchvision_resnet.npz beside this file, which the tests read, or to the
file named as argument. Needs torch and torchvision, which the project does not
install::

    python -m venv build/torch
    build/torch/bin/pip install torch==2.14.1 torchvision==0.29.1 numpy
    build/torch/bin/python tests/oracles/record_torchvision.py
"""

import sys
from pathlib import Path

import numpy as np
import torch
import torchvision
from torchvision_weights import STAGES, images, stage_summary, weight

NETWORKS = ("resnet18", "resnet50")


def answer(name, *, training):
    """Run one network: log probabilities (N, 1000), and a summary of each stage."""
    network = getattr(torchvision.models, name)(weights=None)
    state = {
        key: torch.from_numpy(weight(key, value.shape))
        for key, value in network.state_dict().items()
        if not key.endswith("num_batches_tracked")
    }
    network.load_state_dict(state, strict=False)
    network.train(training)
    found = {}
    for stage in STAGES:
        getattr(network, stage).register_forward_hook(
            lambda _, __, output, stage=stage: found.__setitem__(
                stage, stage_summary(output.permute(0, 2, 3, 1).numpy())
            )
        )
    with torch.no_grad():
        batch = torch.from_numpy(images().transpose(0, 3, 1, 2).copy())
        found["log_probabilities"] = network(batch).log_softmax(1).numpy()
    return found


def record():
    """All answers, as the arrays of the file."""
    arrays = {"versions": f"torch {torch.__version__} vision {torchvision.__version__}"}
    for name, training in [*((n, False) for n in NETWORKS), ("resnet18", True)]:
        mode = "training" if training else "inference"
        for key, value in answer(name, training=training).items():
            arrays[f"{name}/{mode}/{key}"] = value.astype("float32")
    return arrays


if __name__ == "__main__":
    beside = Path(__file__).with_name("torchvision_resnet.npz")
    np.savez_compressed(*sys.argv[1:] or [beside], **record())
