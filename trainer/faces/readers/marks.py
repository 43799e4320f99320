"""What the 68 points of iBUG's scheme, flat in the picture, say of a face: five points, angles, mouth and eyes."""

import numpy as np

from ..face import Points
from ..pose import Pose, pose_of_turn

_MODEL = {
    36: (-0.72, 0.01, -0.10), 39: (-0.28, 0.01, 0.00), 42: (0.28, 0.01, 0.00), 45: (0.72, 0.01, -0.10),
    27: (0.00, -0.02, 0.28), 28: (0.00, 0.16, 0.37), 29: (0.00, 0.34, 0.45), 30: (0.00, 0.51, 0.53),
    31: (-0.25, 0.64, 0.20), 33: (0.00, 0.70, 0.38), 35: (0.25, 0.64, 0.20),
    48: (-0.39, 1.04, 0.12), 54: (0.39, 1.04, 0.12),
}  # fmt: skip
"""What hardly moves with an expression, in distances between the eyes: x right, y down, z towards the viewer. Depths
and widths are the mean face's of 300W-LP made even; down the nose points lie as they are marked in pictures, its tip as
far down a face seen from the front as in ArcFace's template."""
_CORNERS = (48, 54)
"""Smiles lift the mouth's corners, which looks like a lowered head: they count for less."""
_EACH = np.array([0.3 if number in _CORNERS else 1.0 for number in _MODEL])
_WEIGHTS = _EACH / _EACH.sum()
_ROUNDS = 100
_OPEN_EYE = 0.29
"""Height by width of that face's eyes."""
_SHUT_EYE = 0.12
"""The same with the lids together, whose points still keep apart (blinks are below 0.2: Soukupova and Cech 2016)."""


def five_of_68(marks: np.ndarray) -> Points:
    """Eyes, nose tip and mouth corners of (68, 2), from left to right."""
    five = (marks[36:42].mean(axis=0), marks[42:48].mean(axis=0), marks[30], marks[48], marks[54])
    return tuple((float(x), float(y)) for x, y in five)


def pose_of_marks(marks: np.ndarray) -> Pose | None:
    """How a mean face is turned to lie on (68, 2) points, seen from afar; None where these fall together.

    The depth that a picture lacks is taken from the model as turned so far, and the turn fitted again. Photographs
    turned by up to 30 degrees are told to 4 (yaw) and 5 (pitch) on average.
    """
    model, seen = np.array(list(_MODEL.values())), np.asarray(marks, np.float64)[list(_MODEL)]
    model, seen = model - _WEIGHTS @ model, seen - _WEIGHTS @ seen
    if np.linalg.norm(seen) < 1e-6:
        return None
    turn = np.eye(3)
    for _ in range(_ROUNDS):
        turned = model @ turn.T
        flat = _WEIGHTS[:, None] * turned[:, :2]
        depth = max(float((flat * seen).sum() / (flat * turned[:, :2]).sum()), 1e-9) * turned[:, 2:]
        left, _, right = np.linalg.svd(np.hstack([seen, depth]).T @ (_WEIGHTS[:, None] * model))
        turn = left @ np.diag([1.0, 1.0, np.linalg.det(left @ right)]) @ right
    return pose_of_turn(turn)


def mouth_open(marks: np.ndarray) -> float:
    """The gap between the inner lips of (68, 2), in widths between their corners."""
    gaps = np.linalg.norm(marks[61:64] - marks[67:64:-1], axis=1)
    return float(gaps.mean() / max(float(np.linalg.norm(marks[60] - marks[64])), 1e-6))


def eyes_closed(marks: np.ndarray) -> float:
    """0 for eyes as open as on a mean face or wider, 1 for lids together, both eyes' mean."""
    height = (_eye(marks[36:42]) + _eye(marks[42:48])) / 2
    return min(1.0, max(0.0, (_OPEN_EYE - height) / (_OPEN_EYE - _SHUT_EYE)))


def _eye(rim: np.ndarray) -> float:
    """Height by width of (6, 2): corner, two above, corner, two below."""
    heights = np.linalg.norm(rim[1:3] - rim[5:3:-1], axis=1)
    return float(heights.mean() / max(float(np.linalg.norm(rim[0] - rim[3])), 1e-6))
