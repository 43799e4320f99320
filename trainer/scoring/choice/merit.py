"""One number a column: identity and flexibility weighed against one another, over the same resampled pictures."""

from collections.abc import Sequence

import numpy as np

from ..intervals import DRAWS, FEWEST, TAILS, Interval, Key, resamples
from ..measures.following import followings
from ..measures.identity import identities
from ..scores import Scores

EVEN = 0.5
"""The preference that gives identity and flexibility the same weight: their harmonic mean."""


def merits(control: Scores, columns: Sequence[Scores], reference: float | None, preference: float = EVEN) -> np.ndarray:
    """Merit of each column: in column 0 over all pictures, then over each resample, (n, 1 + DRAWS).

    All share the resampled prompts and seeds, so that a hard prompt weighs on all alike. A picture without a face where
    another column has one counts as no likeness at all, the control's, and flexibility is of what all have measured.
    Identity may pass that of real pictures. Resamples of fewer than FEWEST pictures say nothing and are NaN.
    """
    keys = sorted({picture.key for scores in columns for picture in scores.pictures if picture.triggered})
    rows = np.vstack([np.arange(len(keys))[None], resamples(len(keys))])
    base = control.identity.value if control.identity else 0.0
    span = reference - base if reference is not None and reference - base > 0.05 else 1.0 - base
    found = np.empty((len(columns), 1 + DRAWS))
    shown = {key for scores in columns for key in identities(scores.pictures)}
    parts = _shared(columns, control)
    for index, scores in enumerate(columns):
        faceless = {picture.key: base for picture in scores.pictures if picture.key in shown}
        likeness = _resampled(faceless | identities(scores.pictures), keys, rows)
        identity = np.maximum((likeness - base) / span, 0)
        flexibility = _flexibility(scores, control, span, keys, rows, parts)
        found[index] = weighed(np.nan_to_num(identity), flexibility, preference)
    if are_few(columns):
        found[:, 1:] = np.nan
    return found


def are_few(columns: Sequence[Scores]) -> bool:
    """Whether fewer than FEWEST pictures with the trigger show a face in any column: they tell no columns apart. Where
    no face is known, those that were read count."""
    shown = {key for each in columns for key in identities(each.pictures)}
    return len(shown or {key for each in columns for key in followings(each.pictures)}) < FEWEST


def lag(best: np.ndarray, other: np.ndarray, swing: float = 0.0) -> Interval:
    """By how much `other` is worse, prompt by prompt and seed by seed: rows of `merits`, or means of some.

    `swing` is half the width of what training seeds add, and joins the half widths of the resamples by squares, as
    independent errors do. Where resamples say nothing, the whole scale: nothing is told apart.
    """
    gaps = best - other
    if np.isnan(gaps[1:]).any():
        return Interval(float(gaps[0]), min(float(gaps[0]), -1.0), max(float(gaps[0]), 1.0), DRAWS)
    low, high = np.percentile(gaps[1:], TAILS)
    if not swing:
        return Interval(float(gaps[0]), float(low), float(high), DRAWS)
    value = float(gaps[0])
    below, above = float(np.hypot(value - low, swing)), float(np.hypot(high - value, swing))
    return Interval(value, value - below, value + above, DRAWS)


def is_tied(gap: Interval) -> bool:
    return bool(gap.low <= 0 <= gap.high)


def weighed(identity: np.ndarray, flexibility: np.ndarray | None, preference: float) -> np.ndarray:
    """F-beta (van Rijsbergen 1979) of both, from 0 on, flexibility counting `beta` times as much as identity.

    beta is preference / (1 - preference): 0 leaves identity alone, 1 flexibility, 0.5 is the harmonic mean. Identity
    decides alone where no flexibility was measured.
    """
    if flexibility is None or preference <= 0:
        return identity
    if preference >= 1:
        return flexibility
    square = (preference / (1 - preference)) ** 2
    return (1 + square) * identity * flexibility / np.maximum(square * identity + flexibility, 1e-9)


def _shared(columns: Sequence[Scores], control: Scores) -> frozenset[str]:
    """Parts of flexibility that every column has measured: means of other parts are no better or worse."""
    found = {name for name in ("following", "variety", "leak") if all(each.measures.get(name) for each in columns)}
    if not control.following or control.following.value <= 0:
        found.discard("following")
    return frozenset(found)


def _flexibility(
    scores: Scores, control: Scores, span: float, keys: Sequence[Key], rows: np.ndarray, shared: frozenset[str]
) -> np.ndarray | None:
    """Mean of what is shared: following and variety over the control's (at most 1), and what does not leak."""
    parts: list[np.ndarray] = []
    if "following" in shared and scores.following and control.following:
        followed = _resampled(followings(scores.pictures), keys, rows)
        parts.append(np.clip(np.nan_to_num(followed, nan=scores.following.value) / control.following.value, 0, 1))
    if "variety" in shared and scores.variety:
        parts.append(np.full(len(rows), min(scores.variety.value, 1.0)))
    if "leak" in shared and scores.leak:
        parts.append(np.full(len(rows), 1 - min(max(scores.leak.value / span, 0.0), 1.0)))
    return np.mean(parts, axis=0) if parts else None


def _resampled(values: dict[Key, float], keys: Sequence[Key], rows: np.ndarray) -> np.ndarray:
    """Mean over each row of picture numbers; pictures that were not measured are left out."""
    table = np.array([values.get(key, np.nan) for key in keys])[rows]
    known = ~np.isnan(table)
    return np.where(known, table, 0).sum(axis=1) / np.where(known.any(axis=1), known.sum(axis=1), np.nan)
