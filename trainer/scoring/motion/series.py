"""How sure a number of a clip is: neighbouring frames are nearly one picture, so that whole stretches are resampled.

Circular block bootstrap (Politis & Romano 1992): 1000 resamples with a fixed seed, in blocks of the square root of the
frames, which is longer than the cube root of independent use. Of several clips the clips are resampled too.
"""

from collections.abc import Callable, Sequence
from math import ceil, sqrt

import numpy as np

from ..intervals import DRAWS, TAILS, Interval

Series = Sequence[np.ndarray]
"""A number a frame, (n,) a clip; NaN where it was not measured."""
Statistic = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""Of values (..., n) at times (n,), along the last axis."""


def stretches(count: int) -> np.ndarray:
    """Frames of 1000 resamples of a clip of `count`, (1000, count); the same every time."""
    length = ceil(sqrt(count))
    starts = np.random.default_rng(0).integers(count, size=(DRAWS, -(-count // length)))
    return ((starts[:, :, None] + np.arange(length)) % count).reshape(DRAWS, -1)[:, :count]


def mean(series: Series) -> Interval | None:
    """Of all frames that were measured; None without any."""
    known = [row[np.isfinite(row)] for row in series]
    return _joined([(row.mean(), row[stretches(len(row))].mean(axis=1), len(row)) for row in known if len(row)])


def slope(series: Series) -> Interval | None:
    """Change over a whole clip by least squares; what is left of the line is resampled in blocks and fitted again.

    None with fewer than three frames measured.
    """
    found: list[_Part] = []
    for row in series:
        times, values = _timed(row)
        if len(values) < 3:
            continue
        value = float(_slope(values, times))
        rest = values - values.mean() - value * (times - times.mean())
        found.append((value, value + _slope(rest[stretches(len(rest))], times), len(values)))
    return _joined(found)


def difference(series: Series, others: Series) -> Interval | None:
    """Mean of the frames less the mean of other frames, which are not theirs one by one."""
    one, other = mean(series), mean(others)
    if one is None or other is None:
        return None
    draws = _draws(series) - _draws(others)[np.random.default_rng(1).permutation(DRAWS)]
    low, high = np.percentile(draws, TAILS)
    return Interval(one.value - other.value, float(low), float(high), min(one.count, other.count))


def changed(interval: Interval | None, by: Callable[[float], float]) -> Interval | None:
    """The interval on another scale; `by` grows with its argument."""
    if interval is None:
        return None
    return Interval(by(interval.value), by(interval.low), by(interval.high), interval.count)


_Part = tuple[float, np.ndarray, int]


def _joined(parts: Sequence[_Part]) -> Interval | None:
    """One interval of the values of some clips and their resamples (1000,)."""
    if not parts:
        return None
    low, high = np.percentile(_over_clips([draws for _, draws, _ in parts]), TAILS)
    value = float(np.mean([value for value, _, _ in parts]))
    return Interval(value, float(low), float(high), sum(count for *_, count in parts))


def _draws(series: Series) -> np.ndarray:
    known = [row[np.isfinite(row)] for row in series]
    return _over_clips([row[stretches(len(row))].mean(axis=1) for row in known if len(row)])


def _over_clips(draws: Sequence[np.ndarray]) -> np.ndarray:
    """Means of resamples of the clips, (1000,)."""
    rows, count = np.stack(draws), len(draws)
    if count == 1:
        return rows[0]
    picked = np.random.default_rng(2).integers(count, size=(DRAWS, count))
    return rows[picked, np.arange(DRAWS)[:, None]].mean(axis=1)


def _timed(row: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """When (0 at the clip's beginning, 1 at its end) and what was measured."""
    places = np.flatnonzero(np.isfinite(row))
    return places / max(len(row) - 1, 1), row[places]


def _slope(values: np.ndarray, times: np.ndarray) -> np.ndarray:
    apart = times - times.mean()
    return (values * apart).sum(axis=-1) / max(float((apart**2).sum()), 1e-12)
