"""The tf.data pipelines: order, seeds, and pictures, masks and boxes that agree."""

import numpy as np
import pytest

from course.toolkit.data import Scenes, digit_scenes, image_batches, scene_batches

tf = pytest.importorskip("tensorflow")


def collect(dataset):
    """Everything a dataset yields, as nested numpy arrays."""
    return [tf.nest.map_structure(lambda t: t.numpy(), batch) for batch in dataset]


def equal(a, b):
    flat = [tf.nest.flatten(x) for x in (a, b)]
    same = [np.array_equal(x, y) for x, y in zip(*flat, strict=True)]
    return all(same)


@pytest.fixture(scope="module")
def numbered():
    """Ten pictures, each of one gray value, which is its label."""
    labels = np.arange(10)
    images = np.ones((10, 8, 6, 1)) * labels[:, None, None, None]
    return images.astype("uint8"), labels


@pytest.fixture(scope="module")
def blocks():
    """Scenes whose blocks are bright exactly where the mask is not 0."""
    rng = np.random.default_rng(0)
    images, masks, boxes, labels = [], [], [], []
    for i in range(24):
        mask = np.zeros((32, 48), "uint8")
        own = []
        for k in range(i % 3):  # every third picture is empty
            y, x = rng.integers(0, [12, 40]) + [16 * k, 0]
            y, x = (y // 12 * 12, 0) if i % 2 else (y, x)  # some touch the border
            mask[y : y + 4, x : x + 8] = k + 1
            own.append((x, y, x + 8, y + 4))
        images.append(np.where(mask[..., None] > 0, 230, 60) * np.ones(3))
        masks.append(mask)
        boxes.append(np.array(own, "float32").reshape(-1, 4))
        labels.append(np.arange(len(own), dtype="int32"))
    return Scenes(np.array(images, "uint8"), np.array(masks), boxes, labels)


def test_image_batches_keep_order_scale_and_the_last_batch(numbered):
    batches = collect(image_batches(*numbered, batch_size=4))
    assert [len(x) for x, _ in batches] == [4, 4, 2]
    x, y = (np.concatenate(parts) for parts in zip(*batches, strict=True))
    assert x.dtype == np.float32 and y.dtype == np.int32
    np.testing.assert_array_equal(y, np.arange(10))
    np.testing.assert_allclose(x, numbered[0] / 255, atol=1e-7)


def test_floats_keep_their_scale(numbered):
    [(x, _)] = collect(image_batches(numbered[0] / 9, numbered[1]))
    np.testing.assert_allclose(x, numbered[0] / 9, atol=1e-7)


def test_shuffling_keeps_pairs_and_depends_on_the_seed(numbered):
    def orders(seed):
        dataset = image_batches(*numbered, shuffle=True, seed=seed)
        epochs = [collect(dataset)[0] for _ in range(2)]
        for x, y in epochs:
            np.testing.assert_allclose(x[:, 0, 0, 0] * 255, y, atol=1e-5)
            assert sorted(y) == list(range(10))
        return [list(y) for _, y in epochs]

    first = orders(1)
    assert first[0] != first[1]
    assert first == orders(1)
    assert first[0] != orders(2)[0]


@pytest.mark.parametrize("kind", ["images", "scenes"])
def test_augmentation_depends_on_the_seed_and_the_epoch(kind, blocks):
    def epochs(seed):
        if kind == "images":
            labels = np.arange(24)
            dataset = image_batches(blocks.images, labels, augment=True, seed=seed)
        else:
            dataset = scene_batches(blocks, augment=True, seed=seed)
        return [collect(dataset) for _ in range(2)]

    first = epochs(1)
    assert not equal(first[0], first[1])
    assert equal(first, epochs(1))
    assert not equal(first[0], epochs(2)[0])


@pytest.mark.parametrize("flip", [False, True])
def test_pictures_masks_and_boxes_move_together(blocks, flip):
    moved = 0
    [batch] = collect(scene_batches(blocks, augment=True, flip=flip, seed=5))
    for i, (image, mask) in enumerate(zip(batch["image"], batch["mask"], strict=True)):
        assert 0 <= image.min() and image.max() <= 1
        ink = image[..., 0] > (image.min() + image.max()) / 2
        if image.max() - image.min() < 0.2:  # nothing on it
            assert not len(blocks.labels[i])
            ink[:] = False
        np.testing.assert_array_equal(ink, mask > 0)
        for box, label in zip(batch["boxes"][i], batch["labels"][i], strict=True):
            if label < 0:
                continue
            rows, columns = np.nonzero(mask == label + 1)
            ends = (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)
            np.testing.assert_array_equal(box, ends)
            whole = blocks.boxes[i][label]
            assert (box[2] - box[0], box[3] - box[1]) == (8, 4)
            if not flip:
                assert abs(box[0] - whole[0]) <= 6 and abs(box[1] - whole[1]) <= 4
            moved += not np.array_equal(box, whole)
    assert moved > 8


def test_empty_pictures_are_shifted_too():
    image = np.zeros((1, 32, 32, 3), "uint8")
    image[0, 10:20, 10:20] = 255
    scene = Scenes(
        image, image[..., 0] // 255, [np.zeros((0, 4), "float32")], [np.zeros(0, int)]
    )
    corners = set()
    for seed in range(12):
        [batch] = collect(scene_batches(scene, augment=True, seed=seed))
        corners.add(tuple(np.argwhere(batch["mask"][0])[0]))
        assert batch["mask"].sum() == 100
    assert len(corners) > 6
    assert all(6 <= y <= 14 and 6 <= x <= 14 for y, x in corners)


def test_nothing_is_mirrored_unless_asked_for():
    image = np.zeros((40, 16, 16, 1), "float32")
    image[:, :, :8] = 1  # the left half is bright
    labels = np.zeros(40, int)

    def bright_on_the_left(**arguments):
        [(x, _)] = collect(
            image_batches(image, labels, batch_size=40, augment=True, **arguments)
        )
        return x[:, :, :8].mean((1, 2, 3)) > x[:, :, 8:].mean((1, 2, 3))

    assert bright_on_the_left().all()
    assert 8 < bright_on_the_left(flip=True).sum() < 32


def test_what_a_shift_uncovers_has_the_color_of_the_border():
    image = np.full((1, 16, 16, 1), 200, "uint8")
    image[0, 4:12, 4:12] = 0
    [(x, _)] = collect(image_batches(image, np.zeros(1), augment=True, seed=3))
    assert len(np.unique(x.round(3))) == 2


def test_missing_objects_are_padded(blocks):
    [batch] = collect(scene_batches(blocks, max_objects=5))
    assert batch["boxes"].shape == (24, 5, 4) and batch["labels"].shape == (24, 5)
    for i, labels in enumerate(blocks.labels):
        n = len(labels)
        np.testing.assert_array_equal(batch["labels"][i, :n], labels)
        np.testing.assert_array_equal(batch["boxes"][i, :n], blocks.boxes[i])
        assert (batch["labels"][i, n:] == -1).all()
        assert (batch["boxes"][i, n:] == 0).all()
    [batch] = collect(scene_batches(blocks))
    assert batch["boxes"].shape == (24, 2, 4)


def test_too_many_objects_are_an_error(blocks):
    with pytest.raises(tf.errors.InvalidArgumentError, match="more than max_objects=1"):
        collect(scene_batches(blocks, max_objects=1))


def test_targets_are_pairs_for_fit(blocks):
    [(x, mask)] = collect(scene_batches(blocks, target="mask"))
    np.testing.assert_array_equal(mask, blocks.masks)
    assert x.shape == (24, 32, 48, 3)
    [(_, objects)] = collect(scene_batches(blocks, target="boxes"))
    assert set(objects) == {"boxes", "labels"}


def test_resizing_scales_boxes_and_keeps_classes(blocks):
    [batch] = collect(scene_batches(blocks, size=(64, 24)))
    assert batch["image"].shape == (24, 64, 24, 3)
    assert set(np.unique(batch["mask"])) == {0, 1, 2}
    for i, boxes in enumerate(blocks.boxes):
        scaled = batch["boxes"][i, : len(boxes)]
        np.testing.assert_allclose(scaled, boxes * [0.5, 2, 0.5, 2])


def test_pictures_of_several_sizes_need_a_size():
    def examples():
        for side in (8, 12, 20):
            yield {
                "image": np.full((side, 2 * side, 3), side, "uint8"),
                "mask": np.ones((side, 2 * side), "uint8"),
                "label": side,
            }

    signature = {
        "image": tf.TensorSpec((None, None, 3), "uint8"),
        "mask": tf.TensorSpec((None, None), "uint8"),
        "label": tf.TensorSpec((), "int64"),
    }
    dataset = tf.data.Dataset.from_generator(examples, output_signature=signature)
    with pytest.raises(ValueError, match=r"pass size=\(height, width\)"):
        scene_batches(dataset)
    [(x, mask)] = collect(
        scene_batches(dataset, size=(10, 10), target="mask", augment=True)
    )
    assert x.shape == (3, 10, 10, 3) and mask.shape == (3, 10, 10)
    [(x, y)] = collect(image_batches(dataset, size=(10, 10)))
    np.testing.assert_array_equal(y, [8, 12, 20])
    np.testing.assert_allclose(x[:, 5, 5, 0] * 255, [8, 12, 20], atol=1e-4)


def test_static_shapes_reach_the_model(blocks):
    x, mask = scene_batches(blocks, augment=True, flip=True, target="mask").element_spec
    assert x.shape.as_list() == [None, 32, 48, 3]
    assert mask.shape.as_list() == [None, 32, 48]


def test_real_scenes_go_through():
    found = digit_scenes("test", 6, 64)
    [batch] = collect(scene_batches(found, augment=True, max_objects=4, seed=2))
    for i, labels in enumerate(found.labels):
        # All digits are still there: nothing left the picture.
        pixels = [np.bincount(m.ravel(), minlength=11)[1:] for m in
                  (found.masks[i], batch["mask"][i])]  # fmt: skip
        np.testing.assert_array_equal(*pixels)
        assert (batch["labels"][i] >= 0).sum() == len(labels)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: image_batches(np.ones((3, 4, 4, 1)), [0, 1]),
            "got 3 images, 2 labels",
        ),
        (lambda: image_batches(np.ones((3, 4, 4, 1))), "got 3 images, no labels"),
        (lambda: image_batches(np.ones((0, 4, 4, 1)), []), "nothing to batch"),
        (
            lambda: image_batches(np.full((1, 4, 4, 1), 200.0), [0]),
            "images must be uint8, 0 to 255, or float, 0 to 1; got float64, 200 to 200",
        ),
        (lambda: image_batches(np.ones((1, 4, 4, 1), int), [0]), "got int64, 1 to 1"),
        (lambda: scene_batches(digit_scenes("train", 0)), "nothing to batch"),
        (
            lambda: scene_batches(digit_scenes("train", 1), target="label"),
            "target must be None, .* got 'label'",
        ),
    ],
)
def test_bad_input_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()
