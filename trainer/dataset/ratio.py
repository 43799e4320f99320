"""The smallest whole repeats that give parts of a dataset the shares of training they were asked for."""

import math
import re
from collections.abc import Sequence
from itertools import product

from ..errors import DatasetError

MOST_PARTS = 10
MOST_REPEATS = 100
TOLERANCE = 0.03
"""Points of share."""
_ROUNDING = 1e-9
_MOST_ROUNDED_BOTH_WAYS = 8
_MOST_TRIED = 200_000
"""Choices; with many parts the search ends there with the smallest found so far."""
_NUMBER = re.compile(r"[0-9]{1,6}(?:\.[0-9]{1,3})?")


def parse_shares(text: str) -> list[float]:
    """Numbers out of 60/40, 60:40, 60 % / 40 % or 50, 30, 20, one a part; DatasetError for anything else."""
    parts = [part.strip().removesuffix("%").strip() for part in re.split(r"[/:,;]", text)]
    if not 2 <= len(parts) <= MOST_PARTS or not all(_NUMBER.fullmatch(part) for part in parts):
        raise DatasetError(f"The shares {text[:40]!r} cannot be read; write them as 60/40 or 50/30/20.")
    shares = [float(part) for part in parts]
    if not all(shares):
        raise DatasetError(f"A share in {text[:40]!r} is 0; give every dataset more, or leave it out.")
    return shares


def effective(counts: Sequence[int], repeats: Sequence[int]) -> tuple[float, ...]:
    """Each part's share of an epoch: pictures × repeats."""
    weights = [count * times for count, times in zip(counts, repeats, strict=True)]
    return tuple(weight / sum(weights) for weight in weights)


def deviation(counts: Sequence[int], repeats: Sequence[int], shares: Sequence[float]) -> float:
    """The farthest that any part is from its share."""
    return max(abs(is_ - should) for is_, should in zip(effective(counts, repeats), shares, strict=True))


def is_met(counts: Sequence[int], repeats: Sequence[int], shares: Sequence[float]) -> bool:
    return deviation(counts, repeats, shares) <= TOLERANCE + _ROUNDING


def smallest_repeats(counts: Sequence[int], shares: Sequence[float]) -> tuple[int, ...]:
    """Repeats of 1 to 100 with every share within ±3 points: least in sum, then least at most, then closest.

    `shares` sum to 1. Where no repeats reach that, those that come closest.
    """
    search = _Search(counts, shares)
    search.extend((), sum(counts), MOST_REPEATS * sum(counts))
    return search.best or _closest(counts, shares)


class _Search:
    """Chooses repeats part by part, keeping the window in which the sum of pictures × repeats must lie."""

    def __init__(self, counts: Sequence[int], shares: Sequence[float]) -> None:
        self._counts, self._shares = counts, shares
        self.best: tuple[int, ...] = ()
        self._tried = 0

    def extend(self, chosen: tuple[int, ...], low: float, high: float) -> None:
        part = len(chosen)
        if part == len(self._counts):
            self._take(chosen)
            return
        count = self._counts[part]
        least, most = self._shares[part] - TOLERANCE, self._shares[part] + TOLERANCE
        spent = sum(n * times for n, times in zip(self._counts, chosen, strict=False)) + sum(self._counts[part + 1 :])
        first = max(1, math.ceil(least * low / count - _ROUNDING))
        for times in range(first, min(MOST_REPEATS, math.floor(most * high / count + _ROUNDING)) + 1):
            weight = count * times
            if self._tried >= _MOST_TRIED or self._is_longer(chosen, times):
                return
            self._tried += 1
            below = max(low, weight / most, spent + weight)
            above = min(high, weight / least) if least > 0 else high
            if below <= above + _ROUNDING:
                self.extend((*chosen, times), below, above)

    def _is_longer(self, chosen: tuple[int, ...], times: int) -> bool:
        left = len(self._counts) - len(chosen) - 1
        return bool(self.best) and sum(chosen) + times + left > sum(self.best)

    def _take(self, repeats: tuple[int, ...]) -> None:
        if is_met(self._counts, repeats, self._shares) and (not self.best or self._key(repeats) < self._key(self.best)):
            self.best = repeats

    def _key(self, repeats: tuple[int, ...]) -> tuple[int, int, float]:
        return sum(repeats), max(repeats), deviation(self._counts, repeats, self._shares)


def _closest(counts: Sequence[int], shares: Sequence[float]) -> tuple[int, ...]:
    """Rounded both ways from each number of repeats of the part that needs the most; of many parts, down alone."""
    needs = [share / count for count, share in zip(counts, shares, strict=True)]
    sides = 2 if len(counts) <= _MOST_ROUNDED_BOTH_WAYS else 1
    tried = (
        choice
        for times in range(1, MOST_REPEATS + 1)
        for choice in product(*(_either_side(times * need / max(needs))[:sides] for need in needs))
    )
    return min(tried, key=lambda repeats: (round(deviation(counts, repeats, shares), 9), sum(repeats), repeats))


def _either_side(value: float) -> tuple[int, ...]:
    down = min(max(1, math.floor(value + _ROUNDING)), MOST_REPEATS)
    up = min(max(1, math.ceil(value - _ROUNDING)), MOST_REPEATS)
    return (down,) if down == up else (down, up)
