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

    `close` is the share of close-ups, the others are seen from afar; None for a set that knows no such thing.
    """

    images: int
    steps: tuple[int, ...]
    close: float | None = None

    @property
    def name(self) -> str:
        kind = f"images_{self.images}" if self.close is None else f"close_{round(100 * self.close)}"
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
_SHARES, _FRAMED, _FRAMED_STEPS = (0.0, 0.3, 0.7, 1.0), 20, (192, 384, 768)


def arms(*, full: bool = False) -> tuple[Arm, ...]:
    """Sets of four sizes. The larger design has five, each at five numbers of passes, and a set of 20 pictures with
    four shares of close-ups, to which the base has to be taught what else there is."""
    if not full:
        return tuple(Arm(images=count, steps=steps) for count, steps in _COUNTS.items())
    counted = [
        Arm(images=count, steps=tuple(passes * count // BATCH for passes in _FULL_PASSES)) for count in _FULL_COUNTS
    ]
    return (*counted, *(Arm(images=_FRAMED, steps=_FRAMED_STEPS, close=share) for share in _SHARES))


def replicates(*, full: bool = False) -> tuple[Replicate, ...]:
    """Two seeds of each of three characters, or four; characters alternate, so that a study cut short has several."""
    seeds: Sequence[int] = range(40, 44 if full else 42)
    return tuple(Replicate(character=character, seed=seed) for seed in seeds for character in (0, 1, 2))
