"""Who does not belong: each face against the mean of the others, as far as that can be measured."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .identity import likeness_to_the_others
from .metric import COSINE, Metric
from .pose import angle_of, is_profile

_FEWEST = 3
_OWN_ANGLE = 4
"""So many faces of one angle are compared among themselves: a turned head lowers every likeness by itself."""
_LEAST_SPREAD = 0.04
_DEVIATION = 1.4826
"""Median absolute deviation to standard deviation, for normal values (Rousseeuw and Croux 1993)."""


@dataclass(frozen=True, kw_only=True)
class FaceEmbedding:
    """The subject's face in one picture: embedding (d,), (0,) without identity, and angles in degrees."""

    embedding: np.ndarray
    yaw: float | None = None
    pitch: float | None = None


@dataclass(frozen=True, kw_only=True)
class OutlierScore:
    """Likeness to the mean of the others, and whether it is too low to be the same person. None: not measured.

    `against` says whom it was compared with, or why it was not.
    """

    value: float | None
    against: str
    limit: float | None = None

    @property
    def is_outlier(self) -> bool:
        return self.value is not None and self.limit is not None and self.value < self.limit


def outlier_scores(
    faces: Sequence[FaceEmbedding | None], same_person: float, metric: Metric = COSINE
) -> list[OutlierScore]:
    """Leave-one-out likeness of every picture; None is a picture without a face.

    A face is an outlier below the larger of the reader's `same_person` and three deviations under the median. A
    deviation is taken as 0.04 at least: where all others agree to a hair, a soft picture is not yet a stranger.
    """
    scores = [OutlierScore(value=None, against="no face")] * len(faces)
    for members, words in peer_groups(faces):
        rows = np.stack([face.embedding for n in members if (face := faces[n]) is not None])
        values = likeness_to_the_others(rows, metric)
        middle = float(np.median(values))
        spread = _DEVIATION * float(np.median(np.abs(values - middle)))
        limit = max(same_person, middle - 3 * max(spread, _LEAST_SPREAD))
        for number, value in zip(members, values, strict=True):
            scores[number] = OutlierScore(value=float(value), against=words, limit=limit)
    for number, face in enumerate(faces):
        if face is not None and scores[number].value is None:
            scores[number] = OutlierScore(value=None, against=_why_not(face))
    return scores


def peer_groups(faces: Sequence[FaceEmbedding | None]) -> list[tuple[list[int], str]]:
    """Who is compared with whom: angles with four faces or more among themselves, the rest with all but profiles."""
    angles: dict[str, list[int]] = {}
    facing: list[int] = []
    for number, face in enumerate(faces):
        if face is None or not face.embedding.size:
            continue
        angles.setdefault(angle_of(face.yaw, face.pitch) or "", []).append(number)
        if not is_profile(face.yaw):
            facing.append(number)
    own = {angle: members for angle, members in angles.items() if angle and len(members) >= _OWN_ANGLE}
    taken = {number for members in own.values() for number in members}
    groups = [(members, f"the others: {angle}") for angle, members in own.items()]
    left = [number for number in facing if number not in taken]
    if left and len(facing) >= _FEWEST:
        groups.append((facing, "the others"))
    # The wide group first: who has an own angle is then measured again among its like.
    return groups[::-1]


def _why_not(face: FaceEmbedding) -> str:
    if not face.embedding.size:
        return "the reader measures no identity"
    return "a profile, with too few like it to compare" if is_profile(face.yaw) else "too few faces to compare"
