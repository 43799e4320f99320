"""What a user does to a demo character's dataset on being advised to: prunes captions, tells backgrounds, adds pictures."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from ...captions.rules.caption_rules import CaptionRules
from ...captions.rules.prune import prune_tags
from ...dataset.dataset import Dataset
from ...dataset.sample import Sample
from ...demo.characters.character import balanced_looks, character, written
from ...demo.world.captions import caption
from ...demo.world.draw import draw


def pruned(dataset: Dataset) -> Dataset:
    """Captions without what describes the character's own looks, by the caption rules."""
    return dataset.with_samples(tuple(replace(each, caption=_pruned(each.caption)) for each in dataset.samples))


def _pruned(text: str) -> str:
    trigger, *said = text.split(", ")
    return ", ".join([trigger, prune_tags(said, CaptionRules(), {}).text])


def with_pictures(dataset: Dataset, number: int, count: int, folder: Path) -> Dataset:
    """`count` more training pictures of the character, every slot of a look as often as its neighbours, and captioned."""
    rng = np.random.default_rng([6006, number])
    identity = character(number)
    added: list[Sample] = []
    for index, look in enumerate(balanced_looks(count, rng)):
        place = folder / f"1_{dataset.trigger}" / f"added_{index + 1:03}.png"
        added.append(written(place, draw(identity, look, rng).image, caption([dataset.trigger], look), "train"))
    return dataset.with_samples((*dataset.samples, *added))
