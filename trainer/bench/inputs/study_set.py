"""Pictures of a demo character in any number, as the base frames people or as close-ups."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from ...dataset.dataset import Dataset
from ...dataset.sample import Sample, Split
from ...demo.characters.character import HELD_OUT, TRIGGERS, balanced_looks, character, written
from ...demo.settings import SIZE
from ...demo.world.captions import SUBJECT, caption
from ...demo.world.draw import draw
from ...demo.world.identity import Identity
from ...demo.world.look import Look

MOST = 50
NEAR = "close-up"
"""How captions tell a close-up; the base has never seen one."""
NEAR_ZOOM = 1.5
_BARE_EVERY = 4


def draw_study_set(folder: Path, number: int, seed: int, count: int, close: float = 0.0) -> Dataset:
    """The first `count` of fifty balanced looks of a character, and the same eight held out for every set.

    Smaller sets are part of larger ones. Of `close`, that share is near, the face alone and its surroundings cut.
    """
    identity, trigger = character(number), TRIGGERS[number % len(TRIGGERS)]
    rng = np.random.default_rng([4720, number, seed])
    looks = balanced_looks(MOST, rng)[:count]
    near = _near(rng, count, close)
    samples = [
        _drawn(folder, identity, look, _Shown(index=index, trigger=trigger, is_near=index in near, rng=(number, seed)))
        for index, look in enumerate(looks)
    ]
    held = balanced_looks(HELD_OUT, np.random.default_rng([4721, number]))
    samples += [
        _drawn(folder, identity, look, _Shown(index=MOST + index, trigger=trigger, rng=(number,), split="held_out"))
        for index, look in enumerate(held)
    ]
    return Dataset(samples=tuple(samples), trigger=trigger, subject=SUBJECT, root=folder)


def draw_near(identity: Identity, look: Look, rng: np.random.Generator) -> Image.Image:
    """A close-up: drawn larger, and cut around the middle of the face as far as the drawing goes."""
    side = round(SIZE * NEAR_ZOOM)
    whole = draw(identity, look, rng, side)
    middle = ((whole.box[0] + whole.box[2]) / 2, (whole.box[1] + whole.box[3]) / 2)
    left, top = (min(max(round(at - SIZE / 2), 0), side - SIZE) for at in middle)
    return whole.image.crop((left, top, left + SIZE, top + SIZE))


@dataclass(frozen=True, kw_only=True)
class _Shown:
    """How one picture shows a person: its number, who the caption says it is, its framing and split, and where its
    chance comes from."""

    index: int
    trigger: str
    rng: Sequence[int]
    is_near: bool = False
    split: Split = "train"

    @property
    def is_bare(self) -> bool:
        """Whether the caption names the trigger alone."""
        return self.index % _BARE_EVERY == _BARE_EVERY - 1

    def caption(self, look: Look) -> str:
        text = f"{self.trigger}, {SUBJECT}" if self.is_bare else caption([self.trigger], look)
        if not self.is_near:
            return text
        # A close-up does not show it.
        text = text.replace(", " + look.slots()["clothing"], "")
        return f"{text}, {NEAR}"


def _near(rng: np.random.Generator, count: int, close: float) -> set[int]:
    """Which of the pictures are close-ups; those of a smaller share are among those of a larger one."""
    return set(rng.permutation(count)[: round(close * count)].tolist())


def _drawn(folder: Path, identity: Identity, look: Look, shown: _Shown) -> Sample:
    rng = np.random.default_rng([*shown.rng, shown.index])
    image = draw_near(identity, look, rng) if shown.is_near else draw(identity, look, rng).image
    return written(folder / shown.split / f"{shown.index + 1:03}.png", image, shown.caption(look), shown.split)
