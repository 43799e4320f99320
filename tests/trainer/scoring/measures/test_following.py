from trainer.scoring.measures.following import by_slot, followed, followings
from trainer.scoring.observation import PictureScore


def picture(seed: int, followed: dict[str, bool]) -> PictureScore:
    return PictureScore(probe=0, kind="prompt", seed=seed, path="", followed=followed)


def test_a_slot_the_reader_does_not_read_counts_neither_way():
    slots = followed({"background": "red", "hat": "blue"}, {"background": "red"})
    assert slots == {"background": True}
    assert followings([picture(1, slots), picture(2, {})]) == {(0, 1): 1.0}


def test_shares_are_taken_slot_by_slot():
    pictures = [picture(1, {"turn": True, "scene": False}), picture(2, {"turn": True})]
    assert by_slot(pictures) == {"turn": 1.0, "scene": 0.0}
