"""What a user does to a demo character's dataset on being advised to: tells backgrounds, adds pictures."""

from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

import numpy as np

from ...dataset.dataset import Dataset
from ...dataset.sample import Sample
from ...demo.characters.character import balanced_looks, character, written
from ...demo.world.captions import caption
from ...demo.world.draw import draw
from ...demo.world.look import SCENES
from .faulty import BACKGROUND, SCENE


def with_backgrounds_told(dataset: Dataset, pictures: Collection[str]) -> Dataset:
    """Captions of these pictures (sha256) with where they are, which all but one kind of demo set tell already."""
    behind = f"{SCENES[SCENE]}, {BACKGROUND} background"
    return dataset.with_samples(
        tuple(
            replace(each, caption=f"{each.caption}, {behind}") if each.sha256 in pictures else each
            for each in dataset.samples
        )
    )


def with_pictures(dataset: Dataset, number: int, count: int, folder: Path) -> Dataset:
    """`count` more training pictures of the character in balanced looks, captioned."""
    rng = np.random.default_rng([6006, number])
    identity = character(number)
    added: list[Sample] = []
    for index, look in enumerate(balanced_looks(count, rng)):
        place = folder / f"1_{dataset.trigger}" / f"added_{index + 1:03}.png"
        added.append(written(place, draw(identity, look, rng).image, caption([dataset.trigger], look), "train"))
    return dataset.with_samples((*dataset.samples, *added))
