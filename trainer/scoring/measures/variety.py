"""How much pictures of one prompt differ: mean absolute difference of small copies, 0 for equal, 1 black on white."""

from collections.abc import Sequence
from itertools import combinations

import numpy as np

from ..intervals import TAILS, Interval, resamples
from ..reading.observation import Batch


def distance(one: np.ndarray, other: np.ndarray) -> float:
    return float(np.abs(one - other).mean())


def mean_distance(pictures: Sequence[np.ndarray]) -> float | None:
    """Mean over all pairs; None for fewer than two pictures."""
    pairs = [distance(one, other) for one, other in combinations(pictures, 2)]
    return float(np.mean(pairs)) if pairs else None


def variety(batch: Batch) -> Interval | None:
    """Distance between seeds of the bare trigger over the control's, mean over such probes."""
    # Only with the bare trigger: where a prompt fixes the scene, the control's seeds differ mostly by person, and the
    # best of LoRAs would look like a collapse (drawn demo pictures: ratio .42 there, .85 with all but the person free).
    probes = sorted({picture.probe for picture in batch.pictures if picture.kind == "trigger"})
    known = [ratio for ratio in (_of_probe(batch, probe) for probe in probes) if ratio is not None]
    if not known:
        return None
    means = [float(np.mean([getattr(ratio, part) for ratio in known])) for part in ("value", "low", "high")]
    return Interval(means[0], means[1], means[2], sum(ratio.count for ratio in known))


def _of_probe(batch: Batch, probe: int) -> Interval | None:
    keys = sorted(key for key in batch.small.keys() & batch.control_small.keys() if key[0] == probe)
    return distance_ratio([batch.small[key] for key in keys], [batch.control_small[key] for key in keys])


def distance_ratio(ours: Sequence[np.ndarray], control: Sequence[np.ndarray]) -> Interval | None:
    """Distance over the control's, both in order of the same seeds; None for fewer than two, or an unmoving control."""
    count = len(ours)
    if count < 2 or count != len(control) or not mean_distance(control):
        return None
    draws = resamples(count)
    low, high = np.nanpercentile(_distances(ours, draws) / _distances(control, draws), TAILS)
    value = (mean_distance(ours) or 0.0) / (mean_distance(control) or 1.0)
    return Interval(value, float(low), float(high), count)


def _distances(pictures: Sequence[np.ndarray], draws: np.ndarray) -> np.ndarray:
    """Mean distance between different pictures of each resample; NaN where it holds one picture only."""
    table = np.array([[distance(one, other) for other in pictures] for one in pictures])
    rows, columns = draws[:, :, None], draws[:, None, :]
    different = (rows != columns).sum(axis=(1, 2)).astype(np.float64)
    different[different == 0] = np.nan
    return table[rows, columns].sum(axis=(1, 2)) / different
