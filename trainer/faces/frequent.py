"""The person that a set of pictures is of, where nobody says who it is."""

from collections.abc import Sequence

import numpy as np

from .choose import FaceChoice, choose_face
from .face import Face
from .metric import COSINE, Metric

_MOST = 2000
"""So many faces are asked how many pictures show them: more cost seconds and change little."""


def frequent_person(
    pictures: Sequence[Sequence[Face]], same_person: float, metric: Metric = COSINE
) -> np.ndarray | None:
    """The embedding (d,) of whom most pictures show; None where no face has an identity.

    Two who are always together are told apart by the pictures that show one alone, then by the size of their faces.
    """
    known = [[face for face in faces if face.has_identity] for faces in pictures]
    owner = np.array([number for number, faces in enumerate(known) for _ in faces])
    if not owner.size:
        return None
    faces = [face for some in known for face in some]
    rows = np.stack([face.embedding for face in faces]).astype(np.float32)
    alone = np.array([len(some) == 1 for some in known])[owner]
    heights = np.array([face.height for face in faces])
    best, members = (0, 0, 0.0), np.arange(len(faces)) == 0
    for row in range(0, len(rows), len(rows) // _MOST + 1):
        like = metric.between(rows, rows[row : row + 1])[:, 0] >= same_person
        like[row] = True
        rank = len(set(owner[like].tolist())), int((like & alone).sum()), float(heights[like].mean())
        if rank > best:
            best, members = rank, like
    return metric.mean(rows[members])


def choice_over(pictures: Sequence[Sequence[Face]], same_person: float, metric: Metric = COSINE) -> FaceChoice:
    """Faces like the one that most pictures show; the largest where no picture shows several, or nobody is told."""
    person = frequent_person(pictures, same_person, metric) if any(len(faces) > 1 for faces in pictures) else None
    return FaceChoice() if person is None else FaceChoice(policy="character", character=person, metric=metric)


def embeddings_of_character(
    pictures: Sequence[Sequence[Face]], same_person: float, metric: Metric = COSINE
) -> list[np.ndarray | None]:
    """Of every picture the embedding (d,) of the face that `choice_over` means, None where it shows no face."""
    how = choice_over(pictures, same_person, metric)
    # Neither of those choices asks how large the picture is.
    chosen = [choose_face(faces, (1, 1), how) for faces in pictures]
    return [None if face is None else face.embedding for face in chosen]
