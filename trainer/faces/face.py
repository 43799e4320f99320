"""What a face reader says of a picture."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from PIL import Image

from .metric import Metric

Box = tuple[float, float, float, float]
"""Left, top, right, bottom in pixels."""
Points = tuple[tuple[float, float], ...]
"""The eye, the other eye, nose, the mouth's corners, as seen in the picture from left to right; () when not read."""

EXPRESSIONS = ("neutral", "smile", "serious", "open mouth", "eyes closed")
"""What attribute readers say of faces."""


@dataclass(frozen=True, kw_only=True)
class Face:
    """One face in the picture's pixels, with the detector's score in 0..1.

    Angles are in degrees, None where the reader does not measure them: negative yaw looks to the picture's left,
    positive pitch looks up, positive roll leans clockwise. `embedding` (d,) is compared by the reader's metric alone;
    (0,) without identity. `mouth_open` is the gap between the lips in widths of the mouth; `eyes_closed` runs from 0,
    as open as eyes mostly are, to 1, shut. `length` is the embedding's as its network gave it, before it was made one;
    None where the reader does not tell.
    """

    box: Box
    points: Points
    yaw: float | None
    embedding: np.ndarray
    score: float
    pitch: float | None = None
    roll: float | None = None
    mouth_open: float | None = None
    eyes_closed: float | None = None
    length: float | None = None

    @property
    def height(self) -> float:
        return self.box[3] - self.box[1]

    @property
    def has_identity(self) -> bool:
        """Whether there is an embedding, and of numbers: networks that overflow tell none."""
        return self.embedding.size > 0 and bool(np.isfinite(self.embedding).all())

    @property
    def width(self) -> float:
        return self.box[2] - self.box[0]


class FaceReader(Protocol):
    """A detector and an identity embedding. Numbers belong to the reader: those of two readers never mix."""

    @property
    def name(self) -> str: ...

    @property
    def same_person(self) -> float:
        """Likeness by `metric` at and above which two faces count as one person."""
        ...

    @property
    def metric(self) -> Metric:
        """How alike two of its embeddings are."""
        ...

    @property
    def licence(self) -> str:
        """One sentence on what the model files may be used for."""
        ...

    @property
    def measures_identity(self) -> bool:
        """False: boxes and angles only, embeddings are empty."""
        ...

    def faces(self, image: Image.Image) -> list[Face]:
        """All faces, largest first; empty when there is none."""
        ...


@dataclass(frozen=True, kw_only=True)
class Reading:
    """What a picture shows, by slot (`background`, `scene`, …), as words of that slot."""

    values: Mapping[str, str] = field(default_factory=dict[str, str])


def fingerprint_of(reader: object) -> str:
    """What a reader of faces or attributes says with besides its name: its files' content, "" where it has none.

    Optional: names alone do not tell a newer model file, or another under the same name.
    """
    return str(getattr(reader, "fingerprint", ""))


class AttributeReader(Protocol):
    """Reads captioned attributes off pictures: how prompt following is measured."""

    name: str
    slots: Mapping[str, Sequence[str]]

    def read(self, images: Sequence[Image.Image]) -> list[Reading]:
        """One reading a picture; every slot gets its likeliest word."""
        ...
