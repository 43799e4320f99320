"""A demo character with captions as captioners write them: looks and all, in no order. To be ruled and reviewed."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from ...dataset.dataset import Dataset
from ...dataset.sample import Sample
from ..world.identity import Identity
from ..world.look import Look
from .character import HELD_OUT, TRAIN, balanced_looks, character, draw_character

_FEELS = {
    "neutral": "has a neutral expression",
    "smiling": "is smiling",
    "surprised": "looks surprised",
    "sad": "is sad and crying",
    "angry": "looks angry",
}


def draw_described(folder: Path, number: int = 0) -> Dataset:
    """The pictures of `draw_character`, every other one tagged and the rest described in sentences."""
    dataset, identity = draw_character(folder, number), character(number)
    looks = balanced_looks(TRAIN + HELD_OUT, np.random.default_rng([4711, number]))
    order = np.random.default_rng([31, number])
    pairs = enumerate(zip(dataset.samples, looks, strict=True))
    return dataset.with_samples(
        tuple(
            _described(sample, identity, look) if index % 2 else _tagged(sample, identity, look, order)
            for index, (sample, look) in pairs
        )
    )


def _tagged(sample: Sample, identity: Identity, look: Look, order: np.random.Generator) -> Sample:
    slots = look.slots()
    said = [*identity.words(), *(part for text in slots.values() for part in text.split(", "))]
    tags = ("solo", *(word.removeprefix("a ").replace(" ", "_") for word in order.permutation(said).tolist()))
    text = ", ".join(tag.replace("_", " ") for tag in tags)
    return replace(sample, caption=text, raw=text, tags=tags, author="tagger")


def _described(sample: Sample, identity: Identity, look: Look) -> Sample:
    slots = look.slots()
    *most, last = identity.words()
    text = (
        f"A person with {', '.join(most)} and {last} {_FEELS[look.expression]}, {slots['turn']}, wearing a "
        f"{slots['clothing']} {slots['scene']}. The {slots['background']} is plain. This is a {slots['style']}."
    )
    return replace(sample, caption=text, raw=text, tags=(), author="vlm")
