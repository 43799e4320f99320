"""Whether the numbers of one group lie above those of another."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

_NORMAL_95 = 1.959964
_HALVINGS = 50


@dataclass(frozen=True)
class Separation:
    """The chance that one of the first group lies above one of the second, 0.5 where they are alike, with an interval
    of 95 %."""

    value: float
    low: float
    high: float


def separation(above: Sequence[float], below: Sequence[float]) -> Separation:
    """The Mann-Whitney statistic over m·n pairs, ties half, and its interval by Newcombe's method 5.

    Every chance θ is in the interval that lies at most 1.96 of its own standard errors from what was seen, with
    variance θ(1 − θ)/(mn) · (1 + N(1 − θ)/(2 − θ) + Nθ/(1 + θ)), N = (m + n)/2 − 1 (Newcombe 2006, Statistics in
    Medicine 25:559, from Hanley and McNeil 1982). Unlike a bootstrap it does not claim certainty where few pictures
    part entirely. Both groups need at least one number.
    """
    m, n = len(above), len(below)
    if not m or not n:
        raise ValueError("Both groups need a number.")
    wins = sum((one > other) + (one == other) / 2 for one in above for other in below)
    value = wins / (m * n)

    def is_beyond(chance: float) -> bool:
        spread = 1 + ((m + n) / 2 - 1) * ((1 - chance) / (2 - chance) + chance / (1 + chance))
        return abs(value - chance) > _NORMAL_95 * math.sqrt(chance * (1 - chance) / (m * n) * spread)

    low, high = _edge(value, 0.0, is_beyond), _edge(value, 1.0, is_beyond)
    return Separation(value, low, high)


def _edge(inside: float, outside: float, is_beyond: Callable[[float], bool]) -> float:
    """Between a chance that is in the interval and the end of the scale, where the interval ends."""
    for _ in range(_HALVINGS):
        middle = (inside + outside) / 2
        inside, outside = (inside, middle) if is_beyond(middle) else (middle, outside)
    return inside
