"""The face a picture is cropped by: one of those read off the original or remembered, or taken from its mark."""

from collections.abc import Sequence
from dataclasses import dataclass

from ...faces.choose import FaceChoice, choose_face
from ...faces.face import Face, FaceReader
from ...faces.retry import Detection, detect_with_retries
from ...storage.values import key_of
from ..checks.faces import count_faces
from ..sample import Sample
from ..sample_pixels import open_unchanged
from .store import CropStore, FoundFace


@dataclass(frozen=True)
class Seen:
    """All faces of one picture, and the name of who saw them."""

    sample: Sample
    detection: Detection
    reader: str

    @property
    def faces(self) -> Sequence[Face]:
        return self.detection.faces

    @property
    def shows_several(self) -> bool:
        """Whether more than one of them could be the character."""
        return bool(self.faces) and count_faces([face.height for face in self.faces]) > 1

    def chosen(self, choice: FaceChoice) -> FoundFace | None:
        face = choose_face(self.faces, (self.sample.width, self.sample.height), choice)
        return None if face is None else _found(face, self.reader, self.detection.attempt)


def seen_faces(sample: Sample, reader: FaceReader, shelf: CropStore) -> Seen:
    """The faces of a sample. DatasetError when the picture cannot be read or has changed."""
    key = key_of("faces", sample.sha256, reader.name)
    detection = shelf.faces(key)
    if detection is None:
        detection = detect_with_retries(reader, open_unchanged(sample).rgb)
        shelf.keep_faces(key, detection)
    return Seen(sample, detection, reader.name)


def marked_face(sample: Sample) -> FoundFace | None:
    mark = sample.face
    if mark is None:
        return None
    return FoundFace(box=mark.box, reader=mark.reader, rung="marked", yaw=mark.yaw, pitch=mark.pitch)


def _found(face: Face, reader: str, rung: str) -> FoundFace:
    eyes = (face.points[0][1] + face.points[1][1]) / 2 if len(face.points) >= 2 else None
    return FoundFace(
        box=face.box,
        reader=reader,
        rung=rung,
        yaw=_rounded(face.yaw),
        pitch=_rounded(face.pitch),
        roll=_rounded(face.roll),
        eye_height=eyes,
    )


def _rounded(angle: float | None) -> float | None:
    return None if angle is None else round(angle, 1)
