"""How much pictures differ: mean absolute difference of small copies, 0 for equal, 1 for black against white."""

from collections.abc import Sequence
from itertools import combinations

import numpy as np
from PIL import Image

from ..intervals import Interval, resamples

SIDE = 24


def small(image: Image.Image) -> np.ndarray:
    """A copy that keeps layout and colours, (SIDE, SIDE, 3) in 0..1."""
    shrunk = image.convert("RGB").resize((SIDE, SIDE), Image.Resampling.BOX)
    return np.asarray(shrunk, dtype=np.float32) / 255.0


def distance(one: np.ndarray, other: np.ndarray) -> float:
    return float(np.abs(one - other).mean())


def mean_distance(pictures: Sequence[np.ndarray]) -> float | None:
    """Mean over all pairs; None for fewer than two pictures."""
    pairs = [distance(one, other) for one, other in combinations(pictures, 2)]
    return float(np.mean(pairs)) if pairs else None


def spread_ratio(ours: Sequence[np.ndarray], control: Sequence[np.ndarray]) -> Interval | None:
    """Spread over the control's, both in order of the same seeds; None for fewer than two, or an unmoving control."""
    count = len(ours)
    if count < 2 or count != len(control) or not mean_distance(control):
        return None
    draws = resamples(count)
    low, high = np.nanpercentile(_spreads(ours, draws) / _spreads(control, draws), (2.5, 97.5))
    value = (mean_distance(ours) or 0.0) / (mean_distance(control) or 1.0)
    return Interval(value, float(low), float(high), count)


def _spreads(pictures: Sequence[np.ndarray], draws: np.ndarray) -> np.ndarray:
    """Mean distance between different pictures of each resample; NaN where it holds one picture only."""
    table = np.array([[distance(one, other) for other in pictures] for one in pictures])
    rows, columns = draws[:, :, None], draws[:, None, :]
    different = (rows != columns).sum(axis=(1, 2)).astype(np.float64)
    different[different == 0] = np.nan
    return table[rows, columns].sum(axis=(1, 2)) / different
