"""What `bench study` varies: pictures, passes over each, and the share of close-ups; all else is held fixed."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import gcd
from typing import Any

from ..demo.settings import demo_recipe
from ..recipe.recipe import Recipe

BATCH = 5
"""Divides every number of pictures, so that no batch is short and a pass is the same work at all of them."""
WARMUP = 5


@dataclass(frozen=True, kw_only=True)
class Replicate:
    """Which demo character, and a seed of which come the pictures of the set and the training's own chance."""

    character: int
    seed: int

    @property
    def name(self) -> str:
        return f"{self.character}_{self.seed}"


@dataclass(frozen=True, kw_only=True)
class Arm:
    """One training on `images` pictures, judged after each of `steps` updates of five pictures.

    `close` is the share of close-ups.
    """

    images: int
    steps: tuple[int, ...]
    close: float = 0.0

    @property
    def name(self) -> str:
        kind = f"close_{round(100 * self.close)}" if self.close else f"images_{self.images}"
        return f"{kind}_{self.steps[-1]}"

    def passes(self, step: int) -> float:
        """How often each picture has been seen."""
        return round(step * BATCH / self.images, 1)

    def recipe(self, seed: int) -> Recipe:
        """The demo's at a rate that stays, so that a checkpoint is what a run of its length would have ended with, and
        with nothing beside the set: what passes do to everybody else is seen as well."""
        every = gcd(*self.steps)
        data: dict[str, Any] = demo_recipe(steps=self.steps[-1], seed=seed).to_json()
        data["schedule"] |= {"batch": BATCH, "curve": "constant", "warmup": WARMUP}
        data["prior"]["images"] = 0
        data["output"] |= {"save_every": every, "sample_every": 0, "held_out_every": self.steps[-1], "watch": False}
        return Recipe.from_json(data)


_COUNTS: dict[int, tuple[int, ...]] = {5: (12, 48, 96, 192), 10: (24, 96), 20: (48, 96), 50: (96,)}
"""Each is judged at 480 pictures shown, sets of 5, 10 and 20 at 12 passes, of 5 and 10 at 48, that of 5 at 192."""
_FULL_COUNTS, _FULL_PASSES = (5, 10, 20, 30, 50), (12, 24, 48, 96, 192)
_SHARES, _FRAMED = (0.3, 0.7, 1.0), 20
"""Of close-ups in a set of so many, held against the set of as many without any."""


def arms(*, full: bool = False) -> tuple[Arm, ...]:
    """Sets of four sizes, and of one size with three shares of close-ups. The larger design has five sizes, each at
    five numbers of passes."""
    counts = {count: tuple(passes * count // BATCH for passes in _FULL_PASSES) for count in _FULL_COUNTS}
    counted = [Arm(images=count, steps=steps) for count, steps in (counts if full else _COUNTS).items()]
    return (*counted, *(Arm(images=_FRAMED, steps=_COUNTS[_FRAMED], close=share) for share in _SHARES))


def replicates(*, full: bool = False) -> tuple[Replicate, ...]:
    """Two seeds of each of three characters, or four; characters alternate, so that a study cut short has several."""
    seeds: Sequence[int] = range(40, 44 if full else 42)
    return tuple(Replicate(character=character, seed=seed) for seed in seeds for character in (0, 1, 2))
