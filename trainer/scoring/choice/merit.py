"""One number a column: identity and flexibility weighed against one another, over the same resampled pictures."""

from collections.abc import Sequence

import numpy as np

from ..intervals import DRAWS, TAILS, Interval, Key, resamples
from ..measures.following import followings
from ..measures.identity import identities
from ..scores import Scores

EVEN = 0.5
"""The preference that gives identity and flexibility the same weight: their harmonic mean."""


def merits(control: Scores, columns: Sequence[Scores], reference: float | None, preference: float = EVEN) -> np.ndarray:
    """Merit of each column: in column 0 over all pictures, then over each resample, (n, 1 + DRAWS).

    All share the resampled prompts and seeds, so that a hard prompt weighs on all alike.
    """
    keys = sorted({picture.key for scores in columns for picture in scores.pictures if picture.triggered})
    rows = np.vstack([np.arange(len(keys))[None], resamples(len(keys))])
    base = control.identity.value if control.identity else 0.0
    span = reference - base if reference is not None and reference - base > 0.05 else 1.0 - base
    found = np.empty((len(columns), 1 + DRAWS))
    for index, scores in enumerate(columns):
        identity = np.clip((_resampled(identities(scores.pictures), keys, rows) - base) / span, 0, 1)
        flexibility = _flexibility(scores, control, span, keys, rows)
        found[index] = weighed(np.nan_to_num(identity), flexibility, preference)
    return found


def lag(best: np.ndarray, other: np.ndarray, swing: float = 0.0) -> Interval:
    """By how much `other` is worse, prompt by prompt and seed by seed: rows of `merits`, or means of some.

    `swing` is half the width of what training seeds add, and joins the half widths of the resamples by squares, as
    independent errors do.
    """
    gaps = best - other
    low, high = np.percentile(gaps[1:], TAILS)
    if not swing:
        return Interval(float(gaps[0]), float(low), float(high), DRAWS)
    value = float(gaps[0])
    below, above = float(np.hypot(value - low, swing)), float(np.hypot(high - value, swing))
    return Interval(value, value - below, value + above, DRAWS)


def is_tied(gap: Interval) -> bool:
    return bool(gap.low <= 0 <= gap.high)


def weighed(identity: np.ndarray, flexibility: np.ndarray | None, preference: float) -> np.ndarray:
    """F-beta (van Rijsbergen 1979) of both in 0..1, flexibility counting `beta` times as much as identity.

    beta is preference / (1 - preference): 0 leaves identity alone, 1 flexibility, 0.5 is the harmonic mean. Identity
    decides alone where no flexibility was measured.
    """
    if flexibility is None or preference <= 0:
        return identity
    if preference >= 1:
        return flexibility
    square = (preference / (1 - preference)) ** 2
    return (1 + square) * identity * flexibility / np.maximum(square * identity + flexibility, 1e-9)


def _flexibility(
    scores: Scores, control: Scores, span: float, keys: Sequence[Key], rows: np.ndarray
) -> np.ndarray | None:
    """Mean of what was measured: following and variety over the control's (at most 1), and what does not leak."""
    parts: list[np.ndarray] = []
    if scores.following and control.following and control.following.value > 0:
        followed = _resampled(followings(scores.pictures), keys, rows) / control.following.value
        parts.append(np.clip(np.nan_to_num(followed, nan=scores.following.value), 0, 1))
    if scores.variety:
        parts.append(np.full(len(rows), min(scores.variety.value, 1.0)))
    if scores.leak:
        parts.append(np.full(len(rows), 1 - min(max(scores.leak.value / span, 0.0), 1.0)))
    return np.mean(parts, axis=0) if parts else None


def _resampled(values: dict[Key, float], keys: Sequence[Key], rows: np.ndarray) -> np.ndarray:
    """Mean over each row of picture numbers; pictures that were not measured are left out."""
    table = np.array([values.get(key, np.nan) for key in keys])[rows]
    known = ~np.isnan(table)
    return np.where(known, table, 0).sum(axis=1) / np.where(known.any(axis=1), known.sum(axis=1), np.nan)
