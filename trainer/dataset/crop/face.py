"""The face a picture is cropped by: one of those read off the original or remembered, or taken from its mark."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ...faces.choose import FaceChoice, choose_face
from ...faces.face import Face, FaceReader
from ...faces.metric import alike
from ...faces.retry import TURNED, Detection, detect_with_retries
from ...faces.turned import faces_when_turned
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

    def shows_like(self, choice: FaceChoice, same_person: float) -> bool:
        """Whether one of them is the character whom `choice` means; True where it means nobody by looks."""
        face = choose_face(self.faces, (self.sample.width, self.sample.height), choice)
        if face is None or choice.character is None:
            return choice.character is None
        return alike(choice.metric, face.embedding, choice.character) >= same_person

    def chosen(self, choice: FaceChoice) -> FoundFace | None:
        face = choose_face(self.faces, (self.sample.width, self.sample.height), choice)
        return None if face is None else _found(face, self.reader, self.detection.attempt)


def seen_faces(sample: Sample, reader: FaceReader, shelf: CropStore) -> Seen:
    """The faces of a sample. DatasetError when the picture cannot be read or has changed."""
    # In its second form: pictures in which nothing was found before are looked at again, turned.
    key = key_of("faces 2", sample.sha256, reader.name)
    detection = shelf.faces(key)
    if detection is None:
        detection = detect_with_retries(reader, open_unchanged(sample).rgb)
        shelf.keep_faces(key, detection)
    return Seen(sample, detection, reader.name)


def sought_turned(seen: Seen, choice: FaceChoice, reader: FaceReader, shelf: CropStore) -> Seen:
    """The same, or, where its upright faces are all strangers' and one that lies is the character's, those that lie."""
    if not seen.faces or seen.detection.attempt == TURNED or seen.shows_like(choice, reader.same_person):
        return seen
    key = key_of("turned faces", seen.sample.sha256, reader.name)
    detection = shelf.faces(key)
    if detection is None:
        faces = faces_when_turned(reader.faces, open_unchanged(seen.sample).rgb)
        detection = Detection(tuple(faces), TURNED)
        shelf.keep_faces(key, detection)
    turned = replace(seen, detection=detection)
    return turned if detection.faces and turned.shows_like(choice, reader.same_person) else seen


def marked_face(sample: Sample) -> FoundFace | None:
    mark = sample.face
    if mark is None:
        return None
    return FoundFace(box=mark.box, reader=mark.reader, rung="marked", yaw=mark.yaw, pitch=mark.pitch)


def _found(face: Face, reader: str, rung: str) -> FoundFace:
    eyes = None
    if len(face.points) >= 2:
        (left, top), (right, low) = face.points[:2]
        eyes = (left + right) / 2, (top + low) / 2
    return FoundFace(
        box=face.box,
        reader=reader,
        rung=rung,
        yaw=_rounded(face.yaw),
        pitch=_rounded(face.pitch),
        roll=_rounded(face.roll),
        eyes=eyes,
    )


def _rounded(angle: float | None) -> float | None:
    return None if angle is None else round(angle, 1)
