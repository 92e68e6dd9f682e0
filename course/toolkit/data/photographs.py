"""Photographs that scikit-learn and scikit-image carry in their packages.

The files are read where they lie. scikit-image's own functions are not called: for a
file they do not find they turn to the network.

Sources and licenses: china by danielbuechele and flower by vultilion (both CC BY 2.0,
scikit-learn); astronaut (NASA, public domain), rocket (SpaceX, public domain), chelsea
by Stefan van der Walt, coffee by Rachel Michetti, brick, grass and gravel (all CC0,
scikit-image).
"""

from functools import cache
from importlib import resources

import numpy as np

PHOTOGRAPHS = {
    "china.jpg": "sklearn.datasets.images",
    "flower.jpg": "sklearn.datasets.images",
    "astronaut.png": "skimage.data",
    "brick.png": "skimage.data",
    "chelsea.png": "skimage.data",
    "coffee.png": "skimage.data",
    "grass.png": "skimage.data",
    "gravel.png": "skimage.data",
    "rocket.jpg": "skimage.data",
}
# Columns of a photograph, as parts of its width. What lies between is in no split: a
# JPEG file spreads a pixel over its neighbors.
COLUMNS = {"train": (0.0, 0.6), "test": (0.65, 1.0)}


def read(name):
    """Read one photograph.

    Args:
        name: key of ``PHOTOGRAPHS``.

    Returns:
        uint8 array (H, W, 3). A grey photograph has three equal channels.

    Raises:
        FileNotFoundError: the installed package lacks the file.
    """
    from PIL import Image

    package = PHOTOGRAPHS[name]
    file = resources.files(package) / name
    if not file.is_file():
        raise FileNotFoundError(
            f"{package} should contain {name}, but this installation does not. "
            f"Reinstall scikit-learn and scikit-image from their wheels."
        )
    with file.open("rb") as stream, Image.open(stream) as picture:
        return np.asarray(picture.convert("RGB"))


@cache
def regions(split):
    """The part of every photograph that belongs to a split: left or right columns.

    Args:
        split: "train" or "test".

    Returns:
        Tuple of uint8 arrays (H, W, 3), none of which may be written to.
    """
    first, last = COLUMNS[split]
    parts = []
    for name in PHOTOGRAPHS:
        photograph = read(name)
        width = photograph.shape[1]
        part = photograph[:, int(np.ceil(first * width)) : int(last * width)].copy()
        part.setflags(write=False)
        parts.append(part)
    return tuple(parts)
