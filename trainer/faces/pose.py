"""Which way a head is turned, from five points, from 68 points in space, or from a matrix.

All angles are degrees as a picture shows them: negative yaw looks to the picture's left, positive pitch looks up,
positive roll leans clockwise.
"""

import math
from dataclasses import dataclass

import numpy as np

from .face import Points

FRONT, PROFILE, TILTED = 20.0, 55.0, 20.0
"""Degrees: a front up to the first, a profile above the second, looking up or down above the third."""
_NOSE = 0.53
"""How far the nose's tip stands before the eyes, in distances between the eyes (mean face of 300W-LP)."""
_NOSE_LIFT = 0.47
"""How far it stands before the line from eyes to mouth, in lengths of that line."""
_MOUTH_LIFT = math.radians(6.1)
"""By how much the line from eyes to mouth leans forward on a level head (mean face of 300W-LP)."""
_NOSE_HEIGHT = 0.494
"""How far down that line it lies on a face seen from the front (ArcFace's template)."""


@dataclass(frozen=True)
class Pose:
    yaw: float
    pitch: float
    roll: float


def pose_of_points(points: Points) -> Pose | None:
    """An estimate from eyes, nose and mouth corners; None without them.

    On a turned head the nose's tip moves against the middle of the eyes by its depth times the tangent of yaw, and
    along the line from eyes to mouth by the tangent of pitch. Good to about 10 degrees up to 45: enough to sort by.
    """
    if len(points) != 5:
        return None
    left, right, nose, low_left, low_right = (np.asarray(point, np.float64) for point in points)
    eyes, mouth = (left + right) / 2, (low_left + low_right) / 2
    across = right - left
    roll = math.atan2(across[1], across[0])
    turn = np.array([[math.cos(roll), math.sin(roll)], [-math.sin(roll), math.cos(roll)]])
    tip, low = turn @ (nose - eyes), turn @ (mouth - eyes)
    apart = max(float(np.hypot(*across)), 1e-6)
    length = max(float(low[1]), 1e-6)
    yaw = math.atan(float(tip[0]) / apart / _NOSE)
    pitch = math.atan((_NOSE_HEIGHT - float(tip[1]) / length) / _NOSE_LIFT)
    return Pose(math.degrees(yaw), math.degrees(pitch), math.degrees(roll))


def pose_of_68(points: np.ndarray) -> Pose | None:
    """From the (68, 3) points of iBUG's scheme with depth towards the viewer, by the plane of eyes and mouth.

    None where these fall together.
    """
    left, right = points[36:42].mean(axis=0), points[42:48].mean(axis=0)
    across = right - left
    down = (points[48] + points[54] - left - right) / 2
    down = down - across * (down @ across) / max(float(across @ across), 1e-12)
    lengths = float(np.linalg.norm(across)), float(np.linalg.norm(down))
    if min(lengths) < 1e-6:
        return None
    across, down = across / lengths[0], down / lengths[1]
    frame = np.stack([across, down, np.cross(across, down)], axis=1)
    lean = np.array(
        [
            [1, 0, 0],
            [0, math.cos(_MOUTH_LIFT), math.sin(_MOUTH_LIFT)],
            [0, -math.sin(_MOUTH_LIFT), math.cos(_MOUTH_LIFT)],
        ]
    )
    return pose_of_turn(frame @ lean)


def pose_of_matrix(matrix: np.ndarray) -> Pose:
    """From MediaPipe's (4, 4) facial transformation, whose y points up."""
    turn = np.asarray(matrix, np.float64)[:3, :3]
    turn = turn / np.linalg.norm(turn, axis=0)
    flip = np.diag([1.0, -1.0, 1.0])
    return pose_of_turn(flip @ turn @ flip)


def angle_of(yaw: float | None, pitch: float | None = None) -> str | None:
    """The bucket of a head's angles in degrees; left is the picture's left. None when yaw was not measured.

    A profile stays one however it is tilted: the side of the head is what it adds.
    """
    if yaw is None:
        return None
    side = "left" if yaw < 0 else "right"
    if abs(yaw) > PROFILE:
        return f"{side} profile"
    if pitch is not None and abs(pitch) > TILTED:
        return "looking up" if pitch > 0 else "looking down"
    return "front" if abs(yaw) <= FRONT else f"three-quarter {side}"


def is_profile(yaw: float | None) -> bool:
    return yaw is not None and abs(yaw) > PROFILE


def pose_of_turn(turn: np.ndarray) -> Pose:
    """Euler angles of a (3, 3) rotation in x right, y down, z towards the viewer: roll after yaw after pitch."""
    across = math.hypot(turn[0, 0], turn[1, 0])
    return Pose(
        yaw=math.degrees(math.atan2(-turn[2, 0], across)),
        pitch=math.degrees(math.atan2(turn[2, 1], turn[2, 2])),
        roll=math.degrees(math.atan2(turn[1, 0], turn[0, 0])),
    )
