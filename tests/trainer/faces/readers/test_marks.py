"""What 68 points say: against a mean head that was turned, opened and shut by known amounts."""

import numpy as np
import pytest
from insightface.data import get_object

from trainer.faces.readers.marks import _MODEL, eyes_closed, five_of_68, mouth_open, pose_of_marks

from ..test_pose import turn

HEAD = np.zeros((68, 3))
HEAD[list(_MODEL)] = list(_MODEL.values())


def test_a_head_of_the_model_gives_the_angles_it_was_turned_by_at_any_size() -> None:
    rng = np.random.default_rng(6)
    for yaw, pitch, roll, size in zip(*rng.uniform([-60, -35, -60, 5], [60, 35, 60, 400], (20, 4)).T, strict=True):
        pose = pose_of_marks((HEAD @ turn(yaw, pitch, roll).T)[:, :2] * size + [300, 200])
        assert pose is not None
        assert (pose.yaw, pose.pitch, pose.roll) == pytest.approx((yaw, pitch, roll), abs=1.5)


@pytest.mark.parametrize("yaw", [-50, -25, 0, 25, 50])
def test_another_mean_head_is_told_to_seven_degrees(yaw: float) -> None:
    """insightface's own, whose nose stands higher: that is pitch, the same at every yaw."""
    pose = pose_of_marks((get_object("meanshape_68.pkl") @ turn(yaw, 0, 0).T)[:, :2])
    assert pose is not None and pose.yaw == pytest.approx(yaw, abs=7)


def test_a_smile_is_no_lowered_head() -> None:
    smiling = HEAD.copy()
    smiling[[48, 54], 1] -= 0.15
    level, lifted = (pose_of_marks(head[:, :2]) for head in (HEAD, smiling))
    assert level is not None and lifted is not None
    assert abs(lifted.pitch - level.pitch) < 8


def test_points_in_one_place_have_no_angles() -> None:
    assert pose_of_marks(np.ones((68, 2))) is None


def test_the_five_points_run_from_left_to_right() -> None:
    (left, _), (right, _), (nose, tip), (mouth, low), (corner, _) = five_of_68(HEAD[:, :2])
    assert left < nose < right and mouth < corner and 0 < tip < low


@pytest.mark.parametrize(("gap", "said"), [(0.0, 0.0), (0.25, 0.25), (0.8, 0.8)])
def test_an_open_mouth_is_the_gap_in_widths_of_the_mouth(gap: float, said: float) -> None:
    marks = np.zeros((68, 2))
    marks[60], marks[64] = (0, 0), (40, 0)
    for upper, lower, x in ((61, 67, 10), (62, 66, 20), (63, 65, 30)):
        marks[upper], marks[lower] = (x, -20 * gap), (x, 20 * gap)
    assert mouth_open(marks) == pytest.approx(said)


@pytest.mark.parametrize(("height", "said"), [(0.35, 0.0), (0.29, 0.0), (0.205, 0.5), (0.1, 1.0)])
def test_eyes_are_shut_from_open_to_lids_together(height: float, said: float) -> None:
    rim = np.array([(0, 0), (10, -15 * height), (20, -15 * height), (30, 0), (20, 15 * height), (10, 15 * height)])
    marks = np.zeros((68, 2))
    marks[36:42], marks[42:48] = rim, rim + [60, 5]
    assert eyes_closed(marks) == pytest.approx(said, abs=0.01)
