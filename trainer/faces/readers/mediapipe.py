"""Faces, angles and expressions from the landmarks MediaPipe finds: ComfyUI's FACE_LANDMARKS, as plain dicts."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from PIL import Image

from ...errors import FaceError
from ...images.pixels import pixel_sha256
from ..face import Face
from ..metric import COSINE, Metric
from ..pose import pose_of_matrix

NAME = "mediapipe"
_POINTS = ((33, 133), (362, 263), (1,), (61,), (291,))
"""Landmarks whose means are the eyes, nose tip and mouth corners, from left to right in the picture."""


@dataclass(frozen=True, kw_only=True)
class ExpressionThresholds:
    """From which strength (0..1) of a blendshape on a face shows an expression; the first that holds is it."""

    eyes_closed: float = 0.6
    smile: float = 0.4
    open_mouth: float = 0.3
    serious: float = 0.3

    def name(self, shapes: Mapping[str, float]) -> str:
        """`shapes` by ARKit's names (`mouthSmileLeft`, …); one that is missing counts as 0."""

        def both(shape: str) -> float:
            return (shapes.get(f"{shape}Left", 0.0) + shapes.get(f"{shape}Right", 0.0)) / 2

        if both("eyeBlink") > self.eyes_closed:
            return "eyes closed"
        if both("mouthSmile") > self.smile:
            return "smile"
        if shapes.get("jawOpen", 0.0) > self.open_mouth:
            return "open mouth"
        return "serious" if both("mouthFrown") + both("browDown") > self.serious else "neutral"


@dataclass(frozen=True)
class LandmarkFace:
    """A face without identity, and its expression in the words of coverage."""

    face: Face
    expression: str


def from_landmarks(
    landmarks: Mapping[str, Any], expressions: ExpressionThresholds | None = None
) -> list[list[LandmarkFace]]:
    """For every picture of a FACE_LANDMARKS value its faces, largest first; empty where none was found.

    Reads `bbox_xyxy`, `blendshapes`, `transformation_matrix` and, where present, `landmarks_xy` and `score` of each
    face. Raises FaceError for a value of another shape.
    """
    rules = expressions or ExpressionThresholds()
    try:
        frames = [[_landmark_face(face, rules) for face in frame] for frame in landmarks["frames"]]
    except (KeyError, TypeError, ValueError, IndexError) as fault:
        raise FaceError(
            f"These are no face landmarks ({fault}); connect the output of a face landmark node."
        ) from fault
    return [sorted(frame, key=lambda one: -one.face.width * one.face.height) for frame in frames]


@dataclass(frozen=True)
class LandmarkReader:
    """A face reader that looks its answers up: `frames` by the sha256 of the picture's pixels."""

    frames: Mapping[str, Sequence[LandmarkFace]] = field(default_factory=dict[str, Sequence[LandmarkFace]])
    name: str = NAME
    same_person: float = 1.0
    licence: str = "MediaPipe's face landmarks may be used commercially (Apache-2.0)."
    measures_identity: bool = False
    metric: Metric = COSINE

    @property
    def fingerprint(self) -> str:
        """Another one has pictures read again."""
        return hashlib.sha256(repr(sorted(self.frames.items())).encode()).hexdigest()[:16]

    def faces(self, image: Image.Image) -> list[Face]:
        return [found.face for found in self._found(image)]

    def expression(self, image: Image.Image) -> str | None:
        """Of the largest face."""
        return next((found.expression for found in self._found(image)), None)

    def _found(self, image: Image.Image) -> Sequence[LandmarkFace]:
        return self.frames.get(pixel_sha256(image), ())


def _landmark_face(face: Mapping[str, Any], expressions: ExpressionThresholds) -> LandmarkFace:
    left, top, right, bottom = (float(side) for side in face["bbox_xyxy"])
    matrix = face.get("transformation_matrix")
    pose = None if matrix is None else pose_of_matrix(np.asarray(matrix))
    shapes = {str(name): float(value) for name, value in face["blendshapes"].items()}
    found = Face(
        box=(left, top, right, bottom),
        points=_points(face.get("landmarks_xy")),
        yaw=None if pose is None else pose.yaw,
        pitch=None if pose is None else pose.pitch,
        roll=None if pose is None else pose.roll,
        embedding=np.zeros(0, np.float32),
        score=min(1.0, max(0.0, float(face.get("score", 1.0)))),
    )
    return LandmarkFace(found, expressions.name(shapes))


def _points(landmarks: Any) -> tuple[tuple[float, float], ...]:
    if landmarks is None:
        return ()
    marks = np.asarray(landmarks, np.float64)
    means = [marks[list(group)].mean(axis=0) for group in _POINTS]
    return tuple((float(x), float(y)) for x, y in means)
