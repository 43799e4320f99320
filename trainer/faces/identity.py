"""How much a face is the character's: likeness of embeddings, (d,) or (n, d), of one and the same reader."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ..errors import FaceError
from .metric import COSINE, Metric, alike, part_of

_FEWEST = 3
_MADE = 0.15
"""How much less like the set than its own pictures a made one may be."""
_STRICTEST = 1.5
_MOST = 2000
"""So many faces are compared with all to find the most frequent person: more cost seconds and change little."""


@dataclass(frozen=True, eq=False)
class CharacterIdentity:
    """What one reader knows of a character: the embeddings (n, d) of its faces, at least one."""

    embeddings: np.ndarray
    metric: Metric = COSINE

    def __post_init__(self) -> None:
        if self.embeddings.ndim != 2 or not self.embeddings.size:
            raise FaceError("A character is known by one embedded face at least; give pictures with a clear face.")

    @classmethod
    def of(cls, faces: Iterable[np.ndarray | None], metric: Metric = COSINE) -> "CharacterIdentity | None":
        """Of embeddings (d,), leaving out pictures without a face (None) or identity (0,), or no numbers for one; None
        without any."""
        known = [face for face in faces if face is not None and face.size and np.isfinite(face).all()]
        return cls(np.stack(known), metric) if known else None

    @cached_property
    def centroid(self) -> np.ndarray:
        """The mean, (d,)."""
        return self.metric.mean(self.embeddings)

    def likeness(self, face: np.ndarray) -> float:
        """Of a face (d,) to the centroid."""
        return alike(self.metric, face, self.centroid)

    def self_likeness(self) -> float | None:
        """Mean likeness of each face to the centroid of the rest: the top of the scale. None for fewer than two.

        In the precision of the embeddings, as reports have always said it.
        """
        rows = self.embeddings
        if len(rows) < 2:
            return None
        rests = [self.metric.mean(np.delete(rows, n, axis=0)) for n in range(len(rows))]
        return float(np.mean([alike(self.metric, row, rest) for row, rest in zip(rows, rests, strict=True)]))


def unit(vector: np.ndarray) -> np.ndarray:
    """(d,) of length one, float32."""
    flat = np.asarray(vector, np.float32).ravel()
    return flat / max(float(np.linalg.norm(flat)), 1e-12)


def is_first(embedding: np.ndarray, character: np.ndarray, others: np.ndarray, metric: Metric = COSINE) -> bool:
    """Whether a face is nearer to the character than to every one of (n, d) other people."""
    return alike(metric, embedding, character) > float(metric.between(others, embedding[None]).max())


def normalised(value: float, control: float, reference: float) -> float | None:
    """0 at the control, 1 at real pictures; None when the reader cannot tell the two apart."""
    span = reference - control
    return (value - control) / span if span > 0.05 else None


def likeness_to_the_others(embeddings: np.ndarray, metric: Metric = COSINE) -> np.ndarray:
    """Of each row (n, d) to the mean of the others, (n,)."""
    return metric.to_the_others(embeddings.astype(np.float64))


def likeness_to_the_most_frequent(embeddings: np.ndarray, same_person: float, metric: Metric = COSINE) -> np.ndarray:
    """Of rows (n, d) to the person most of them show, each measured without itself.

    That person is the row with most others above `same_person`, and those others: a mean of everybody in a folder of
    two people would be like both.
    """
    rows = embeddings.astype(np.float32)
    among = rows[:: len(rows) // _MOST + 1]
    parts = [metric.between(rows[start : start + 512], among) >= same_person for start in range(0, len(rows), 512)]
    likes = np.concatenate([part.sum(axis=1) for part in parts])
    most = int(likes.argmax())
    return metric.to_the_others(rows, metric.between(rows, rows[most : most + 1])[:, 0] >= same_person)


def made_face_floor(embeddings: Sequence[np.ndarray], same_person: float, metric: Metric = COSINE) -> float:
    """The least likeness at which a made face passes for this character: what the set's own faces are like, less 0.15.

    A tenth of the originals lies below the likeness it starts from. Never under the reader's `same_person`, which
    alone decides with fewer than three faces: strangers share that much. Nor above one and a half of it, counted from
    strangers: renders of one model are more alike than two photographs of anybody.
    """
    if len(embeddings) < _FEWEST:
        return same_person
    own = float(np.percentile(likeness_to_the_others(np.stack(embeddings), metric), 10))
    return max(same_person, min(own - _MADE, part_of(metric, same_person, _STRICTEST)))
