"""Sets of tensorflow-datasets: our builder, and named sets from tiny prepared copies.

The copies are written by tensorflow-datasets itself, with the features of the real
sets, under their names and versions.
"""

import subprocess
import sys
import urllib.request
from email.message import Message
from pathlib import Path
from urllib.error import HTTPError, URLError

import numpy as np
import pytest

from course.toolkit.data import digit_scenes, image_batches, load, named, scene_batches

tfds = pytest.importorskip("tensorflow_datasets")
features = tfds.features


@pytest.fixture(autouse=True)
def quiet():
    tfds.disable_progress_bar()


def prepare(folder, name, version, kinds, examples):
    """Write examples of every split as tensorflow-datasets writes a set."""
    base, _, config = name.partition("/")

    class Copy(tfds.core.GeneratorBasedBuilder, skip_registration=True):
        name = base
        VERSION = tfds.core.Version(version)
        BUILDER_CONFIGS = [tfds.core.BuilderConfig(name=config)] if config else []

        def _info(self):
            return tfds.core.DatasetInfo(
                builder=self, features=features.FeaturesDict(kinds)
            )

        def _split_generators(self, dl_manager):
            return {s: self._generate_examples(e) for s, e in examples.items()}

        def _generate_examples(self, found):
            yield from enumerate(found)

    Copy(data_dir=folder).download_and_prepare()


def pictures(count, shape):
    rng = np.random.default_rng(0)
    return rng.integers(0, 256, (count, *shape), "uint8")


CLASSIFICATION = {
    "mnist": ("3.0.1", (28, 28, 1)),
    "fashion_mnist": ("3.0.1", (28, 28, 1)),
    "cifar10": ("3.0.2", (32, 32, 3)),
}


def prepare_classification(folder, name, version=None):
    known, shape = CLASSIFICATION[name]
    kinds = {
        "image": features.Image(shape=shape),
        "label": features.ClassLabel(num_classes=10),
    }
    if name == "cifar10":
        kinds["id"] = features.Text()
    images = pictures(6, shape)
    examples = [
        {"image": x, "label": i} | ({"id": f"train_{i}"} if "id" in kinds else {})
        for i, x in enumerate(images)
    ]
    splits = {"train": examples[:4], "test": examples[4:]}
    prepare(folder, name, version or known, kinds, splits)
    return images


@pytest.mark.parametrize("name", CLASSIFICATION)
def test_classification_sets(name, tmp_path):
    images = prepare_classification(tmp_path, name)
    found = {int(e["label"]): e["image"].numpy() for e in load(name, "train", tmp_path)}
    assert sorted(found) == [0, 1, 2, 3]
    for label, image in found.items():
        np.testing.assert_array_equal(image, images[label])
    dataset = load(name, "test", data_dir=str(tmp_path))
    assert set(dataset.element_spec) == {"image", "label"}
    [(x, y)] = image_batches(dataset, shuffle=True)
    assert x.shape == (2, *images.shape[1:]) and sorted(y.numpy()) == [4, 5]


def test_parts_of_a_split_and_unknown_ones(tmp_path):
    prepare_classification(tmp_path, "mnist")
    assert len(load("mnist", "train[:50%]", tmp_path)) == 2
    assert len(load("mnist", "train+test", tmp_path)) == 6
    with pytest.raises(ValueError, match="mnist has the splits .*; got 'validation'"):
        load("mnist", "validation", tmp_path)


def test_the_newest_version_is_read(tmp_path):
    for version in ("3.0.1", "3.0.10", "3.0.2"):
        prepare_classification(tmp_path, "mnist", version)
    # What an interrupted run leaves behind is no version.
    (tmp_path / "mnist" / "incomplete.ABC_4.0.0").mkdir()
    (tmp_path / "mnist" / "incomplete.ABC_4.0.0" / "dataset_info.json").touch()
    assert named._prepared("mnist", tmp_path).name == "3.0.10"


def test_pets_have_masks_from_0(tmp_path):
    kinds = {
        "image": features.Image(encoding_format="jpeg"),
        "label": features.ClassLabel(num_classes=37),
        "species": features.ClassLabel(names=["Cat", "Dog"]),
        "file_name": features.Text(),
        "segmentation_mask": features.Image(shape=(None, None, 1), use_colormap=True),
        "head_bbox": features.BBoxFeature(),
    }
    trimap = (np.arange(20 * 30) % 3 + 1).reshape(20, 30, 1).astype("uint8")
    example = {
        "image": pictures(1, (20, 30, 3))[0],
        "label": 36,
        "species": 1,
        "file_name": "yorkshire_terrier_1",
        "segmentation_mask": trimap,
        "head_bbox": features.BBox(0.1, 0.1, 0.5, 0.5),
    }
    prepare(tmp_path, "oxford_iiit_pet", "4.0.0", kinds, {"train": [example]})
    dataset = load("oxford_iiit_pet", "train", tmp_path)
    [found] = dataset
    np.testing.assert_array_equal(found["mask"], trimap[..., 0] - 1)
    assert int(found["label"]) == 36 and found["image"].shape == (20, 30, 3)
    [(x, mask)] = scene_batches(dataset, size=(16, 16), target="mask")
    assert x.shape == (1, 16, 16, 3) and set(np.unique(mask)) == {0, 1, 2}


def test_voc_boxes_are_half_open_pixels(tmp_path):
    kinds = {
        "image": features.Image(),
        "image/filename": features.Text(),
        "objects": features.Sequence(
            {
                "label": features.ClassLabel(num_classes=20),
                "bbox": features.BBoxFeature(),
                "pose": features.ClassLabel(num_classes=5),
                "is_truncated": np.bool_,
                "is_difficult": np.bool_,
            }
        ),
        "labels": features.Sequence(features.ClassLabel(num_classes=20)),
        "labels_no_difficult": features.Sequence(features.ClassLabel(num_classes=20)),
    }
    height, width = 375, 500
    # As in an annotation: the first and the last pixel, counted from 1.
    annotated = [(1, 1, width, height), (263, 211, 324, 339)]

    def found(label, xmin, ymin, xmax, ymax):
        box = (ymin / height, xmin / width, ymax / height, xmax / width)
        return {
            "label": label, "bbox": features.BBox(*box), "pose": 0,
            "is_truncated": False, "is_difficult": label == 3,
        }  # fmt: skip

    example = {
        "image": pictures(1, (height, width, 3))[0],
        "image/filename": "000005.jpg",
        "objects": [found(i + 2, *box) for i, box in enumerate(annotated)],
        "labels": [2, 3],
        "labels_no_difficult": [2],
    }
    empty = example | {"objects": [], "labels": [], "labels_no_difficult": []}
    splits = {"train": [example], "validation": [empty], "test": [example]}
    prepare(tmp_path, "voc/2007", "5.0.0", kinds, splits)
    [scene] = load("voc/2007", "train", tmp_path)
    expected = [(0, 0, width, height), (262, 210, 324, 339)]
    np.testing.assert_array_equal(scene["boxes"], expected)
    assert scene["boxes"].dtype == "float32"
    assert list(scene["labels"]) == [2, 3] and list(scene["difficult"]) == [False, True]
    [batch] = scene_batches(load("voc/2007", "validation", tmp_path), size=(32, 32))
    assert batch["boxes"].shape == (1, 0, 4) and "mask" not in batch


@pytest.fixture(scope="module")
def small_scenes(tmp_path_factory):
    """Our set, with fewer scenes than the real configurations have."""
    from course.toolkit.data.builder import DigitScenes

    folder = tmp_path_factory.mktemp("scenes")
    config = DigitScenes.builder_configs["64"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(config, "train", 5)
        patch.setattr(config, "test", 3)
        DigitScenes(config="64", data_dir=folder).download_and_prepare()
    return folder


@pytest.mark.parametrize(("split", "count"), [("train", 5), ("test", 3)])
def test_prepared_scenes_are_the_direct_ones(small_scenes, split, count):
    direct = digit_scenes(split, count, 64, 0)
    prepared = list(load("digit_scenes/64", split, small_scenes))
    assert len(prepared) == count
    for found, image, mask, boxes, labels in zip(prepared, *direct, strict=True):
        np.testing.assert_array_equal(found["image"], image)
        np.testing.assert_array_equal(found["mask"], mask)
        np.testing.assert_array_equal(found["boxes"], boxes)
        np.testing.assert_array_equal(found["labels"], labels)
        assert found["mask"].shape == (64, 64) and found["boxes"].dtype == "float32"


def test_tfds_loads_the_prepared_scenes_by_name(small_scenes):
    found = tfds.load(
        "digit_scenes/64", split="test", data_dir=small_scenes, download=False
    )
    assert set(found.element_spec) == {"image", "mask", "objects"}
    assert len(found) == 3


def test_the_configurations_are_two_sizes():
    from course.toolkit.data.builder import DigitScenes

    assert set(DigitScenes.builder_configs) == {"64", "128"}
    for name, config in DigitScenes.builder_configs.items():
        assert (config.size, config.train, config.test) == (int(name), 4000, 1000)
        assert f"digit_scenes/{name}" in named.NAMES


def test_scenes_are_prepared_on_the_way(tmp_path, monkeypatch):
    from course.toolkit.data import builder

    for config in builder.DigitScenes.builder_configs.values():
        monkeypatch.setattr(config, "train", 2)
        monkeypatch.setattr(config, "test", 1)
    assert len(load("digit_scenes/128", "train", tmp_path)) == 2
    assert named._prepared("digit_scenes/128", tmp_path).name == "1.0.0"
    monkeypatch.setattr(builder, "draw_scene", None)  # nothing is drawn again
    [scene] = load("digit_scenes/128", "test", tmp_path)
    assert scene["image"].shape == (128, 128, 3)


def test_a_set_that_is_not_prepared_is_said_at_once(tmp_path):
    """Without tensorflow-datasets, which would look for the network, ever imported."""
    code = (
        "import sys\n"
        "import course.toolkit, course.toolkit.data as data\n"
        "try:\n"
        f"    data.load('voc/2007', 'train', {str(tmp_path)!r})\n"
        "except FileNotFoundError as error:\n"
        "    print(error)\n"
        "heavy = {'tensorflow', 'tensorflow_datasets', 'keras', 'matplotlib'}\n"
        "print('imported:', sorted(heavy & set(sys.modules)))\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True,
        cwd=Path(__file__).parents[1],
    )  # fmt: skip
    message = run.stdout
    assert message.endswith("imported: []\n")
    assert f"voc/2007 is not prepared in {tmp_path}" in message
    command = f"load('voc/2007', data_dir='{tmp_path.as_posix()}', download=True)"
    assert command in message
    assert "digit_scenes/64" in message


def test_the_folder_is_chosen_as_tfds_does(tmp_path, monkeypatch):
    monkeypatch.setenv("TFDS_DATA_DIR", str(tmp_path / "shared"))
    with pytest.raises(FileNotFoundError, match="shared"):
        load("mnist")
    monkeypatch.delenv("TFDS_DATA_DIR")
    monkeypatch.setenv("HOME", str(tmp_path / "someone"))
    with pytest.raises(FileNotFoundError, match="someone.tensorflow_datasets"):
        load("mnist")


def test_download_without_a_network_is_said_at_once(tmp_path, monkeypatch):
    asked = []

    def unreachable(request, timeout):
        asked.append((request.full_url, request.get_method(), timeout))
        raise URLError("Name or service not known")

    monkeypatch.setattr(urllib.request, "urlopen", unreachable)
    monkeypatch.setattr(tfds, "builder", None)  # calling it would be an error
    for name in ("mnist", "fashion_mnist", "cifar10", "oxford_iiit_pet", "voc/2007"):
        with pytest.raises(ConnectionError, match=f"{name} cannot be downloaded into"):
            load(name, data_dir=tmp_path, download=True)
    assert len(asked) == 5
    assert all(url.startswith("http") for url, _, _ in asked)
    assert {(method, timeout) for _, method, timeout in asked} == {("HEAD", 10)}


def test_download_goes_on_when_the_server_answers(tmp_path, monkeypatch):
    class Downloader:
        data_dir = tmp_path / "mnist" / "3.0.1"

        def download_and_prepare(self):
            prepare_classification(tmp_path, "mnist")

    def refuses_head(request, timeout):
        raise HTTPError(request.full_url, 405, "Method Not Allowed", Message(), None)

    monkeypatch.setattr(urllib.request, "urlopen", refuses_head)
    monkeypatch.setattr(tfds, "builder", lambda name, data_dir: Downloader())
    assert len(load("mnist", data_dir=tmp_path, download=True)) == 4


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("mnits", "Did you mean 'mnist'"),
        ("digits", r"course.toolkit.data.digits\(\)"),
        ("voc", "name must be one of mnist, .*; got 'voc'"),
        ("digit_scenes", "Did you mean 'digit_scenes/64'"),
    ],
)
def test_unknown_names_get_a_hint(name, hint):
    with pytest.raises(ValueError, match=hint):
        load(name)
