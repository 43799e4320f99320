"""At which strength to use the chosen file, where it was drawn at several."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..intervals import Interval
from ..scores import Scores
from .merit import is_tied, lag, merits

USUAL = 0.8
"""The guide's strength to start at. Within a tie the nearest to it is taken: prompts, adapters and other LoRAs then
have room on both sides; of two as near, the weaker, which bends the base less."""


@dataclass(frozen=True)
class Sweep:
    """`strength` is None where there was nothing to compare."""

    strength: float | None = None
    reason: str = ""


def best_strength(control: Scores, columns: Sequence[Scores], reference: float | None, preference: float) -> Sweep:
    """The best of one file's columns by the same merit as checkpoints."""
    passing = sorted((each for each in columns if not each.flags), key=lambda each: each.strength)
    if len({each.strength for each in columns}) < 2 or not passing:
        return Sweep()
    found = merits(control, passing, reference, preference)
    best = int(np.argmax(found[:, 0]))
    gaps = [lag(found[best], row) for row in found]
    tied = [index for index, gap in enumerate(gaps) if index == best or is_tied(gap)]
    taken = min(tied, key=lambda index: (round(abs(passing[index].strength - USUAL), 6), passing[index].strength))
    others = [_beside(passing[i].strength, gaps[i], i in tied) for i in range(len(passing)) if i != best]
    out = [f"{each.strength:g} is ruled out: {each.flags[0].sentence}" for each in columns if each.flags]
    lead = (
        f"Strength {passing[taken].strength:g} is advised: {passing[best].strength:g} is best in likeness and "
        f"flexibility together ({found[best, 0]:.2f})"
    )
    near = f"; of those that cannot be told apart the nearest to {USUAL:g} is taken" if len(tied) > 1 else ""
    return Sweep(passing[taken].strength, f"{'; '.join([lead, *others])}{near}. {' '.join(out)}".strip())


def _beside(strength: float, gap: Interval, is_tied_with_it: bool) -> str:
    if is_tied_with_it:
        return f"{strength:g} cannot be told from it ({gap} worse)"
    return f"{strength:g} is {gap} worse"
