"""Pictures of a demo character in any number, near and from afar, and other people seen alike."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ...dataset.dataset import Dataset
from ...dataset.sample import Sample, Split
from ...demo.characters.character import HELD_OUT, TRIGGERS, balanced_looks, character, written
from ...demo.world.captions import SUBJECT, caption
from ...demo.world.draw import draw
from ...demo.world.identity import Identity, random_identity
from ...demo.world.look import Look

MOST = 50
OTHERS = 32
NEAR, AFAR = "close-up", "seen from afar"
"""How captions tell the framing. The base knows neither: others' pictures beside the character's teach both alike."""
AFAR_ZOOM = 0.5
_BARE_EVERY = 4


def draw_study_set(folder: Path, number: int, seed: int, count: int, close: float | None) -> Dataset:
    """The first `count` of fifty balanced looks of a character, and the same eight held out for every set.

    Smaller sets are part of larger ones. Of `close`, that share is near and the rest from afar; None leaves the
    framing and its words as the base knows them.
    """
    identity, trigger = character(number), TRIGGERS[number % len(TRIGGERS)]
    rng = np.random.default_rng([4720, number, seed])
    looks = balanced_looks(MOST, rng)[:count]
    near = _near(rng, count, close)
    samples = [
        _drawn(folder, identity, look, _Shown(index=index, who=(trigger,), is_near=near[index], rng=(number, seed)))
        for index, look in enumerate(looks)
    ]
    held = balanced_looks(HELD_OUT, np.random.default_rng([4721, number]))
    samples += [
        _drawn(folder, identity, look, _Shown(index=MOST + index, who=(trigger,), rng=(number,), split="held_out"))
        for index, look in enumerate(held)
    ]
    return Dataset(samples=tuple(samples), trigger=trigger, subject=SUBJECT, root=folder)


def draw_study_others(folder: Path, *, is_framed: bool) -> Dataset:
    """Other people in all looks, captioned without any name; where framing is told, every second from afar."""
    rng = np.random.default_rng(4722)
    looks = balanced_looks(OTHERS, rng)
    near = [index % 2 == 0 if is_framed else None for index in range(OTHERS)]
    samples = [
        _drawn(folder, random_identity(rng), look, _Shown(index=index, is_near=near[index], rng=(4722,)))
        for index, look in enumerate(looks)
    ]
    return Dataset(samples=tuple(samples), trigger="nobody", subject=SUBJECT, root=folder)


def framed(text: str, *, is_near: bool) -> str:
    """A caption or prompt with its framing."""
    return f"{text}, {NEAR if is_near else AFAR}"


@dataclass(frozen=True, kw_only=True)
class _Shown:
    """How one picture shows a person: its number, who the caption says it is, its framing (None: not told), its
    split, and where its chance comes from."""

    index: int
    rng: Sequence[int]
    who: tuple[str, ...] = ()
    is_near: bool | None = None
    split: Split = "train"

    @property
    def zoom(self) -> float:
        return AFAR_ZOOM if self.is_near is False else 1.0

    @property
    def is_bare(self) -> bool:
        """Whether the caption names the trigger alone."""
        return bool(self.who) and self.index % _BARE_EVERY == _BARE_EVERY - 1

    def caption(self, look: Look) -> str:
        text = ", ".join([*self.who, SUBJECT]) if self.is_bare else caption([*self.who], look)
        return text if self.is_near is None else framed(text, is_near=self.is_near)


def _near(rng: np.random.Generator, count: int, close: float | None) -> list[bool | None]:
    """Which of the pictures are close-ups; those of a smaller share are among those of a larger one."""
    if close is None:
        return [None] * count
    chosen = set(rng.permutation(count)[: round(close * count)].tolist())
    return [index in chosen for index in range(count)]


def _drawn(folder: Path, identity: Identity, look: Look, shown: _Shown) -> Sample:
    image = draw(identity, look, np.random.default_rng([*shown.rng, shown.index]), zoom=shown.zoom).image
    return written(folder / shown.split / f"{shown.index + 1:03}.png", image, shown.caption(look), shown.split)
