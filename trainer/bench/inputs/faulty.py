"""A demo character's pictures with what is wrong with many people's: too few, over-described, one background."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from ...dataset.dataset import Dataset
from ...dataset.sample import Sample, Split
from ...demo.characters.character import HELD_OUT, TRAIN, TRIGGERS, balanced_looks, character, draw_character, written
from ...demo.world.captions import SUBJECT, caption
from ...demo.world.draw import draw
from ...demo.world.look import Look

FEW = 3
BACKGROUND, SCENE = "purple", "beach"
"""What is behind the character in every picture of a set with one background."""
_BARE_EVERY = 4


def draw_few(folder: Path, number: int) -> Dataset:
    """The first three training pictures."""
    return draw_character(folder, number, train=FEW)


def draw_told(folder: Path, number: int) -> Dataset:
    """All pictures, every caption with the words that describe the character: skin, hair, eyes, marks."""
    looks = _looks(number)
    words = character(number).words()
    trigger = TRIGGERS[number % len(TRIGGERS)]
    texts = [
        ", ".join([trigger, SUBJECT, *words]) if _is_bare(index) else caption([trigger, *words], look)
        for index, look in enumerate(looks)
    ]
    return _drawn(folder, number, looks, texts)


def draw_before_one(folder: Path, number: int) -> Dataset:
    """All training pictures before the same background, of which no caption tells; held-out ones as ever."""
    trigger = TRIGGERS[number % len(TRIGGERS)]
    looks = _looks(number)
    fused = [
        replace(look, background=BACKGROUND, scene=SCENE) if index < TRAIN else look for index, look in enumerate(looks)
    ]
    texts = [
        f"{trigger}, {SUBJECT}" if _is_bare(index) else (_silent if index < TRAIN else caption)([trigger], look)
        for index, look in enumerate(fused)
    ]
    return _drawn(folder, number, fused, texts)


def _silent(who: list[str], look: Look) -> str:
    """A caption without a word of what is behind the character."""
    told = [text for slot, text in look.slots().items() if slot not in ("scene", "background")]
    return ", ".join([*who, SUBJECT, *told])


def _looks(number: int) -> list[Look]:
    """Those of `draw_character`."""
    return balanced_looks(TRAIN + HELD_OUT, np.random.default_rng([4711, number]))


def _is_bare(index: int) -> bool:
    return index % _BARE_EVERY == _BARE_EVERY - 1


def _drawn(folder: Path, number: int, looks: list[Look], texts: list[str]) -> Dataset:
    """Each look of the character with its caption; the first `TRAIN` are trained on."""
    identity, trigger = character(number), TRIGGERS[number % len(TRIGGERS)]
    rng = np.random.default_rng([4712, number])
    samples: list[Sample] = []
    for index, (look, text) in enumerate(zip(looks, texts, strict=True)):
        split: Split = "train" if index < TRAIN else "held_out"
        place = folder / (f"1_{trigger}" if split == "train" else "held_out")
        samples.append(written(place / f"{index + 1:03}.png", draw(identity, look, rng).image, text, split))
    return Dataset(samples=tuple(samples), trigger=trigger, subject=SUBJECT, root=folder)
