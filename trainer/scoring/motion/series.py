"""How sure a number of a clip is: neighbouring frames are nearly one picture, so that whole stretches are resampled.

Circular block bootstrap (Politis & Romano 1992): 1000 resamples with a fixed seed, in blocks of the square root of the
frames. Few blocks promise too much, so that resamples are spread as Student's t of their number is beside the normal
(the expanded percentile interval of Hesterberg 2015, section 5.4). Of several clips the clips are resampled too.
"""

from collections.abc import Callable, Sequence
from math import ceil, sqrt

import numpy as np

from ..intervals import DRAWS, TAILS, Interval

Series = Sequence[np.ndarray]
"""A number a frame, (n,) a clip; NaN where it was not measured."""
_Z = 1.959964


def stretches(count: int) -> np.ndarray:
    """Frames of 1000 resamples of a clip of `count`, (1000, count); the same every time."""
    length = _length(count)
    starts = np.random.default_rng(0).integers(count, size=(DRAWS, -(-count // length)))
    return ((starts[:, :, None] + np.arange(length)) % count).reshape(DRAWS, -1)[:, :count]


def mean(series: Series) -> Interval | None:
    """Of all frames that were measured; None without any."""
    return _joined(_means(series))


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
        draws = value + _spread(len(rest)) * _slope(rest[stretches(len(rest))], times)
        found.append((value, draws, len(values)))
    return _joined(found)


def difference(series: Series, others: Series) -> Interval | None:
    """Mean of the frames less the mean of other frames, which are not theirs one by one."""
    one, other = mean(series), mean(others)
    if one is None or other is None:
        return None
    ours, theirs = (_over_clips([draws for _, draws, _ in _means(some)]) for some in (series, others))
    draws = ours - theirs[np.random.default_rng(1).permutation(DRAWS)]
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


def _means(series: Series) -> list[_Part]:
    known = [row[np.isfinite(row)] for row in series]
    found: list[_Part] = []
    for row in (one for one in known if len(one)):
        value = float(row.mean())
        found.append((value, value + _spread(len(row)) * (row[stretches(len(row))].mean(axis=1) - value), len(row)))
    return found


def _spread(count: int) -> float:
    """How much wider than their resamples a few blocks are uncertain: Student's t over the normal, and the n - 1 of a
    variance."""
    blocks = max(-(-count // _length(count)), 2)
    free = blocks - 1
    # Cornish & Fisher's expansion of t at 97.5 %: 3.16 for 3 degrees of freedom, where tables have 3.18.
    terms = (_Z, (_Z**3 + _Z) / 4, (5 * _Z**5 + 16 * _Z**3 + 3 * _Z) / 96)
    student = sum(term / free**power for power, term in enumerate(terms))
    return student / _Z * sqrt(blocks / free)


def _length(count: int) -> int:
    """Frames of a block."""
    return ceil(sqrt(count))


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
