"""Angles of heads, against a head that was turned by known angles."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from insightface.data import get_object
from insightface.utils import transform

from trainer.faces.pose import Pose, pose_of_68, pose_of_matrix, pose_of_points

FIVE = np.array(
    [[-0.265, -0.32, 0.31], [0.265, -0.32, 0.31], [0.0, -0.04, 0.6], [-0.21, 0.24, 0.38], [0.21, 0.24, 0.38]]
)
"""Eyes, nose tip and mouth corners of a level head: x right, y down, z towards the viewer."""
ANGLE = st.floats(-50, 50)


def turn(yaw: float, pitch: float, roll: float) -> np.ndarray:
    y, x, z = np.radians([yaw, pitch, roll])
    around_x = np.array([[1, 0, 0], [0, np.cos(x), -np.sin(x)], [0, np.sin(x), np.cos(x)]])
    around_y = np.array([[np.cos(y), 0, np.sin(y)], [0, 1, 0], [-np.sin(y), 0, np.cos(y)]])
    around_z = np.array([[np.cos(z), -np.sin(z), 0], [np.sin(z), np.cos(z), 0], [0, 0, 1]])
    return around_z @ around_y @ around_x


def seen(yaw: float, pitch: float = 0, roll: float = 0) -> Pose:
    flat = (FIVE @ turn(yaw, pitch, roll).T)[:, :2]
    pose = pose_of_points(tuple((float(x), float(y)) for x, y in flat))
    assert pose is not None
    return pose


def points_of_68(yaw: float, pitch: float, roll: float) -> np.ndarray:
    head = np.zeros((68, 3))
    head[36:42], head[42:48], head[48], head[54] = FIVE[0], FIVE[1], FIVE[3], FIVE[4]
    return head @ turn(yaw, pitch, roll).T


@given(ANGLE, st.floats(-40, 40), st.floats(-40, 40))
def test_68_points_give_the_angles_a_head_was_turned_by(yaw: float, pitch: float, roll: float) -> None:
    pose = pose_of_68(points_of_68(yaw, pitch, roll))
    assert pose is not None
    assert (pose.yaw, pose.pitch, pose.roll) == pytest.approx((yaw, pitch, roll), abs=2)


@pytest.mark.parametrize("angles", [(0, 0, 0), (30, 0, 0), (-40, 10, -10), (0, -20, 15), (70, 0, 0)])
def test_angles_have_the_signs_of_insightface_s_and_agree_to_a_degree(angles: tuple[float, float, float]) -> None:
    mean = get_object("meanshape_68.pkl")
    points = mean @ turn(*angles).T
    fitted = transform.P2sRt(transform.estimate_affine_matrix_3d23d(mean, points))[1]
    pitch, yaw, roll = transform.matrix2angle(fitted)
    pose = pose_of_68(points)
    assert pose is not None
    assert (pose.yaw, pose.pitch, pose.roll) == pytest.approx((yaw, pitch, roll), abs=1)


@given(st.floats(-45, 45), st.floats(-40, 40))
def test_five_points_give_yaw_and_roll_to_ten_degrees(yaw: float, roll: float) -> None:
    pose = seen(yaw, 0, roll)
    assert pose.yaw == pytest.approx(yaw, abs=10)
    assert pose.roll == pytest.approx(roll, abs=3)


def test_five_points_tell_up_from_down() -> None:
    assert seen(0, 25).pitch > 15
    assert seen(0, -25).pitch < -15
    assert abs(seen(0, 0).pitch) < 5


def test_68_points_in_one_place_have_no_angles() -> None:
    assert pose_of_68(np.ones((68, 3))) is None


def test_without_five_points_there_are_no_angles() -> None:
    assert pose_of_points(()) is None


@given(ANGLE, st.floats(-40, 40), st.floats(-40, 40), st.floats(0.5, 20))
def test_mediapipe_s_matrix_gives_the_same_angles_at_every_scale(
    yaw: float, pitch: float, roll: float, scale: float
) -> None:
    flip = np.diag([1.0, -1.0, 1.0])
    matrix = np.eye(4)
    matrix[:3, :3] = scale * flip @ turn(yaw, pitch, roll) @ flip
    pose = pose_of_matrix(matrix)
    assert (pose.yaw, pose.pitch, pose.roll) == pytest.approx((yaw, pitch, roll), abs=1e-6)
