"""How sure a mean is: percentile bootstrap (Efron 1979) with a fixed seed, differences paired by prompt and seed."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from ..errors import RunError
from ..storage.values import checked_keys

Key = tuple[int, int]
"""Number of the probe in its plan, and seed."""

DRAWS = 1000
_TAILS = (2.5, 97.5)


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
        return cls(**checked_keys(cls, data, RunError))


def resamples(count: int) -> np.ndarray:
    """Indices of `DRAWS` resamples of `count` values, (DRAWS, count); the same every time."""
    return np.random.default_rng(0).integers(count, size=(DRAWS, count))


def interval(values: Iterable[float]) -> Interval | None:
    """Mean and interval; None when there is nothing to average: not measured is not zero."""
    numbers = np.asarray(list(values), dtype=np.float64)
    if numbers.size == 0:
        return None
    low, high = np.percentile(numbers[resamples(numbers.size)].mean(axis=1), _TAILS)
    return Interval(float(numbers.mean()), float(low), float(high), int(numbers.size))


def paired(one: Mapping[Key, float], other: Mapping[Key, float]) -> Interval | None:
    """Interval of `one` − `other` over the pictures both have."""
    return interval(one[key] - other[key] for key in sorted(one.keys() & other.keys()))


def separable(one: Mapping[Key, float], other: Mapping[Key, float]) -> bool:
    """Whether the two differ by more than chance; a single shared picture never suffices."""
    gap = paired(one, other)
    return gap is not None and excludes_zero(gap)


def excludes_zero(gap: Interval) -> bool:
    return gap.count > 1 and (gap.low > 0 or gap.high < 0)
