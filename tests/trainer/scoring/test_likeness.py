"""Likeness of samples while training goes on."""

import numpy as np
import pytest
from PIL import Image

from tests.fakes import CHARACTER, picture
from trainer.dataset.dataset import Dataset
from trainer.faces.face import Face
from trainer.faces.metric import COSINE
from trainer.scoring.likeness import Likeness


class Reader:
    """Sees the colour of the middle of a picture as a face; black is none."""

    name, same_person, licence, measures_identity, metric = "fake", 0.5, "", True, COSINE

    def faces(self, image: Image.Image) -> list[Face]:
        colour = np.asarray(image.convert("RGB"), float)[image.height // 2, image.width // 2] - 127.5
        length = float(np.linalg.norm(colour))
        if float(np.asarray(image.convert("L"))[image.height // 2, image.width // 2]) == 0:
            return []
        return [Face(box=(0, 0, 10, 10), points=(), yaw=None, embedding=colour / length, score=1.0)]


def test_likeness_is_the_cosine_to_the_mean_of_the_characters_faces(tiny_dataset: Dataset) -> None:
    for sample in tiny_dataset.samples:
        Image.new("RGB", (64, 64), (255, 0, 0)).save(sample.path)
    measure = Likeness(Reader(), tiny_dataset)
    same, other, none = measure(
        [Image.new("RGB", (8, 8), colour) for colour in ((255, 0, 0), (0, 255, 255), (0, 0, 0))]
    )
    assert same == pytest.approx(1.0)
    assert other == pytest.approx(-1.0)
    assert none is None


def test_without_a_face_in_the_dataset_nothing_is_measured(tiny_dataset: Dataset) -> None:
    for sample in tiny_dataset.samples:
        Image.new("RGB", (64, 64)).save(sample.path)
    assert Likeness(Reader(), tiny_dataset)([picture(CHARACTER, "red", (0, 0))]) == [None]
