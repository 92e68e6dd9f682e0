"""The scenes as a tensorflow-datasets set, prepared without a network.

``import course.toolkit.data.builder`` makes ``tfds.load("digit_scenes/64")`` work.
"""

import dataclasses

import numpy as np
import tensorflow_datasets as tfds

from course.toolkit.data.photographs import PHOTOGRAPHS
from course.toolkit.data.scenes import (
    MAX_DIGITS,
    SPLITS,
    check_request,
    draw_scene,
)

_DESCRIPTION = f"""Handwritten digits on crops of {len(PHOTOGRAPHS)} photographs.

One to {MAX_DIGITS} of scikit-learn's 1,797 digits on a picture, at random places,
sizes and colors; a mask (0 background, 1 to 10 the digits 0 to 9) and boxes
(x1, y1, x2, y2) in pixels, half-open. No digit and no part of a photograph is in both
splits. Scene i is scene i of course.toolkit.data.digit_scenes.

Photographs: china by danielbuechele and flower by vultilion (CC BY 2.0), astronaut
(NASA) and rocket (SpaceX), public domain, the others CC0."""
_CITATION = """@article{alpaydin1998cascading,
  title={Cascading classifiers},
  author={Alpaydin, Ethem and Kaynak, Cenk},
  journal={Kybernetika}, volume={34}, number={4}, pages={369--374}, year={1998}
}"""


@dataclasses.dataclass
class DigitScenesConfig(tfds.core.BuilderConfig):
    """How large the pictures are, and how many there are.

    Attributes:
        size: side of the pictures in pixels.
        train: number of scenes to train on.
        test: number of scenes to test on.
        seed: of all scenes.
    """

    size: int = 64
    train: int = 4000
    test: int = 1000
    seed: int = 0


class DigitScenes(tfds.core.GeneratorBasedBuilder):
    """Builder of ``digit_scenes/64`` and ``digit_scenes/128``.

    Boxes are not tfds's ``BBoxFeature``, whose parts of the picture's sides in the
    order (ymin, xmin, ymax, xmax) would have to be turned back into the pixels that
    this course counts in, and whose other formats younger versions alone have.
    """

    VERSION = tfds.core.Version("1.0.0")
    BUILDER_CONFIGS = [
        DigitScenesConfig(name=str(s), size=s, description=f"{s} by {s} pixels")
        for s in (64, 128)
    ]

    def _info(self):
        size = self.builder_config.size
        digits = tfds.features.ClassLabel(num_classes=10)
        return tfds.core.DatasetInfo(
            builder=self,
            description=_DESCRIPTION,
            citation=_CITATION,
            features=tfds.features.FeaturesDict(
                {
                    "image": tfds.features.Image(
                        shape=(size, size, 3), encoding_format="png"
                    ),
                    "mask": tfds.features.Tensor(
                        shape=(size, size), dtype=np.uint8, encoding="zlib"
                    ),
                    "objects": tfds.features.Sequence(
                        {
                            "box": tfds.features.Tensor(shape=(4,), dtype=np.float32),
                            "label": digits,
                        }
                    ),
                }
            ),
            # Scenes are random already; so the i-th is the i-th of digit_scenes().
            disable_shuffling=True,
        )

    def _split_generators(self, dl_manager):
        return {split: self._generate_examples(split) for split in SPLITS}

    def _generate_examples(self, split):
        config = self.builder_config
        count = getattr(config, split)
        check_request(split, count, config.size, config.seed)
        for i in range(count):
            image, mask, boxes, labels = draw_scene(split, i, config.size, config.seed)
            objects = [
                {"box": box, "label": int(label)}
                for box, label in zip(boxes, labels, strict=True)
            ]
            yield i, {"image": image, "mask": mask, "objects": objects}
