"""Which of several faces in a picture is the character's."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from ..errors import FaceError
from .face import Face
from .metric import COSINE, Metric, alike

Policy = Literal["largest", "most central", "index", "character"]


@dataclass(frozen=True, kw_only=True)
class FaceChoice:
    """How to choose. `index` counts from left to right, from 0; `character` (d,) is whom to be like by `metric`."""

    policy: Policy = "largest"
    index: int = 0
    character: np.ndarray | None = None
    metric: Metric = COSINE

    def __post_init__(self) -> None:
        if self.policy == "character" and self.character is None:
            raise FaceError("Choosing faces by character needs pictures of the character; give some as baselines.")


def choose_face(faces: Sequence[Face], size: tuple[int, int], choice: FaceChoice | None = None) -> Face | None:
    """The face that `choice` means in a picture of `size` (width, height); None where there is no such face."""
    how = choice or FaceChoice()
    if not faces:
        return None
    if how.policy == "index":
        ordered = sorted(faces, key=lambda face: face.box[0] + face.box[2])
        return ordered[how.index] if 0 <= how.index < len(ordered) else None
    if how.policy == "most central":
        return min(faces, key=lambda face: _off_centre(face, size))
    if how.policy == "character" and how.character is not None:
        return _most_similar(faces, how.character, how.metric)
    return max(faces, key=lambda face: face.width * face.height)


def _most_similar(faces: Sequence[Face], character: np.ndarray, metric: Metric) -> Face:
    known = [face for face in faces if face.has_identity]
    if not known:
        return max(faces, key=lambda face: face.width * face.height)
    if any(face.embedding.shape != character.shape for face in known):
        raise FaceError("The character's embedding is another reader's; read its pictures with the same reader.")
    return max(known, key=lambda face: alike(metric, face.embedding, character))


def _off_centre(face: Face, size: tuple[int, int]) -> float:
    x, y = (face.box[0] + face.box[2] - size[0]) / 2, (face.box[1] + face.box[3] - size[1]) / 2
    return x * x + y * y
