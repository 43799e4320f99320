"""Finds faces that a detector misses at first sight: in close-ups, in tight portraits, lying, in shadow."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from PIL import Image

from .border import faces_with_border
from .face import Face, FaceReader
from .turned import faces_when_turned

SIDES = (320, 256, 128)
"""Smaller ones than 640, for detectors that miss faces which fill the picture."""
THRESHOLD, LOW_THRESHOLD = 0.5, 0.3
TURNED = "turned"
"""The attempt that finds faces lying sideways or upside down."""


@runtime_checkable
class SizedReader(Protocol):
    """A reader whose detector can be told how large it sees a picture and how sure it must be.

    `sides` are those worth trying after its own, in pixels of the picture's longer side.
    """

    @property
    def sides(self) -> Sequence[int]: ...

    def faces_at(self, image: Image.Image, *, side: int, threshold: float) -> list[Face]: ...


@dataclass(frozen=True)
class Detection:
    """Faces in pixels of the picture asked about, and which attempt found them."""

    faces: Sequence[Face]
    attempt: str


def detect_with_retries(reader: FaceReader, image: Image.Image) -> Detection:
    """Faces, largest first, from the first attempt that finds any; no faces and `not found` when none does.

    As it is, with a border, with other detector sizes where the reader knows of those, turned, and last, where it
    knows of one, with a lower threshold.
    """
    for attempt, detect in _attempts(reader, image):
        if faces := detect():
            return Detection(tuple(faces), attempt)
    return Detection((), "not found")


def _attempts(reader: FaceReader, image: Image.Image) -> Iterator[tuple[str, Callable[[], list[Face]]]]:
    yield "as it is", lambda: reader.faces(image)
    yield "with a border", lambda: faces_with_border(reader.faces, image)
    if isinstance(reader, SizedReader):
        for side in reader.sides:
            yield f"detector size {side}", lambda side=side: reader.faces_at(image, side=side, threshold=THRESHOLD)
    yield TURNED, lambda: faces_when_turned(reader.faces, image)
    if isinstance(reader, SizedReader):
        for side in (640, *reader.sides):
            yield "lower threshold", lambda side=side: reader.faces_at(image, side=side, threshold=LOW_THRESHOLD)
