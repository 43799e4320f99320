"""Who does not belong: each face against the mean of the others, as far as that can be measured."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..coverage.framing import PROFILE, angle_of

_FEWEST = 3
_OWN_ANGLE = 4
"""So many faces of one angle are compared among themselves: a turned head lowers every likeness by itself."""
_LEAST_SPREAD = 0.04
_MADE = 0.15
"""How much less like the set than its own pictures a made one may be."""
_STRICTEST = 1.5
_DEVIATION = 1.4826
"""Median absolute deviation to standard deviation, for normal values (Rousseeuw and Croux 1993)."""


@dataclass(frozen=True, kw_only=True)
class Portrait:
    """The subject's face in one picture: unit embedding (d,) and angles in degrees."""

    embedding: np.ndarray
    yaw: float | None = None
    pitch: float | None = None


@dataclass(frozen=True, kw_only=True)
class Belonging:
    """Cosine to the mean of the others, and whether it is too low to be the same person. None: not measured.

    `against` says whom it was compared with, or why it was not.
    """

    value: float | None
    against: str
    limit: float | None = None

    @property
    def is_odd(self) -> bool:
        return self.value is not None and self.limit is not None and self.value < self.limit


def belonging(portraits: Sequence[Portrait | None], same_person: float) -> list[Belonging]:
    """Leave-one-out likeness of every picture; None is a picture without a face.

    A face is odd below the larger of the reader's `same_person` and three deviations under the median. A deviation is
    taken as 0.04 at least: where all others agree to a hair, a soft picture is not yet a stranger.
    """
    found = [Belonging(value=None, against="no face")] * len(portraits)
    for members, words in _circles(portraits):
        values = leave_one_out(np.stack([p.embedding for n in members if (p := portraits[n]) is not None]))
        middle = float(np.median(values))
        spread = _DEVIATION * float(np.median(np.abs(values - middle)))
        limit = max(same_person, middle - 3 * max(spread, _LEAST_SPREAD))
        for number, value in zip(members, values, strict=True):
            found[number] = Belonging(value=float(value), against=words, limit=limit)
    for number, portrait in enumerate(portraits):
        if portrait is not None and found[number].value is None:
            found[number] = Belonging(value=None, against=_why_not(portrait))
    return found


def leave_one_out(embeddings: np.ndarray) -> np.ndarray:
    """Cosine of each row (n, d) to the mean of the others, (n,); rows have unit length."""
    rows = embeddings.astype(np.float64)
    others = rows.sum(axis=0) - rows
    return (rows * others).sum(axis=1) / np.maximum(np.linalg.norm(others, axis=1), 1e-9)


def floor_of(embeddings: Sequence[np.ndarray], same_person: float) -> float:
    """The least cosine at which a made face passes for this character: what the set's own faces are like, less 0.15.

    A tenth of the originals lies below the likeness it starts from. Never under the reader's `same_person`, which
    alone decides with fewer than three faces: strangers share that much. Nor above one and a half of it: renders of one
    model are more alike than two photographs of anybody.
    """
    if len(embeddings) < _FEWEST:
        return same_person
    own = float(np.percentile(leave_one_out(np.stack(embeddings)), 10))
    return max(same_person, min(own - _MADE, _STRICTEST * same_person))


def _circles(portraits: Sequence[Portrait | None]) -> list[tuple[list[int], str]]:
    """Who is compared with whom: angles with four faces or more among themselves, the rest with all but profiles."""
    angles: dict[str, list[int]] = {}
    facing: list[int] = []
    for number, portrait in enumerate(portraits):
        if portrait is None or not portrait.embedding.size:
            continue
        angles.setdefault(angle_of(portrait.yaw, portrait.pitch) or "", []).append(number)
        if not _is_profile(portrait):
            facing.append(number)
    own = {angle: members for angle, members in angles.items() if angle and len(members) >= _OWN_ANGLE}
    taken = {number for members in own.values() for number in members}
    circles = [(members, f"the others: {angle}") for angle, members in own.items()]
    left = [number for number in facing if number not in taken]
    if left and len(facing) >= _FEWEST:
        circles.append((facing, "the others"))
    # The wide circle first: who has an own angle is then measured again among its like.
    return circles[::-1]


def _is_profile(portrait: Portrait) -> bool:
    return portrait.yaw is not None and abs(portrait.yaw) > PROFILE


def _why_not(portrait: Portrait) -> str:
    if not portrait.embedding.size:
        return "the reader measures no identity"
    return "a profile, with too few like it to compare" if _is_profile(portrait) else "too few faces to compare"
