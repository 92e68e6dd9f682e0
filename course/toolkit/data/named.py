"""Sets of tensorflow-datasets by name, all in the same form.

A set that is not prepared is an immediate error: left alone, tensorflow-datasets tries
for minutes to reach a server before it says that there is no network.
"""

import os
from difflib import get_close_matches
from pathlib import Path

NAMES = {
    "mnist": "train, test",
    "fashion_mnist": "train, test",
    "cifar10": "train, test",
    "oxford_iiit_pet": "train, test",
    "voc/2007": "train, validation, test",
    "digit_scenes/64": "train, test",
    "digit_scenes/128": "train, test",
}
_OFFLINE = "digit_scenes/"


def load(name, split="train", data_dir=None, *, download=False):
    """Read a set of tensorflow-datasets as a ``tf.data.Dataset`` of dicts.

    Every element has an ``image``, uint8 (H, W, C), and besides:

    - ``mnist``, ``fashion_mnist``, ``cifar10``: ``label``, int64.
    - ``oxford_iiit_pet``: ``label`` of the breed and ``mask``, uint8 (H, W): 0 pet,
      1 background, 2 the border between them.
    - ``voc/2007``: ``boxes``, float32 (objects, 4) of (x1, y1, x2, y2) in pixels,
      half-open; ``labels``, int64 (objects,); ``difficult``, bool (objects,).
    - ``digit_scenes/64``, ``digit_scenes/128``: ``mask``, ``boxes`` and ``labels`` as
      in ``digit_scenes()``. They need no network and are prepared when they are not.

    Args:
        name: one of the above.
        split: as in tensorflow-datasets, also "train[:10%]". ``voc/2007`` has train,
            validation and test, the others train and test.
        data_dir: folder of prepared sets, or None for the one of tensorflow-datasets
            (the variable ``TFDS_DATA_DIR``, else ``tensorflow_datasets`` in the home
            folder).
        download: prepare a missing set with the network.

    Returns:
        tf.data.Dataset in the order of the prepared files.

    Raises:
        ValueError: an unknown name or split.
        FileNotFoundError: the set is not prepared in ``data_dir``.
        ConnectionError: ``download`` is true and the set's server does not answer.
    """
    _check_name(name)
    folder = _data_dir(data_dir)
    prepared = _prepared(name, folder)
    if prepared is None:
        if not download and not name.startswith(_OFFLINE):
            raise FileNotFoundError(_not_prepared(name, folder))
        prepared = _prepare(name, folder)
    import tensorflow_datasets as tfds

    # Read from its files, a set asks no server, not even for its description.
    builder = tfds.builder_from_directory(prepared)
    _check_split(name, split, builder.info.splits)
    dataset = builder.as_dataset(split=split)
    return dataset.map(_FORMS[name.partition("/")[0]])


def _check_name(name):
    if name in NAMES:
        return
    close = get_close_matches(str(name), [*NAMES, "digits"], 1, 0.4)
    if close == ["digits"]:
        hint = " For the 8 by 8 digits call course.toolkit.data.digits()."
    else:
        hint = f" Did you mean {close[0]!r}?" if close else ""
    raise ValueError(f"name must be one of {', '.join(NAMES)}; got {name!r}.{hint}")


def _check_split(name, split, splits):
    """Complain of a split whose name, before any ``[``, the set does not have."""
    for part in str(split).split("+"):
        if part.partition("[")[0] not in splits:
            raise ValueError(
                f"{name} has the splits {', '.join(splits)}, or parts of them such as "
                f"{next(iter(splits))!r} + '[:10%]'; got {split!r}."
            )


def _data_dir(data_dir):
    """The folder to search, as tensorflow-datasets would choose it."""
    chosen = data_dir or os.environ.get("TFDS_DATA_DIR") or "~/tensorflow_datasets"
    return Path(chosen).expanduser()


def _prepared(name, folder):
    """Folder of the newest prepared version of a set, or None."""
    # tensorflow-datasets writes under another name and renames when all is there.
    found = [
        path.parent
        for path in folder.joinpath(*name.split("/")).glob("*/dataset_info.json")
        if _version(path.parent) is not None
    ]
    return max(found, key=_version, default=None)


def _version(folder):
    """The numbers of a folder such as ``3.0.1``, or None for another name."""
    parts = folder.name.split(".")
    if len(parts) != 3 or not all(part.isdecimal() for part in parts):
        return None
    return tuple(map(int, parts))


def _not_prepared(name, folder):
    command = (
        f'python -c "from course.toolkit.data import load; '
        f"load('{name}', data_dir='{folder.as_posix()}', download=True)\""
    )
    others = ", ".join(n for n in NAMES if n.startswith(_OFFLINE))
    return (
        f"The set {name} is not prepared in {folder}: there is no "
        f"{name}/<version>/dataset_info.json. On a machine with a network, run\n\n"
        f"    {command}\n\n"
        f"and copy the folder {name.partition('/')[0]} to this machine, or pass as "
        f"data_dir the folder where it lies. Without a network there are {others}."
    )


def _prepare(name, folder):
    """Write a set into the folder; return the folder of its version."""
    import tensorflow_datasets as tfds

    if name.startswith(_OFFLINE):
        from course.toolkit.data.builder import DigitScenes

        builder = DigitScenes(config=name.partition("/")[2], data_dir=folder)
    else:
        # Asked of the class: an object of it would itself go looking for the network.
        _check_network(name, folder, tfds.builder_cls(name.partition("/")[0]).url_infos)
        builder = tfds.builder(name, data_dir=folder)
    builder.download_and_prepare()
    return Path(builder.data_dir)


def _check_network(name, folder, urls):
    """Ask the set's first server for a sign of life, once and briefly."""
    from urllib.error import HTTPError
    from urllib.request import Request, urlopen

    url = str(next(iter(urls)))
    try:
        urlopen(Request(url, method="HEAD"), timeout=10).close()
    except HTTPError:
        return  # The server answers, if only that it does not like to be asked so.
    except OSError as error:
        raise ConnectionError(
            f"{name} cannot be downloaded into {folder}: {url} does not answer "
            f"({error}). Run this on a machine with a network and copy the folder "
            f"{name.partition('/')[0]} from its data_dir."
        ) from error


def _classification(example):
    return {"image": example["image"], "label": example["label"]}


def _pet(example):
    # In the files 1 is the pet, 2 the background, 3 the border.
    mask = example["segmentation_mask"][..., 0] - 1
    return {"image": example["image"], "label": example["label"], "mask": mask}


def _voc(example):
    import tensorflow as tf

    shape = tf.shape(example["image"])
    height, width = (tf.cast(shape[i], "float32") for i in (0, 1))
    y1, x1, y2, x2 = tf.unstack(example["objects"]["bbox"], axis=-1)
    # VOC counts pixels from 1 and its last pixel is inside: half-open and from 0, the
    # first moves by one and the last stays. tfds divides by the sides without that.
    edges = [x1 * width - 1, y1 * height - 1, x2 * width, y2 * height]
    return {
        "image": example["image"],
        "boxes": tf.round(tf.stack(edges, axis=-1)),
        "labels": example["objects"]["label"],
        "difficult": example["objects"]["is_difficult"],
    }


def _scenes(example):
    objects = example["objects"]
    return {
        "image": example["image"],
        "mask": example["mask"],
        "boxes": objects["box"],
        "labels": objects["label"],
    }


_FORMS = {
    "mnist": _classification,
    "fashion_mnist": _classification,
    "cifar10": _classification,
    "oxford_iiit_pet": _pet,
    "voc": _voc,
    "digit_scenes": _scenes,
}
