"""What a face reader says of a picture."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from PIL import Image


@dataclass(frozen=True, kw_only=True)
class Face:
    """One face: box (left, top, right, bottom) and five points (eyes, nose, mouth corners) in pixels, yaw in degrees
    (negative looks to the picture's left), a unit-length embedding, and the detector's score in 0..1."""

    box: tuple[float, float, float, float]
    points: tuple[tuple[float, float], ...]
    yaw: float
    embedding: np.ndarray
    score: float


class FaceReader(Protocol):
    """A detector and an identity embedding. Thresholds belong to the reader: cosines of two readers never mix."""

    name: str
    same_person: float
    """Cosine at and above which two faces count as one person."""

    def faces(self, image: Image.Image) -> list[Face]:
        """All faces, largest first; empty when there is none."""
        ...


@dataclass(frozen=True, kw_only=True)
class Reading:
    """What a picture shows, by slot (`background`, `scene`, …), as words of that slot."""

    values: Mapping[str, str] = field(default_factory=dict[str, str])


class AttributeReader(Protocol):
    """Reads captioned attributes off pictures: how prompt following is measured."""

    name: str
    slots: Mapping[str, Sequence[str]]

    def read(self, images: Sequence[Image.Image]) -> list[Reading]:
        """One reading a picture; every slot gets its likeliest word."""
        ...
