"""Turns against opencv-python 5.0.0's `estimateAffinePartial2D(points, places, method=LMEDS)`."""

import numpy as np
import pytest
import torch
from PIL import Image

from trainer.errors import FaceError
from trainer.identity.encoders.face_image import face_pixels, five_of, robust_similarity, upright_face

PLACES = np.array([[192.98, 239.95], [318.90, 240.19], [256.63, 314.02], [201.26, 371.41], [313.09, 371.15]])
FACE = np.array([[40.0, 52], [78, 49], [60, 75], [46, 95], [75, 93]])
MEAN, DEVIATION = torch.tensor([0.48145466, 0.4578275, 0.40821073]), torch.tensor([0.26862954, 0.26130258, 0.27577711])


def landmarks() -> np.ndarray:
    """68 of a face whose five points are FACE's: jaw, brows, nose, eyes and mouth."""
    points = np.zeros((68, 2))
    angles = np.linspace(np.pi, 0, 17)
    points[:17] = np.stack([60 + 42 * np.cos(angles), 55 + 68 * np.sin(angles)], axis=1)
    points[17:27] = np.stack([np.linspace(30, 88, 10), np.full(10, 40.0)], axis=1)
    points[27:36] = FACE[2]
    points[36:42], points[42:48] = FACE[0], FACE[1]
    points[48:68] = FACE[3:].mean(axis=0)
    points[48], points[54] = FACE[3], FACE[4]
    return points


def shades(pixels: torch.Tensor) -> torch.Tensor:
    """Each colour's values before CLIP's normalisation."""
    return pixels * DEVIATION.view(3, 1, 1) + MEAN.view(3, 1, 1)


@pytest.mark.parametrize(
    ("points", "matrix"),
    [
        (FACE, [[3.19444, -0.14628, 76.19359], [0.14628, 3.19444, 66.04081]]),
        (
            [[44.082, 46.889], [78.836, 47.864], [59.095, 74.569], [41.96, 94.536], [73.27, 99.646]],
            [[2.95465, -0.18361, 95.03762], [0.18361, 2.95465, 83.84035]],
        ),
        (
            [[40.0, 52.0], [62.0, 50.0], [68.0, 72.0], [44.0, 94.0], [58.0, 93.0]],
            [[3.2536, -0.10238, 86.9684], [0.10238, 3.2536, 66.8646]],
        ),
        (
            [[40.0, 52.0], [78.0, 49.0], [85.0, 61.0], [46.0, 95.0], [75.0, 93.0]],
            [[3.19481, -0.14608, 76.22187], [0.14608, 3.19481, 66.12178]],
        ),
    ],
    ids=["as it is", "bent", "in profile", "with a nose that is wrong"],
)
def test_a_face_is_turned_as_opencv_turns_it(points: list[list[float]], matrix: list[list[float]]):
    turn, shift = robust_similarity(np.asarray(points))
    assert np.concatenate([turn, shift[:, None]], axis=1) == pytest.approx(np.asarray(matrix), abs=1e-4)


def test_eyes_and_mouth_come_to_their_places():
    picture = Image.new("RGB", (130, 120), "black")
    for x, y in FACE:
        picture.paste((255, 255, 255), (int(x) - 1, int(y) - 1, int(x) + 2, int(y) + 2))
    square = np.asarray(upright_face(picture, FACE).convert("L"))
    for x, y in PLACES:
        assert square[round(y) - 12 : round(y) + 13, round(x) - 12 : round(x) + 13].max() == 255


def test_a_large_picture_is_read_as_the_same_picture_made_smaller():
    small = Image.linear_gradient("L").resize((512, 512)).convert("RGB")
    large = small.resize((2048, 2048), Image.Resampling.BILINEAR)
    points = FACE * 4
    ours, other = (
        np.asarray(each, np.float32) for each in (upright_face(small, points), upright_face(large, points * 4))
    )
    assert np.abs(ours - other).mean() < 2


def test_what_is_no_face_by_its_labels_is_white_and_the_rest_grey():
    labels = np.ones((512, 512), np.int64)
    for number, label in enumerate((0, 7, 8, 9, 14, 15, 16, 18)):
        labels[:, number * 32 : number * 32 + 32] = label
    labels[:, 256:320] = 17
    seen = shades(face_pixels(Image.new("RGB", (130, 120), (200, 100, 50)), FACE, labels))
    inside = slice(100, 200)
    grey = (0.299 * 200 + 0.587 * 100 + 0.114 * 50) / 255
    assert seen.shape == (3, 336, 336)
    assert torch.allclose(seen[:, inside, 5:163], torch.ones(1), atol=1e-5)
    assert torch.allclose(seen[:, inside, 173:250], torch.tensor(grey), atol=1e-4)


@pytest.mark.parametrize("points", [FACE, landmarks()], ids=["5 points", "68 landmarks"])
def test_without_labels_the_face_is_seen_and_its_corners_are_white(points: np.ndarray):
    seen = shades(face_pixels(Image.new("RGB", (130, 120), (60, 60, 60)), points))[0]
    assert torch.allclose(seen[[2, 2, -3, -3], [2, -3, 2, -3]], torch.ones(4), atol=1e-5)
    for x, y in PLACES * 336 / 512:
        assert seen[round(y), round(x)] == pytest.approx(60 / 255, abs=1e-3)


def test_68_landmarks_are_set_upright_by_their_eyes_nose_and_mouth():
    assert np.allclose(five_of(landmarks()), FACE)


@pytest.mark.parametrize(
    "points",
    [np.zeros((0,)), np.zeros((5, 2)), np.full((5, 2), np.nan), np.zeros((106, 2))],
    ids=["none", "all in one place", "no numbers", "106"],
)
def test_a_face_without_five_points_is_refused(points: np.ndarray):
    with pytest.raises(FaceError, match="eyes, nose and mouth"):
        face_pixels(Image.new("RGB", (130, 120)), points)


def test_a_parsing_of_another_picture_is_refused():
    with pytest.raises(FaceError, match="parse the upright face"):
        face_pixels(Image.new("RGB", (130, 120)), FACE, np.zeros((120, 130)))
