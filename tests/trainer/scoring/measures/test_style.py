import numpy as np

from trainer.scoring.measures.style import is_own_style, own_style, style_contamination
from trainer.scoring.reading.observation import Batch, PictureScore, Scale

RENDERS = [{"style": "3d render"}] * 4 + [{"style": "photograph"}]
SCALE = Scale(probes=(), character=np.zeros(0), reference=None, others=None, words=RENDERS)


def taken(*answers: bool | None) -> list[PictureScore]:
    return [
        PictureScore(probe=1, kind="prompt", seed=seed, path="", own_style=answer)
        for seed, answer in enumerate(answers)
    ]


def test_a_sets_own_style_is_that_of_most_of_its_pictures():
    assert own_style(RENDERS) == ("style", "3d render")
    assert own_style([{"medium": "photograph"}] * 3) == ("medium", "photograph")
    assert own_style([{"style": "3d render"}, {"style": "sketch"}]) is None
    assert own_style([{}, {}]) is None


def test_a_picture_asked_for_another_style_that_comes_in_the_sets_is_contaminated():
    assert is_own_style({"style": "illustration"}, {"style": "3d render"}, SCALE) is True
    assert is_own_style({"style": "illustration"}, {"style": "photograph"}, SCALE) is False


def test_where_no_other_style_was_asked_none_is_wrong():
    assert is_own_style({"style": "3d render"}, {"style": "3d render"}, SCALE) is None
    assert is_own_style({}, {"style": "3d render"}, SCALE) is None
    assert is_own_style({"style": "sketch"}, {}, SCALE) is None


def test_contamination_is_what_the_control_does_not_have():
    mostly = style_contamination(Batch(pictures=taken(True, True, True, None), control=taken(False, True, False, True)))
    assert mostly and (round(mostly.value, 3), mostly.count) == (0.667, 3)
