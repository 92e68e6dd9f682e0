"""The scenes: what they promise about digits, photographs, boxes and masks."""

import hashlib
import os
import subprocess
import sys

import numpy as np
import pytest
import sklearn.datasets

from course.toolkit.data import digit_scenes, photographs, scenes, show_scenes


@pytest.fixture(scope="module")
def drawn():
    return digit_scenes("train", 60, 64)


def fingerprint(found):
    digest = hashlib.sha256()
    for array in (found.images, found.masks, *found.boxes, *found.labels):
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()


def test_shapes_and_types(drawn):
    assert drawn.images.shape == (60, 64, 64, 3) and drawn.images.dtype == np.uint8
    assert drawn.masks.shape == (60, 64, 64) and drawn.masks.dtype == np.uint8
    for boxes, labels in zip(drawn.boxes, drawn.labels, strict=True):
        assert 1 <= len(labels) <= scenes.MAX_DIGITS
        assert boxes.shape == (len(labels), 4) and boxes.dtype == np.float32
        assert labels.dtype == np.int32
    assert {int(n) for labels in drawn.labels for n in labels} == set(range(10))
    assert {len(labels) for labels in drawn.labels} == {1, 2, 3, 4}


def test_each_scene_depends_on_its_own_index_alone(drawn):
    first = digit_scenes("train", 3, 64)
    assert fingerprint(first) == fingerprint(scenes.Scenes(*(d[:3] for d in drawn)))


@pytest.mark.parametrize("other", [{"seed": 1}, {"split": "test"}, {"size": 65}])
def test_seed_split_and_size_change_the_scenes(drawn, other):
    found = digit_scenes(**({"split": "train", "count": 10, "size": 64} | other))
    pairs = zip(found.labels, drawn.labels[:10], strict=True)
    assert not all(np.array_equal(a, b) for a, b in pairs)


def test_another_process_draws_the_same():
    code = (
        "from course.toolkit.data import digit_scenes\n"
        "import test_data_scenes as t\n"
        "print(t.fingerprint(digit_scenes('test', 4, 128, 7)))"
    )
    path = os.pathsep.join([os.path.dirname(__file__), *filter(None, sys.path)])
    run = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True,
        env=os.environ | {"PYTHONPATH": path, "PYTHONHASHSEED": "17"},
    )  # fmt: skip
    assert run.stdout.strip() == fingerprint(digit_scenes("test", 4, 128, 7))


def test_boxes_are_the_smallest_around_what_the_mask_shows(drawn):
    for mask, boxes, labels in zip(drawn.masks, drawn.boxes, drawn.labels, strict=True):
        unexplained = mask.astype(int)
        for (x1, y1, x2, y2), label in zip(boxes.astype(int), labels, strict=True):
            assert 0 <= x1 < x2 <= 64 and 0 <= y1 < y2 <= 64
            inside = mask[y1:y2, x1:x2] == label + 1
            for side in (inside[0], inside[-1], inside[:, 0], inside[:, -1]):
                assert side.any()
            unexplained[y1:y2, x1:x2][inside] = 0
        assert not unexplained.any()


def test_every_digit_keeps_four_fifths_of_its_pixels(monkeypatch):
    squares = iter(range(1000))

    def square(rng, split, size):
        side = int(rng.integers(15, 40))
        return np.ones((side, side)), next(squares) % 4

    monkeypatch.setattr(scenes, "_digit", square)
    overlapping = 0
    for i in range(60):
        _, mask, boxes, labels = scenes.draw_scene("train", i, 64, 0)
        assert len(set(labels)) == len(labels)
        for (x1, y1, x2, y2), label in zip(boxes, labels, strict=True):
            # A square hidden by less than a fifth still reaches its full side in one
            # direction; the other is as long or, when a whole edge is covered, shorter.
            whole = max(x2 - x1, y2 - y1) ** 2
            visible = (mask == label + 1).sum()
            overlapping += visible < whole
            assert visible >= 0.8 * whole
    assert overlapping > 5


def test_digits_stand_out_from_what_is_behind_them():
    found = digit_scenes("train", 100, 64)
    distances = []
    for image, mask, boxes, labels in zip(*found, strict=True):
        for (x1, y1, x2, y2), label in zip(boxes.astype(int), labels, strict=True):
            part, classes = image[y1:y2, x1:x2].astype(float), mask[y1:y2, x1:x2]
            behind = part[classes == 0]
            if len(behind) >= 10:
                ink = np.median(part[classes == label + 1], axis=0)
                distances.append(np.linalg.norm(ink - np.median(behind, axis=0)))
    assert len(distances) > 200
    assert np.quantile(distances, 0.05) > 80


def changed_outside(monkeypatch, split):
    """Change every digit and every column that does not belong to the split."""
    read, load = photographs.read, sklearn.datasets.load_digits

    def altered_read(name):
        picture = read(name).copy()
        width = picture.shape[1]
        other = np.s_[int(0.6 * width) :] if split == "train" else np.s_[: width // 2]
        picture[:, other] = 255 - picture[:, other]
        return picture

    def altered_load(**arguments):
        pictures, labels = load(**arguments)
        other = np.s_[-450:] if split == "train" else np.s_[:-450]
        pictures[other], labels[other] = 16 - pictures[other], 9 - labels[other]
        return pictures, labels

    monkeypatch.setattr(photographs, "read", altered_read)
    monkeypatch.setattr(sklearn.datasets, "load_digits", altered_load)


@pytest.fixture
def fresh_caches():
    def clear():
        photographs.regions.cache_clear()
        scenes._digits.cache_clear()

    clear()
    yield clear
    clear()


@pytest.mark.parametrize(("split", "other"), [("train", "test"), ("test", "train")])
def test_no_digit_and_no_photograph_region_serves_both(
    monkeypatch, fresh_caches, split, other
):
    mine, theirs = digit_scenes(split, 80), digit_scenes(other, 80)
    with monkeypatch.context() as patch:
        changed_outside(patch, split)
        fresh_caches()
        assert fingerprint(digit_scenes(split, 80)) == fingerprint(mine)
        found = digit_scenes(other, 80)
        for i in range(80):  # The change reaches every scene of the other side.
            assert not np.array_equal(found.images[i], theirs.images[i])
            assert not np.array_equal(found.labels[i], theirs.labels[i])
    fresh_caches()


def test_a_gap_of_columns_lies_between_the_splits(monkeypatch, fresh_caches):
    def numbered(name):
        columns = np.arange(400) // 2
        return np.broadcast_to(columns[:, None], (300, 400, 3)).astype("uint8")

    monkeypatch.setattr(photographs, "read", numbered)
    train, test = photographs.regions("train"), photographs.regions("test")
    assert max(part.max() for part in train) < min(part.min() for part in test) - 8


def test_splits_share_no_picture_of_a_digit():
    seen = [{p.tobytes() for p in scenes._digits(split)[0]} for split in scenes.SPLITS]
    assert len(seen[0]) + len(seen[1]) == 1797
    assert not seen[0] & seen[1]


def test_every_photograph_is_in_the_packages_and_large_enough():
    for split in scenes.SPLITS:
        for part in photographs.regions(split):
            assert min(part.shape[:2]) >= scenes.SIZES[1]
            assert not part.flags.writeable


def test_a_missing_photograph_is_named(monkeypatch):
    monkeypatch.setitem(photographs.PHOTOGRAPHS, "gone.png", "skimage.data")
    with pytest.raises(FileNotFoundError, match=r"skimage.data should contain gone"):
        photographs.read("gone.png")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"split": "validation"}, "split must be one of train, test; got 'validation'"),
        ({"count": -1}, "count must be 0 or more; got -1"),
        ({"size": 31}, "size must be 32 to 156 pixels.*got 31"),
        ({"size": 157}, "got 157"),
        ({"seed": -1}, "seed must be 0 or more"),
    ],
)
def test_bad_requests_are_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        digit_scenes(**({"count": 1} | arguments))


def test_no_scenes_are_no_error():
    assert digit_scenes("train", 0).images.shape == (0, 64, 64, 3)


@pytest.mark.parametrize("size", scenes.SIZES)
def test_the_sizes_at_the_ends_work(size):
    for split in scenes.SPLITS:
        assert digit_scenes(split, 12, size).images.shape == (12, size, size, 3)


def test_sheet_draws_boxes_where_they_are(drawn):
    figure = show_scenes(*(d[:5] for d in drawn), columns=3)
    shown = [ax for ax in figure.axes if ax.images]
    assert len(shown) == 5 and len(figure.axes) == 6
    for ax, boxes, labels in zip(shown, drawn.boxes, drawn.labels, strict=False):
        frames = ax.patches[::2]  # Each lies over a black one.
        corners = [(*p.get_xy(), p.get_width(), p.get_height()) for p in frames]
        expected = [(x1, y1, x2 - x1, y2 - y1) for x1, y1, x2, y2 in boxes]
        np.testing.assert_allclose(corners, expected)
        assert [t.get_text() for t in ax.texts] == [str(n) for n in labels]
        assert ax.images[0].get_extent() == [0, 64, 64, 0]


def test_sheet_leaves_out_what_is_padded():
    boxes = [np.array([[1, 1, 5, 5], [0, 0, 0, 0]])]
    figure = show_scenes(
        np.zeros((1, 8, 8, 3)), boxes=boxes, labels=[[2, -1]], names=["a", "b", "cat"]
    )
    assert [t.get_text() for t in figure.axes[0].texts] == ["cat"]
    assert len(figure.axes[0].patches) == 2  # The frame and the black behind it.


def test_sheet_names_what_is_wrong(drawn):
    with pytest.raises(ValueError, match="images is empty"):
        show_scenes(np.zeros((0, 8, 8, 3)))
    with pytest.raises(ValueError, match="boxes must have an entry for each of the 60"):
        show_scenes(drawn.images, boxes=drawn.boxes[:2])
