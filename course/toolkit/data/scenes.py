"""Real handwritten digits on real photographs, to segment and to detect.

A scene is a square crop of a photograph with one to four digits pasted on it. Every
scene is drawn from a generator of its own, made of seed, split, size and index: the
first ten scenes are the same whether ten or ten thousand are asked for.

No digit and no part of a photograph is in both splits. The test digits are the last
450 of scikit-learn's file, in which neighbors are mostly of one hand: for 59 % of the
digits the nearest other picture lies within 140 places, where chance gives 15 %. So the
two splits are mostly of different writers as well.
"""

from functools import cache
from typing import NamedTuple

import numpy as np

from course.toolkit.data.photographs import regions

SPLITS = ("train", "test")
MAX_DIGITS = 4
SIZES = (32, 156)
_TEST_DIGITS = 450
# A digit's cell, 8 by 8 in the file, as parts of the picture's side.
_SMALLEST, _LARGEST = 0.22, 0.5
_MOST_HIDDEN = 0.2
_ATTEMPTS = 10
# Where the stroke ends: enlarged ink from 0 (paper) to 1.
_EDGE = 0.48
_LUMA = np.array([0.299, 0.587, 0.114])
_CONTRAST = 90  # of 255, in luma and from the colors of the scene's other digits


class Scenes(NamedTuple):
    """Pictures, and what is to be found on them.

    Attributes:
        images: uint8 array (N, S, S, 3).
        masks: uint8 array (N, S, S); 0 is background, 1 to 10 are the digits 0 to 9.
        boxes: N float32 arrays (digits, 4) of (x1, y1, x2, y2) in pixels, half-open.
        labels: N int32 arrays (digits,), 0 to 9, in the order of the boxes.
    """

    images: np.ndarray
    masks: np.ndarray
    boxes: list
    labels: list


def digit_scenes(split="train", count=1000, size=64, seed=0):
    """Draw scenes: handwritten digits on crops of photographs.

    Digits drawn later lie in front. The mask shows the front one. A digit is put only
    where every digit behind it keeps at least four fifths of its pixels, and wholly
    within the picture; one that finds no such place in ten attempts is left out.
    A box is the smallest around the pixels of its digit that the mask shows, so no box
    is without area and none is of a digit that cannot be seen.

    Args:
        split: "train" or "test".
        count: number of scenes.
        size: side S of the pictures in pixels, 32 to 156.
        seed: 0 or more; the same seed gives the same scenes.

    Returns:
        Scenes.

    Raises:
        ValueError: an unknown split, a size out of range, a count or a seed below 0.

    Source: Alpaydin and Kaynak 1998 for the digits; for the photographs see
    ``course.toolkit.data.photographs``.
    """
    check_request(split, count, size, seed)
    images = np.empty((count, size, size, 3), "uint8")
    masks = np.empty((count, size, size), "uint8")
    boxes, labels = [], []
    for i in range(count):
        images[i], masks[i], found, digits = draw_scene(split, i, size, seed)
        boxes.append(found)
        labels.append(digits)
    return Scenes(images, masks, boxes, labels)


def check_request(split, count, size, seed):
    """Raise a ValueError that names the first argument out of range."""
    if split not in SPLITS:
        raise ValueError(f"split must be one of {', '.join(SPLITS)}; got {split!r}.")
    if count < 0:
        raise ValueError(f"count must be 0 or more; got {count}.")
    if not SIZES[0] <= size <= SIZES[1]:
        raise ValueError(
            f"size must be {SIZES[0]} to {SIZES[1]} pixels: smaller digits cannot be "
            f"read, larger crops do not fit into the photographs; got {size}."
        )
    if seed < 0:
        raise ValueError(f"seed must be 0 or more; got {seed}.")


def draw_scene(split, index, size, seed):
    """Draw one scene.

    Args:
        split: "train" or "test".
        index: of the scene within its split.
        size: side S of the picture in pixels.
        seed: 0 or more.

    Returns:
        Tuple of image (S, S, 3), mask (S, S), boxes (digits, 4) and labels (digits,).
    """
    rng = np.random.default_rng((seed, SPLITS.index(split), size, index))
    image = _background(rng, split, size)
    owner = np.zeros((size, size), "int64")  # 0 is the photograph, k the k-th digit
    pixels, labels, colors = [0], [-1], []
    for _ in range(rng.integers(1, MAX_DIGITS, endpoint=True)):
        cover, label = _digit(rng, split, size)
        ink = cover > 0.5
        corner = _free_place(rng, ink, owner, np.array(pixels))
        if corner is None:
            continue
        y, x = corner
        window = np.s_[y : y + ink.shape[0], x : x + ink.shape[1]]
        under = image[window]
        colors.append(_color(rng, under[ink], colors))
        image[window] = under + cover[..., None] * (colors[-1] - under)
        owner[window][ink] = len(pixels)
        pixels.append(int(ink.sum()))
        labels.append(label)
    mask = (np.array(labels) + 1)[owner].astype("uint8")
    boxes = [_extent(owner == k) for k in range(1, len(pixels))]
    image = np.rint(image).astype("uint8")
    return image, mask, np.array(boxes, "float32"), np.array(labels[1:], "int32")


def _background(rng, split, size):
    """A square crop of one photograph, shrunk to the size: float64 (S, S, 3)."""
    from PIL import Image

    photographs = regions(split)
    photograph = photographs[rng.integers(len(photographs))]
    side = int(rng.integers(size, SIZES[1], endpoint=True))
    y, x = (int(rng.integers(0, n - side + 1)) for n in photograph.shape[:2])
    crop = photograph[y : y + side, x : x + side]
    if rng.random() < 0.5:
        crop = crop[:, ::-1]
    picture = Image.fromarray(np.ascontiguousarray(crop))
    picture = picture.resize((size, size), Image.Resampling.BILINEAR)
    return np.asarray(picture).astype("float64")


@cache
def _digits(split):
    """The split's digits: ink (N, 8, 8) from 0 to 1, and their labels (N,)."""
    from sklearn.datasets import load_digits

    pictures, labels = load_digits(return_X_y=True)
    ink = pictures.reshape(-1, 8, 8) / 16
    border = len(ink) - _TEST_DIGITS
    part = np.s_[:border] if split == "train" else np.s_[border:]
    return ink[part], labels[part]


def _digit(rng, split, size):
    """A digit at a random size: how much each pixel is covered (h, w), its label."""
    ink, labels = _digits(split)
    chosen = rng.integers(len(ink))
    # Uniform in the logarithm: as many from 14 to 20 pixels as from 20 to 28.
    side = round(size * _SMALLEST * (_LARGEST / _SMALLEST) ** rng.random())
    weights = _enlarging(side)
    smooth = weights @ ink[chosen] @ weights.T
    # The edge of the stroke is about a pixel wide at any size.
    cover = np.clip(0.5 + (smooth - _EDGE) * side / 8, 0, 1)
    x1, y1, x2, y2 = _extent(cover > 0)
    return cover[y1:y2, x1:x2], int(labels[chosen])


@cache
def _enlarging(side):
    """Weights (side, 8) of bicubic interpolation (Keys 1981, a = -1/2)."""
    centers = (np.arange(side) + 0.5) * 8 / side - 0.5
    # What lies outside of the cell is paper, 0, and needs no weights.
    t = np.abs(centers[:, None] - np.arange(8))
    near = 1.5 * t**3 - 2.5 * t**2 + 1
    far = -0.5 * t**3 + 2.5 * t**2 - 4 * t + 2
    return np.where(t <= 1, near, np.where(t < 2, far, 0.0))


def _free_place(rng, ink, owner, pixels):
    """A corner (y, x) where the ink hides little of every digit, or None."""
    visible = np.bincount(owner.ravel(), minlength=len(pixels))
    height, width = ink.shape
    for _ in range(_ATTEMPTS):
        y = int(rng.integers(0, owner.shape[0] - height + 1))
        x = int(rng.integers(0, owner.shape[1] - width + 1))
        behind = owner[y : y + height, x : x + width][ink]
        left = visible - np.bincount(behind, minlength=len(pixels))
        if np.all(left[1:] >= (1 - _MOST_HIDDEN) * pixels[1:]):
            return y, x
    return None


def _color(rng, under, others):
    """A random color that stands out from the pixels under it and other colors."""
    luma = under @ _LUMA
    colors = rng.integers(0, 256, (16, 3))
    contrast = np.abs(colors @ _LUMA - luma.mean()) - luma.std()
    for other in others:
        contrast = np.minimum(contrast, np.linalg.norm(colors - other, axis=1))
    enough = np.flatnonzero(contrast >= _CONTRAST)
    return colors[enough[0] if len(enough) else contrast.argmax()]


def _extent(where):
    """Smallest half-open box (x1, y1, x2, y2) around the true pixels."""
    rows, columns = (np.flatnonzero(where.any(axis)) for axis in (1, 0))
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1
