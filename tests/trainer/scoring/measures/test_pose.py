import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trainer.scoring.measures.pose import Turn, asked_turn, pose, pose_spread, turned
from trainer.scoring.reading.observation import Batch, PictureScore


def picture(asked: str, yaw: float | None, pitch: float | None = None, seed: int = 0) -> PictureScore:
    return PictureScore(probe=1, kind="prompt", seed=seed, path="", asked={"turn": asked}, yaw=yaw, pitch=pitch)


def pictures(*yaws: float) -> list[PictureScore]:
    """Asked to look left, ahead, right, and so on."""
    asked = ("looking left", "looking at viewer", "looking right")
    return [picture(asked[number % 3], yaw, seed=number) for number, yaw in enumerate(yaws)]


@pytest.mark.parametrize(
    ("words", "turn"),
    [
        ("looking left", Turn(yaw=-1)),
        ("right profile", Turn(yaw=1, is_profile=True)),
        ("profile", Turn(is_profile=True)),
        ("from the side", Turn(is_profile=True)),
        ("three-quarter view, looking right", Turn(yaw=1)),
        ("looking at viewer", Turn(is_front=True)),
        ("front", Turn(is_front=True)),
        ("looking up", Turn(pitch=1)),
        ("looking to the side", Turn()),
        ("close-up", None),
        ("sitting", None),
    ],
)
def test_words_say_which_way_is_asked(words: str, turn: Turn | None):
    assert asked_turn({"turn": words}) == turn


def test_other_poses_than_the_heads_ask_for_no_turn():
    assert [asked_turn({"pose": words}) for words in ("left hand raised", "sitting down", "standing")] == [None] * 3
    assert asked_turn({"pose": "looking down"}) == Turn(pitch=-1)


@pytest.mark.parametrize(
    ("asked", "yaw", "pitch", "does"),
    [
        ("looking left", -25, None, 1.0),
        ("looking left", 25, None, 0.0),
        ("looking left", 0, None, 0.0),
        ("left profile", -25, None, 0.0),
        ("left profile", -60, None, 1.0),
        ("profile", 60, None, 1.0),
        ("looking at viewer", 5, None, 1.0),
        ("looking at viewer", -40, None, 0.0),
        ("looking up", 0, 20, 1.0),
        ("looking up", 0, -20, 0.0),
    ],
)
def test_a_head_is_turned_as_asked_or_not(asked: str, yaw: float, pitch: float | None, does: float):
    assert list(turned([picture(asked, yaw, pitch)]).values()) == [does]


def test_a_head_without_the_asked_angle_says_nothing():
    assert turned([picture("looking up", 0.0, None), picture("looking left", None)]) == {}


def test_the_share_that_turns_has_an_interval():
    measured = pose(Batch(pictures=pictures(-30, 0, 30, 0, 0, 0)))
    assert measured and measured.value == pytest.approx(4 / 6)
    assert measured.low < 4 / 6 < measured.high and measured.count == 6


def test_one_pose_whatever_is_asked_has_no_spread():
    control = pictures(-35, 2, 33, -30, -2, 31)
    still = pose_spread(Batch(pictures=pictures(0, 1, 0, 1, 0, 1), control=control))
    assert still and still.high < 0.1
    alike = pose_spread(Batch(pictures=control, control=control))
    assert alike and alike.value == pytest.approx(1.0)


def test_spread_is_only_told_where_turns_are_asked_and_the_control_turns():
    ahead = [picture("looking at viewer", yaw, seed=seed) for seed, yaw in enumerate((1.0, 2.0, 3.0, 9.0))]
    assert pose_spread(Batch(pictures=ahead, control=ahead)) is None
    still = pictures(0, 0, 0, 0)
    assert pose_spread(Batch(pictures=still, control=still)) is None


@given(st.lists(st.tuples(st.floats(-90, 90), st.floats(-90, 90)), min_size=3, max_size=12))
@settings(max_examples=15, deadline=None)
def test_the_ratio_of_spreads_lies_in_its_interval(yaws: list[tuple[float, float]]):
    ours, control = (pictures(*side) for side in zip(*yaws, strict=True))
    ratio = pose_spread(Batch(pictures=ours, control=control))
    assert ratio is None or 0 <= ratio.low <= ratio.value <= ratio.high
