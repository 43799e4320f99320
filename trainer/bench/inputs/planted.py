"""A demo character's pictures with three faults of single pictures: a wrong caption, a stranger, a near-duplicate."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageEnhance

from ...dataset.dataset import Dataset
from ...dataset.sample import Sample, Split
from ...demo.characters.character import HELD_OUT, TRAIN, TRIGGERS, balanced_looks, character, written
from ...demo.world.captions import SUBJECT, caption
from ...demo.world.draw import draw
from ...demo.world.look import random_look

_BARE_EVERY = 4
_STRANGERS = 5
_LIGHTER = 1.04


@dataclass(frozen=True, kw_only=True)
class Planted:
    """`faults` are the verdicts that fit, by picture; the pictures besides are clean."""

    dataset: Dataset
    faults: Mapping[str, str]


def draw_planted(folder: Path, number: int, seed: int) -> Planted:
    """Three of the character's pictures, drawn by `seed`: one has the caption of another scene, one shows somebody else
    in the look that its caption tells, and one comes a second time, cut by a few pixels and a little lighter."""
    identity, trigger = character(number), TRIGGERS[number % len(TRIGGERS)]
    looks = balanced_looks(TRAIN + HELD_OUT, np.random.default_rng([4711, number]))
    chosen = np.random.default_rng([4713, number, seed])
    full = [place for place in range(TRAIN) if not _is_bare(place)]
    wrong, stranger, twin = chosen.choice(full, 3, replace=False).tolist()
    other = character(number + 1 + int(chosen.integers(_STRANGERS)))
    other_scene = random_look(chosen)
    samples: list[Sample] = []
    for place, look in enumerate(looks):
        strokes = np.random.default_rng([4712, number, place])
        image = draw(other if place == stranger else identity, look, strokes).image
        told = other_scene if place == wrong else look
        text = f"{trigger}, {SUBJECT}" if _is_bare(place) else caption([trigger], told)
        split: Split = "train" if place < TRAIN else "held_out"
        home = folder / (f"1_{trigger}" if split == "train" else "held_out")
        samples.append(written(home / f"{place + 1:03}.png", image, text, split))
        if place == twin:
            samples.append(written(home / f"{place + 1:03}_again.png", _again(image), text, split))
    faults = {
        _name(wrong): "suspect caption",
        _name(stranger): "stranger",
        f"{twin + 1:03}_again.png": "near-duplicate",
    }
    return Planted(
        dataset=Dataset(samples=tuple(samples), trigger=trigger, subject=SUBJECT, root=folder), faults=faults
    )


def _again(image: Image.Image) -> Image.Image:
    width, height = image.size
    cut = image.crop((2, 1, width - 1, height - 2)).resize((width, height), Image.Resampling.BICUBIC)
    return ImageEnhance.Brightness(cut).enhance(_LIGHTER)


def _is_bare(place: int) -> bool:
    return place % _BARE_EVERY == _BARE_EVERY - 1


def _name(place: int) -> str:
    return f"{place + 1:03}.png"
