"""How sure a mean or a share is, always at 95 %.

Means: percentile bootstrap (Efron 1979) with a fixed seed, differences paired by prompt and seed. Shares: Wilson's
score interval (1927), which stays honest for a few pictures and at 0 and 1, where resampling has nothing to vary.
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from math import sqrt
from typing import Any

import numpy as np

from ..errors import RunError
from ..storage.values import checked_values

Key = tuple[int, int]
"""Number of the probe in its plan, and seed."""

DRAWS = 1000
TAILS = (2.5, 97.5)
_Z = 1.959964
FEWEST = 4
"""Resamples of fewer pictures than this are so alike that their interval promises too much."""


@dataclass(frozen=True)
class Interval:
    """A mean of `count` values and its 95 % interval."""

    value: float
    low: float
    high: float
    count: int

    def __str__(self) -> str:
        return f"{self.value:.2f} ({self.low:.2f} to {self.high:.2f})"

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Interval":
        return cls(**checked_values(cls, data, RunError))


def resamples(count: int) -> np.ndarray:
    """Indices of `DRAWS` resamples of `count` values, (DRAWS, count); the same every time."""
    return np.random.default_rng(0).integers(count, size=(DRAWS, count))


def interval(values: Iterable[float]) -> Interval | None:
    """Mean and interval; None when there is nothing to average: not measured is not zero."""
    numbers = np.asarray(list(values), dtype=np.float64)
    if numbers.size == 0:
        return None
    low, high = np.percentile(numbers[resamples(numbers.size)].mean(axis=1), TAILS)
    return Interval(float(numbers.mean()), float(low), float(high), int(numbers.size))


def share(answers: Iterable[bool | None]) -> Interval | None:
    """Part of the answers that are yes, by Wilson's interval; None answers are left out, None when all are."""
    known = [answer for answer in answers if answer is not None]
    if not known:
        return None
    count, part = len(known), sum(known) / len(known)
    room = 1 + _Z**2 / count
    middle = (part + _Z**2 / (2 * count)) / room
    half = _Z * sqrt(part * (1 - part) / count + _Z**2 / (4 * count**2)) / room
    return Interval(part, min(middle - half, part), max(middle + half, part), count)


def paired(one: Mapping[Key, float], other: Mapping[Key, float]) -> Interval | None:
    """Interval of `one` − `other` over the pictures both have."""
    return interval(one[key] - other[key] for key in sorted(one.keys() & other.keys()))


def excludes_zero(gap: Interval) -> bool:
    return gap.count > 1 and (gap.low > 0 or gap.high < 0)


def is_above(measured: Interval | None, gate: float) -> bool:
    """Whether the whole interval lies above; never for what was not measured or of too few pictures."""
    return measured is not None and measured.count >= FEWEST and measured.low > gate


def is_below(measured: Interval | None, gate: float) -> bool:
    """Whether the whole interval lies below; never for what was not measured or of too few pictures."""
    return measured is not None and measured.count >= FEWEST and measured.high < gate
