"""The face a picture is cropped by: read off the original, remembered, or taken from its mark."""

import numpy as np

from ...faces.choose import FaceChoice, choose_face
from ...faces.face import Face, FaceReader
from ...faces.retry import detect_with_retries
from ...storage.values import key_of
from ..sample import Sample
from ..sample_pixels import open_unchanged
from .store import CropStore, FoundFace


def found_face(sample: Sample, reader: FaceReader | None, choice: FaceChoice, shelf: CropStore) -> FoundFace | None:
    """The chosen face of a sample, None without one. DatasetError when the picture cannot be read or has changed."""
    if reader is None:
        return _marked(sample)
    character = None if choice.character is None else np.asarray(choice.character, np.float32).tobytes().hex()
    key = key_of("face", sample.sha256, reader.name, choice.policy, choice.index, character)
    is_known, face = shelf.face(key)
    if is_known:
        return face
    image = open_unchanged(sample).rgb
    detection = detect_with_retries(reader, image)
    chosen = choose_face(detection.faces, image.size, choice)
    face = None if chosen is None else _found(chosen, reader.name, detection.attempt)
    shelf.keep_face(key, face)
    return face


def _marked(sample: Sample) -> FoundFace | None:
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
