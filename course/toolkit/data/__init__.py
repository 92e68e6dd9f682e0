"""Data sets that need no network."""

from importlib import import_module
from typing import NamedTuple

import numpy as np


class Split(NamedTuple):
    """Pictures and labels to train on, and others to test on."""

    x_train: np.ndarray
    y_train: np.ndarray
    x_test: np.ndarray
    y_test: np.ndarray


def digits(*, seed=0, test=450):
    """The 1,797 handwritten digits that scikit-learn ships, shuffled and split.

    The same seed gives the same split on every machine. The 13 people who wrote the
    digits are not told apart: a hand may occur on both sides of the split.

    Args:
        seed: of the shuffle.
        test: number of pictures kept for testing.

    Returns:
        Split: pictures as float32 arrays (N, 8, 8, 1) from 0 (paper) to 1 (ink),
        labels 0 to 9 as int32 arrays (N,).

    Raises:
        ValueError: ``test`` leaves one of the two sides without pictures.

    Source: Alpaydin and Kaynak 1998, UCI Optical Recognition of Handwritten Digits.
    """
    from sklearn.datasets import load_digits

    pictures, labels = load_digits(return_X_y=True)
    if not 0 < test < len(pictures):
        raise ValueError(
            f"test must be between 1 and {len(pictures) - 1}, so that there are "
            f"pictures on both sides; got {test}."
        )
    order = np.random.default_rng(seed).permutation(len(pictures))
    x = (pictures[order] / 16).astype("float32").reshape(-1, 8, 8, 1)
    y = labels[order].astype("int32")
    return Split(x[test:], y[test:], x[:test], y[:test])


# The rest lies in files of its own, each of which is imported when it is first used.
_HOMES = {
    "Scenes": "scenes",
    "digit_scenes": "scenes",
    "image_batches": "pipelines",
    "load": "named",
    "scene_batches": "pipelines",
    "show_scenes": "sheet",
}
__all__ = ["Split", "digits", *_HOMES]  # noqa: PLE0604  (the names are the keys)


def __getattr__(name):
    if name in _HOMES:
        module = import_module(f"course.toolkit.data.{_HOMES[name]}")
        return getattr(module, name)
    raise AttributeError(f"module 'course.toolkit.data' has no attribute {name!r}")


def __dir__():
    return sorted(__all__)
