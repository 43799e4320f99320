import numpy as np

from trainer.scoring.measures.following import by_slot, followed, followed_of, followings
from trainer.scoring.reading.observation import Observation, PictureScore


def picture(seed: int, followed: dict[str, bool]) -> PictureScore:
    return PictureScore(probe=0, kind="prompt", seed=seed, path="", followed=followed)


def test_a_slot_the_reader_does_not_read_counts_neither_way():
    slots = followed({"background": "red", "hat": "blue"}, {"background": "red"})
    assert slots == {"background": True}
    assert followings([picture(1, slots), picture(2, {})]) == {(0, 1): 1.0}


def test_shares_are_taken_slot_by_slot():
    pictures = [picture(1, {"turn": True, "scene": False}), picture(2, {"turn": True})]
    assert by_slot(pictures) == {"turn": 1.0, "scene": 0.0}


def seen(yaw: float | None = None, mouth: float | None = None, **read: str) -> Observation:
    return Observation(
        probe=0, seed=1, path="", embedding=None, read=read, small=np.zeros((1, 1, 3)), yaw=yaw, mouth_open=mouth
    )


def test_a_turn_that_no_reader_reads_is_told_by_the_face():
    asked = {"turn": "looking left", "place": "beach"}
    assert followed_of(seen(yaw=-30.0), asked) == {"turn": True}
    assert followed_of(seen(yaw=30.0, place="beach"), asked) == {"turn": False, "place": True}
    assert followed_of(seen(), asked) == {}
    assert followed_of(seen(yaw=30.0, turn="looking left"), asked) == {"turn": True}


def test_a_mouth_is_believed_before_a_readers_word():
    asked = {"expression": "open mouth"}
    assert followed_of(seen(mouth=0.0, expression="open mouth"), asked) == {"expression": False}
    assert followed_of(seen(expression="open mouth"), asked) == {"expression": True}
