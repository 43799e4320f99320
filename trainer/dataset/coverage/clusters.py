"""Pictures grouped by colour: histograms that forgive small shifts, and average-linkage clustering of them."""

from collections.abc import Sequence

import numpy as np

_BINS = 5
_SAMPLED = 6000
"""Pixels beyond so many are passed over evenly: more change no group."""
_EXACT = 400
"""Up to so many pictures every pair is weighed; more are first put beside the nearest of those seen before."""
_TWIN = 0.15
APART = 0.55
"""Hellinger distance (0..1) from which two histograms are different things.

Of 60 drawings of the demo, those alike in background and style lie below 0.5 of each other; 80 % of a group share
their background's colour. Higher values soon put everything together: at 0.7 three groups are left of 30 kinds.
"""


def histogram(pixels: np.ndarray) -> np.ndarray:
    """Square roots of a (125,) colour histogram of (n, 3) uint8 pixels, each spread over the neighbouring bins."""
    flat = pixels.reshape(-1, 3)
    fine = (flat[:: len(flat) // _SAMPLED + 1] >> 3).astype(np.int64) @ np.array([1 << 10, 1 << 5, 1])
    tally = np.bincount(fine, minlength=1 << 15)
    filled = np.flatnonzero(tally)
    place = (np.stack([filled >> 10, filled >> 5 & 31, filled & 31], axis=1) * 8 + 3.5) / 255 * (_BINS - 1)
    low = np.minimum(place.astype(np.int64), _BINS - 2)
    part = place - low
    counts = np.zeros(_BINS**3)
    for corner in range(8):
        step = np.array([corner >> 2 & 1, corner >> 1 & 1, corner & 1])
        weight = np.where(step, part, 1 - part).prod(axis=1) * tally[filled]
        bins = (low + step) @ np.array([_BINS * _BINS, _BINS, 1])
        counts += np.bincount(bins, weights=weight, minlength=_BINS**3)
    return np.sqrt(counts / max(counts.sum(), 1e-12)).astype(np.float32)


def groups(histograms: Sequence[np.ndarray], apart: float = APART) -> list[int]:
    """A group number for each histogram, counted in order of appearance. The same input gives the same groups."""
    if not histograms:
        return []
    leaders, followers = _leaders(histograms)
    joined = _agglomerate(np.stack([histograms[leader] for leader in leaders]), apart)
    numbers: dict[int, int] = {}
    return [numbers.setdefault(joined[leader], len(numbers)) for leader in followers]


def _leaders(histograms: Sequence[np.ndarray]) -> tuple[list[int], list[int]]:
    """Pictures that stand for others, and for every picture which of them stands for it."""
    if len(histograms) <= _EXACT:
        return list(range(len(histograms))), list(range(len(histograms)))
    leaders: list[int] = []
    stack = np.zeros((_EXACT, len(histograms[0])), np.float32)
    followers: list[int] = []
    for index, row in enumerate(histograms):
        near = _distances(row[None], stack[: len(leaders)])[0] if leaders else np.ones(1)
        best = int(near.argmin())
        if near[best] <= _TWIN or len(leaders) == _EXACT:
            followers.append(best)
            continue
        stack[len(leaders)] = row
        followers.append(len(leaders))
        leaders.append(index)
    return leaders, followers


def _agglomerate(rows: np.ndarray, apart: float) -> list[int]:
    """Average linkage (Sokal and Michener 1958): the closest two groups join until none are closer than `apart`."""
    distance = _distances(rows, rows)
    np.fill_diagonal(distance, np.inf)
    size = np.ones(len(rows))
    group = np.arange(len(rows))
    while len(rows) > 1:
        one, other = divmod(int(distance.argmin()), len(rows))
        if distance[one, other] >= apart:
            break
        joined = (distance[one] * size[one] + distance[other] * size[other]) / (size[one] + size[other])
        distance[one], distance[:, one] = joined, joined
        distance[other], distance[:, other] = np.inf, np.inf
        distance[one, one] = np.inf
        size[one] += size[other]
        group[group == other] = one
    return [int(number) for number in group]


def _distances(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Hellinger distances (n, m) of square-rooted histograms."""
    return np.sqrt(np.clip(1 - a.astype(np.float64) @ b.T.astype(np.float64), 0, 1))
