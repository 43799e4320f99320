"""What is to be said of each picture of a run, from numbers alone."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .own_losses import Gain, Table

LEARNING, STUCK, CAPTION, STRANGER, TWIN, UNKNOWN = (
    "learning",
    "stuck",
    "suspect caption",
    "stranger",
    "near-duplicate",
    "",
)
FEWEST = 4
"""Pictures below which none can be held against the others."""
_CAPTION_Z, _STRANGER_Z = -3.5, -1.5
_STRANGE = 0.4
"""Part of the middle picture's drop that a stranger does not reach."""
_FACE_Z, _FACE = -3.5, 0.5
"""How far below the others', and below which part of the middle one's, a stranger's face lies."""
_CAPTION_DRAWS, _STRANGER_DRAWS = 2, 2
_LEAST_DROP = 0.05
"""Fall of log loss that the middle picture must show before one is called a stranger to the others, or stuck."""
_STUCK = 1 / 3
"""Part of the middle picture's gain that a stuck one surely does not reach."""
_ERRORS = 2.0


@dataclass(frozen=True)
class Seen:
    """Of n pictures, in nats of log loss; NaN is not known.

    `caption_gains`, (n, draws): what the caption takes from the base's loss. `drops`, (n, draws): what the adapter
    takes near noise. `twins`: places of near-duplicates. `gains`: how far training's own losses have fallen. `faces`:
    how like the character each one's face is, None where none was read.
    """

    caption_gains: Table
    drops: Table
    twins: Sequence[int] = ()
    gains: Sequence[Gain] | None = None
    faces: Sequence[float | None] = ()


def verdicts(seen: Seen) -> tuple[str, ...]:
    """One a picture; the first of suspect caption, near-duplicate, stranger, stuck and learning that holds."""
    count = len(seen.caption_gains)
    if count < FEWEST:
        return (UNKNOWN,) * count
    captions, strangers = suspect_captions(seen.caption_gains), _strangers(seen.drops, seen.faces)
    rest = [UNKNOWN] * count if seen.gains is None else _learned(seen.gains)
    return tuple(
        CAPTION if captions[n] else TWIN if n in seen.twins else STRANGER if strangers[n] else rest[n]
        for n in range(count)
    )


def suspect_captions(gains: Table) -> Table:
    """Those whose caption explains the picture worse than none does.

    A diffusion model is a classifier of captions by its losses under paired noise (Li et al. 2023, arXiv 2303.16203).
    A caption is suspect that raises the base's loss in each of at least two draws, and whose mean gain lies 3.5 robust
    standard deviations below the set's median: on some bases captions help little, and all a little less than none.
    """
    first = gains[:, 0]
    if np.isnan(first).any():
        return np.zeros(len(gains), bool)
    known = (~np.isnan(gains)).sum(axis=1)
    is_worse = (np.isnan(gains) | (gains < 0)).all(axis=1) & (known >= _CAPTION_DRAWS)
    return is_worse & (robust_z(np.nanmean(gains, axis=1), first) <= _CAPTION_Z)


def _strangers(drops: Table, faces: Sequence[float | None]) -> Table:
    """By the face where one was read, else by what is learned: a face is the better witness.

    A stranger who resembles the character gains from what the others teach, and a clean picture whose caption says
    little gains less than they do.
    """
    by_loss, by_face = _unhelped(drops), _unlike(faces, len(drops))
    is_read = np.array([face is not None for face in faces] or [False] * len(drops))
    return np.where(is_read, by_face, by_loss)


def _unlike(faces: Sequence[float | None], count: int) -> Table:
    """Those whose face is less than half as like the character as the middle one's, and 3.5 robust standard deviations
    below it."""
    known = np.array([face for face in faces if face is not None])
    if len(known) < FEWEST or np.median(known) <= 0:
        return np.zeros(count, bool)
    values = np.array([np.inf if face is None else face for face in faces])
    return (values < _FACE * np.median(known)) & (robust_z(values, known) <= _FACE_Z)


def _unhelped(drops: Table) -> Table:
    """Those from whose error near noise, where a person is settled, the adapter takes far less than from the others'.

    What the others teach does not help a stranger. Two draws at least, a mean below 0.4 of the median picture's
    and 1.5 robust standard deviations below it, once the median itself has fallen.
    """
    if np.isnan(drops[:, 0]).any() or np.median(drops[:, 0]) < _LEAST_DROP:
        return np.zeros(len(drops), bool)
    means, known = np.nanmean(drops, axis=1), (~np.isnan(drops)).sum(axis=1)
    is_less = (means < _STRANGE * np.median(means)) & (robust_z(means, means) <= _STRANGER_Z)
    return is_less & (known >= _STRANGER_DRAWS)


def _learned(gains: Sequence[Gain]) -> list[str]:
    middle = float(np.median([gain.value for gain in gains]))
    if middle < _LEAST_DROP:
        return [UNKNOWN] * len(gains)
    return [STUCK if gain.value + _ERRORS * gain.error < _STUCK * middle else LEARNING for gain in gains]


def robust_z(values: Table, among: Table) -> Table:
    """Distances from the median of `among` in its standard deviations, as 1.4826 times the median deviation gives."""
    middle = np.median(among)
    return (values - middle) / max(1.4826 * float(np.median(np.abs(among - middle))), 1e-9)
