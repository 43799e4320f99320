"""Landmarks of the host as faces, angles and expressions."""

from typing import Any

import numpy as np
import pytest
from PIL import Image

from trainer.errors import FaceError
from trainer.faces.readers.mediapipe import ExpressionThresholds, LandmarkReader, from_landmarks
from trainer.images.pixels import pixel_sha256


def face(left: float = 10, side: float = 40, **shapes: float) -> dict[str, Any]:
    return {
        "bbox_xyxy": np.array([left, 20, left + side, 20 + side], np.float32),
        "blendshapes": {"_neutral": 0.0, **shapes},
        "landmarks_xy": np.tile(np.arange(478, dtype=np.float32)[:, None], (1, 2)),
        "landmarks_3d": np.zeros((478, 3), np.float32),
        "presence": 3.0,
        "score": 0.8,
        "transformation_matrix": np.eye(4, dtype=np.float32),
    }


def landmarks(*frames: list[dict[str, Any]]) -> dict[str, Any]:
    return {"frames": list(frames), "image_size": (100, 100), "connection_sets": {}}


def test_every_frame_gives_its_faces_largest_first() -> None:
    frames = from_landmarks(landmarks([face(side=20), face(side=60)], []))
    assert [[seen.face.width for seen in frame] for frame in frames] == [[60, 20], []]


def test_a_face_has_angles_and_eyes_but_no_identity() -> None:
    found = from_landmarks(landmarks([face()]))[0][0].face
    assert (found.yaw, found.pitch, found.roll) == pytest.approx((0, 0, 0))
    assert found.embedding.shape == (0,)
    assert found.points[0] == (83.0, 83.0)


@pytest.mark.parametrize(
    ("shapes", "word"),
    [
        ({}, "neutral"),
        ({"mouthSmileLeft": 0.6, "mouthSmileRight": 0.5}, "smile"),
        ({"mouthSmileLeft": 0.3, "jawOpen": 0.5}, "open mouth"),
        ({"mouthFrownLeft": 0.4, "browDownLeft": 0.3, "browDownRight": 0.3}, "serious"),
        ({"eyeBlinkLeft": 0.9, "eyeBlinkRight": 0.8, "mouthSmileLeft": 1.0, "mouthSmileRight": 1.0}, "eyes closed"),
    ],
)
def test_blendshapes_become_the_words_of_coverage(shapes: dict[str, float], word: str) -> None:
    assert from_landmarks(landmarks([face(**shapes)]))[0][0].expression == word


def test_thresholds_of_expressions_can_be_moved() -> None:
    faint = {"mouthSmileLeft": 0.2, "mouthSmileRight": 0.2}
    assert ExpressionThresholds().name(faint) == "neutral"
    assert ExpressionThresholds(smile=0.1).name(faint) == "smile"


def test_landmarks_serve_as_a_reader_of_the_pictures_they_were_made_of() -> None:
    one, other, stranger = (Image.new("RGB", (60, 60), color) for color in ("red", "blue", "green"))
    value = landmarks([face(jawOpen=0.6)], [])
    reader = LandmarkReader(dict(zip((pixel_sha256(one), pixel_sha256(other)), from_landmarks(value), strict=True)))
    assert len(reader.faces(one)) == 1
    assert reader.expression(one) == "open mouth"
    assert reader.faces(other) == reader.faces(stranger) == []
    assert not reader.measures_identity


def test_a_value_of_another_kind_is_refused() -> None:
    with pytest.raises(FaceError, match="no face landmarks"):
        from_landmarks({"frames": [[{"box": 1}]]})
