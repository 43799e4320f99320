"""Audit, crop and pick compare faces by the reader's own metric: here distances of descriptors close together."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from trainer.dataset.audit.audit import audit
from trainer.dataset.crop.crop import FaceCrop, crop_dataset
from trainer.dataset.pick.likeness import character_of, likenesses
from trainer.faces.metric import Euclidean
from trainer.images.pixels import pixel_sha256

from .portraits import KnownReader, Studio

FAR = np.full(16, 1.0)
HERO, STRANGER = FAR + 0.5 * np.eye(16)[0], FAR + 0.5 * np.eye(16)[1]
"""Their cosine is 0.98: by dot products everybody here is one person."""
BOX = (100.0, 60.0, 220.0, 200.0)
FACES = {"a": HERO, "b": HERO, "c": HERO, "d": HERO, "e": HERO, "stranger": STRANGER}


@pytest.fixture
def studio(tmp_path: Path) -> Studio:
    reader = KnownReader(metric=Euclidean(strangers=0.2), same_person=0.4)
    made = Studio(tmp_path / "set", reader)
    for number, (name, who) in enumerate(FACES.items()):
        path = made.shoot(name, BOX)
        known = reader.known[pixel_sha256(Image.open(path))]
        descriptor = who + 0.02 * np.eye(16)[2 + number]
        known[0] = type(known[0])(box=BOX, points=known[0].points, yaw=0.0, embedding=descriptor, score=0.9)
    return made


def test_the_odd_one_out_is_found_and_judged_again_by_the_same_metric(studio: Studio) -> None:
    found = audit(studio.dataset(), faces=studio.reader)
    for one in (found, found.again(found.dataset)):
        odd = [s.path.stem for s in one.dataset.samples if any(f.check == "odd one out" for f in s.findings)]
        assert odd == ["stranger"]


def test_pick_says_distances_to_the_others_and_to_baselines(studio: Studio) -> None:
    seen = audit(studio.dataset(), faces=studio.reader).seen
    values = [one.value for one in likenesses(seen, studio.reader, None) if one is not None and one.value is not None]
    assert min(values[:5]) > 0.95 and values[5] == pytest.approx(1 - 0.5 * 2**0.5, abs=0.02)
    baseline = Image.open(studio.folder / "a.png")
    character = character_of(studio.reader, [baseline])
    told = [
        one.value for one in likenesses(seen, studio.reader, character) if one is not None and one.value is not None
    ]
    assert told[0] == pytest.approx(1.0) and told[5] < 0.4


def test_of_two_faces_the_character_s_is_cropped(studio: Studio, tmp_path: Path) -> None:
    path = studio.shoot("two", BOX)
    sha256 = pixel_sha256(Image.open(path))
    hers = studio.reader.known[sha256][0]
    large = type(hers)(box=(10, 10, 290, 290), points=hers.points, yaw=0.0, embedding=STRANGER * 1.05, score=0.9)
    studio.reader.known[sha256] = [large, type(hers)(**{**vars(hers), "embedding": HERO})]
    made = crop_dataset(studio.dataset(), FaceCrop(), studio.reader, tmp_path / "out")
    (cut,) = [cut for cut in made.cuts if cut.source.path.stem == "two"]
    assert cut.face is not None and cut.face.box == BOX
