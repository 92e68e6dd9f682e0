"""``tf.data`` pipelines: shuffled by a seed, augmented, batched, prefetched.

The same data, arguments and seed give the same batches, epoch by epoch: the second
epoch differs from the first, and equals the second of another run. (A global seed set
by ``keras.utils.set_random_seed`` is mixed in by ``tf.data`` and must be the same.)

Augmented pictures are shifted by up to an eighth of their sides, brightened or darkened
by up to 0.1, and their contrast changed by up to a quarter. Nothing is mirrored unless
``flip=True``: a mirrored digit is another sign, a mirrored cat is a cat.
"""

import numpy as np

# Of a set that is read from files; arrays, which are in memory, are shuffled whole.
_BUFFER = 2048
_SHIFT = 1 / 8
_BRIGHTNESS = 0.1
_CONTRAST = 1.25


def image_batches(
    images, labels=None, *, batch_size=32, size=None, shuffle=False, augment=False,
    flip=False, seed=0,
):  # fmt: skip
    """Batches of pictures and labels, to give to ``model.fit``.

    Args:
        images: array (N, H, W, C), uint8 or float from 0 to 1; or a ``tf.data.Dataset``
            of dicts with ``image`` and ``label``, such as ``load`` returns.
        labels: integer array (N,); None for a dataset.
        batch_size: the last batch may be smaller.
        size: (height, width) to resize to, needed when the pictures differ in size.
        shuffle: in every epoch anew. A dataset from files through a buffer of 2,048.
        augment: shift, brightness and contrast, in every epoch anew.
        flip: with ``augment``, mirror every second picture at random, left to right.
        seed: of shuffling and augmentation.

    Returns:
        tf.data.Dataset of (images, labels): float32 (n, H, W, C) from 0 to 1 and
        int32 (n,).

    Raises:
        ValueError: lengths that disagree, nothing to batch, values that are neither
            uint8 nor from 0 to 1, pictures of several sizes and no ``size``.
    """
    import tensorflow as tf

    buffer = _BUFFER
    if not isinstance(images, tf.data.Dataset):
        _check_lengths(images=images, labels=labels)
        buffer = len(images)
        images = tf.data.Dataset.from_tensor_slices(
            {"image": _pictures(images), "label": np.asarray(labels)}
        )
    dataset = _prepared(images, size, shuffle and buffer, augment, flip, seed)
    dataset = dataset.map(lambda e: (e["image"], tf.cast(e["label"], "int32")))
    return dataset.batch(batch_size).prefetch(tf.data.AUTOTUNE)


def scene_batches(
    scenes, *, batch_size=32, size=None, shuffle=False, augment=False, flip=False,
    seed=0, max_objects=None, target=None,
):  # fmt: skip
    """Batches of pictures with masks and boxes that are transformed together.

    A shift moves picture, mask and boxes alike and never so far that a box leaves the
    picture. What it uncovers is filled with the median color of the picture's border,
    and with 0 in the mask. Pictures have different numbers of objects: missing boxes
    are (0, 0, 0, 0), which has no area and an IoU of 0 with everything, and missing
    labels are -1.

    Args:
        scenes: ``Scenes``, or a ``tf.data.Dataset`` of dicts with ``image`` and
            ``mask``, or ``boxes`` and ``labels``, or all, such as ``load`` returns.
        batch_size: the last batch may be smaller.
        size: (height, width) to resize to, needed when the pictures differ in size.
        shuffle: in every epoch anew. A dataset from files through a buffer of 2,048.
        augment: shift, brightness and contrast, in every epoch anew.
        flip: with ``augment``, mirror every second picture at random, left to right.
            Wrong for digits.
        seed: of shuffling and augmentation.
        max_objects: rows M of boxes and labels, or None for as many as the picture
            with the most objects in the batch has.
        target: None for dicts; "mask" for pairs (images, masks), "boxes" for pairs
            (images, dict of boxes and labels).

    Returns:
        tf.data.Dataset of dicts with ``image``, float32 (n, H, W, C) from 0 to 1, and
        what there is of ``mask``, int32 (n, H, W), ``boxes``, float32 (n, M, 4) of
        (x1, y1, x2, y2) in pixels, and ``labels``, int32 (n, M); or of pairs.

    Raises:
        ValueError: lengths that disagree, nothing to batch, values that are neither
            uint8 nor from 0 to 1, pictures of several sizes and no ``size``, a target
            that the data do not have.
        tf.errors.InvalidArgumentError: while batches are read: a picture has more than
            ``max_objects`` objects.
    """
    import tensorflow as tf

    buffer = _BUFFER
    if not isinstance(scenes, tf.data.Dataset):
        buffer = len(scenes.images)
        scenes = _from_scenes(scenes)
    keys = ("image", "mask", "boxes", "labels")
    given = [key for key in keys if key in scenes.element_spec]
    if target not in (None, *(k for k in ("mask", "boxes") if k in given)):
        raise ValueError(
            f"target must be None, or 'mask' or 'boxes' if the data have it; they have "
            f"{', '.join(given)}; got {target!r}."
        )
    scenes = scenes.map(lambda e: {k: e[k] for k in given})
    dataset = _prepared(scenes, size, shuffle and buffer, augment, flip, seed)
    if max_objects is not None and "boxes" in given:
        dataset = dataset.map(lambda e: _at_most(e, max_objects))
    types = {"image": "float32", "mask": "int32", "boxes": "float32", "labels": "int32"}
    dataset = dataset.map(lambda e: {k: tf.cast(e[k], types[k]) for k in given})
    shapes = {k: dataset.element_spec[k].shape for k in given}
    if "boxes" in given:
        shapes |= {"boxes": (max_objects, 4), "labels": (max_objects,)}
    padding = {"image": 0.0, "mask": 0, "boxes": 0.0, "labels": -1}
    dataset = dataset.padded_batch(batch_size, shapes, {k: padding[k] for k in given})
    return dataset.map(_pairs(target)).prefetch(tf.data.AUTOTUNE)


def _check_lengths(**arrays):
    lengths = {name: len(array) for name, array in arrays.items() if array is not None}
    if len(lengths) < len(arrays) or len(set(lengths.values())) > 1:
        had = ", ".join(f"{lengths.get(name, 'no')} {name}" for name in arrays)
        raise ValueError(f"Each image needs its own entry of the rest; got {had}.")
    if not any(lengths.values()):
        raise ValueError(f"There is nothing to batch: {', '.join(arrays)} are empty.")


def _pictures(images):
    """The array, when its type and range say how bright a value is."""
    images = np.asarray(images)
    if images.dtype == np.uint8:
        return images
    if images.dtype.kind != "f" or images.min() < 0 or images.max() > 1:
        raise ValueError(
            f"images must be uint8, 0 to 255, or float, 0 to 1; got {images.dtype}, "
            f"{images.min():g} to {images.max():g}. Convert with "
            f".astype('uint8') or divide by the largest value there can be."
        )
    return images


def _from_scenes(scenes):
    """A dataset of dicts, whose boxes and labels keep their own lengths."""
    import tensorflow as tf

    images, masks, boxes, labels = scenes
    _check_lengths(images=images, masks=masks, boxes=boxes, labels=labels)
    counts = [len(b) for b in boxes]
    ragged = tf.RaggedTensor.from_row_lengths
    return tf.data.Dataset.from_tensor_slices(
        {
            "image": _pictures(images),
            "mask": np.asarray(masks),
            "boxes": ragged(np.concatenate(boxes), counts),
            "labels": ragged(np.concatenate(labels), counts),
        }
    )


def _prepared(dataset, size, buffer, augment, flip, seed):
    """Elements resized, shuffled in a buffer if any, from 0 to 1, and augmented."""
    import tensorflow as tf

    calls = tf.data.AUTOTUNE
    if size is not None:
        dataset = dataset.map(lambda e: _resized(e, size), num_parallel_calls=calls)
    elif not dataset.element_spec["image"].shape[:2].is_fully_defined():
        raise ValueError(
            "The pictures may differ in size, so they cannot be put into one batch: "
            "pass size=(height, width)."
        )
    if buffer:
        dataset = dataset.shuffle(buffer, seed=seed)
    dataset = dataset.map(_scaled, num_parallel_calls=calls)
    if augment:
        seeds = tf.data.Dataset.random(seed, rerandomize_each_iteration=True).batch(2)
        dataset = tf.data.Dataset.zip(dataset, seeds).map(
            lambda e, pair: _augmented(e, pair, flip), num_parallel_calls=calls
        )
    return dataset


def _resized(example, size):
    import tensorflow as tf

    image = example["image"]
    old = tf.cast(tf.shape(image)[:2], "float32")
    resized = tf.image.resize(image, size, antialias=True)
    if image.dtype == "uint8":
        resized = tf.round(resized)
    changed = {"image": tf.saturate_cast(resized, image.dtype)}
    if "mask" in example:
        mask = tf.image.resize(example["mask"][..., None], size, method="nearest")
        changed["mask"] = mask[..., 0]
    if "boxes" in example:
        scale = tf.constant(size, "float32") / old
        boxes = tf.cast(example["boxes"], "float32")
        changed["boxes"] = boxes * tf.stack([scale[1], scale[0]] * 2)
    return example | changed


def _scaled(example):
    import tensorflow as tf

    image = example["image"]
    scale = 255 if image.dtype == "uint8" else 1
    return example | {"image": tf.cast(image, "float32") / scale}


def _augmented(example, pair, flip):
    """The element shifted, brightened, and with changed contrast."""
    import tensorflow as tf

    seeds = tf.random.split(pair, 4)
    if flip:
        mirror = tf.random.stateless_uniform((), seeds[0]) < 0.5
        example = tf.cond(mirror, lambda: _mirrored(example), lambda: example)
    example = _shifted(example, seeds[1])
    image = tf.image.stateless_random_brightness(
        example["image"], _BRIGHTNESS, seeds[2]
    )
    image = tf.image.stateless_random_contrast(
        image, 1 / _CONTRAST, _CONTRAST, seeds[3]
    )
    return example | {"image": tf.clip_by_value(image, 0, 1)}


def _mirrored(example):
    import tensorflow as tf

    width = tf.cast(tf.shape(example["image"])[1], "float32")
    changed = {"image": example["image"][:, ::-1]}
    if "mask" in example:
        changed["mask"] = example["mask"][:, ::-1]
    if "boxes" in example:
        x1, y1, x2, y2 = tf.unstack(example["boxes"], axis=-1)
        changed["boxes"] = tf.stack([width - x2, y1, width - x1, y2], axis=-1)
    return example | changed


def _shifted(example, seed):
    """Move everything by whole pixels, no box beyond the border."""
    import tensorflow as tf

    image = example["image"]
    sides = tf.shape(image)[:2]
    most = tf.cast(tf.cast(sides, "float32") * _SHIFT, "int32")
    low, high = -most, most
    if "boxes" in example:
        edges = tf.cast(example["boxes"], "float32")
        # Without boxes these are the type's extremes, which then limit nothing.
        first = tf.reduce_min(edges[:, 1::-1], axis=0)
        last = tf.reduce_max(edges[:, 3:1:-1], axis=0)
        room = tf.cast(sides, "float32") - last
        low = tf.maximum(low, -_whole(first))
        high = tf.minimum(high, _whole(room))
    part = tf.random.stateless_uniform((2,), seed)
    shift = low + tf.cast(part * tf.cast(high - low + 1, "float32"), "int32")
    changed = {"image": _moved(image, shift, most, _border_color(image))}
    if "mask" in example:
        mask = tf.cast(example["mask"], "int32")[..., None]
        changed["mask"] = _moved(mask, shift, most, 0)[..., 0]
    if "boxes" in example:
        changed["boxes"] = edges + tf.cast(tf.tile(shift[::-1], (2,)), "float32")
    return example | changed


def _whole(room):
    """Whole pixels of room, between 0 and a bound that a cast can hold."""
    import tensorflow as tf

    return tf.cast(tf.floor(tf.clip_by_value(room, 0, 1e6)), "int32")


def _border_color(image):
    """The median of the outermost pixels, channel by channel: (C,)."""
    import tensorflow as tf

    sides = [image[0], image[-1], image[:, 0], image[:, -1]]
    border = tf.sort(tf.concat(sides, axis=0), axis=0)
    return border[tf.shape(border)[0] // 2]


def _moved(picture, shift, most, fill):
    """The picture moved down and right by ``shift``, of at most ``most`` pixels."""
    import tensorflow as tf

    around = tf.stack([most, most], axis=1)
    padded = tf.pad(picture - fill, tf.concat([around, [[0, 0]]], axis=0))
    start = tf.concat([most - shift, [0]], axis=0)
    return tf.ensure_shape(
        tf.slice(padded, start, tf.shape(picture)) + fill, picture.shape
    )


def _at_most(example, max_objects):
    import tensorflow as tf

    count = tf.shape(example["boxes"])[0]
    message = f"A picture has more than max_objects={max_objects} objects."
    with tf.control_dependencies(
        [tf.debugging.assert_less_equal(count, max_objects, message)]
    ):
        return example | {"boxes": tf.identity(example["boxes"])}


def _pairs(target):
    if target is None:
        return lambda batch: batch
    if target == "mask":
        return lambda batch: (batch["image"], batch["mask"])
    return lambda batch: (
        batch["image"],
        {"boxes": batch["boxes"], "labels": batch["labels"]},
    )
