"""Face landmarks beside a face reader: identity from the reader, angles and expressions from the landmarks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from PIL import Image

from ..face import EXPRESSIONS, Face, FaceReader, Reading, fingerprint_of
from ..metric import Metric
from .mediapipe import NAME, LandmarkFace, LandmarkReader

_SAME_FACE = 0.5
"""Of the smaller box: landmarks and detectors draw different boxes around one face."""


@dataclass(frozen=True)
class ReaderWithLandmarks:
    """`reader`'s faces with the angles of the landmarks that lie on them."""

    reader: FaceReader
    landmarks: LandmarkReader

    @property
    def name(self) -> str:
        return f"{self.reader.name} + {self.landmarks.name}"

    @property
    def same_person(self) -> float:
        return self.reader.same_person

    @property
    def metric(self) -> Metric:
        return self.reader.metric

    @property
    def licence(self) -> str:
        return f"{self.reader.licence} {self.landmarks.licence}"

    @property
    def measures_identity(self) -> bool:
        return self.reader.measures_identity

    @property
    def fingerprint(self) -> str:
        """Another one has pictures read again."""
        return f"{fingerprint_of(self.reader)} {self.landmarks.fingerprint}"

    def faces(self, image: Image.Image) -> list[Face]:
        marked = self.landmarks.faces(image)
        return [_with_angles(face, marked) for face in self.reader.faces(image)]


@dataclass(frozen=True)
class LandmarkExpressions:
    """The expression of the largest face, in the words of coverage."""

    landmarks: LandmarkReader
    name: str = NAME
    slots: Mapping[str, Sequence[str]] = field(default_factory=lambda: {"expression": EXPRESSIONS})

    @property
    def fingerprint(self) -> str:
        """Another one has pictures read again."""
        return self.landmarks.fingerprint

    def read(self, images: Sequence[Image.Image]) -> list[Reading]:
        return [self._reading(self.landmarks.expression(image)) for image in images]

    @staticmethod
    def _reading(expression: str | None) -> Reading:
        return Reading(values={} if expression is None else {"expression": expression})


def landmark_readers(
    frames: Mapping[str, Sequence[LandmarkFace]], reader: FaceReader | None
) -> tuple[FaceReader, LandmarkExpressions]:
    """A face reader and an attribute reader for pictures whose landmarks are in `frames`, by sha256 of their pixels."""
    landmarks = LandmarkReader(frames)
    return ReaderWithLandmarks(reader, landmarks) if reader is not None else landmarks, LandmarkExpressions(landmarks)


def _with_angles(face: Face, marked: Sequence[Face]) -> Face:
    best = max(marked, key=lambda other: _overlap(face, other), default=None)
    if best is None or best.yaw is None or _overlap(face, best) < _SAME_FACE:
        return face
    return replace(face, yaw=best.yaw, pitch=best.pitch, roll=best.roll)


def _overlap(a: Face, b: Face) -> float:
    """Shared area, of the smaller box."""
    width = min(a.box[2], b.box[2]) - max(a.box[0], b.box[0])
    height = min(a.box[3], b.box[3]) - max(a.box[1], b.box[1])
    smaller = min(a.width * a.height, b.width * b.height)
    return width * height / smaller if min(width, height, smaller) > 0 else 0.0
