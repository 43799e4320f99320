"""What is said of pictures from their numbers: what was planted is found, and like pictures raise no alarm."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from trainer.training.run.words import CONCERNS
from trainer.training.watch.own_losses import Gain
from trainer.training.watch.verdicts import CAPTION, LEARNING, STRANGER, STUCK, TWIN, Seen, verdicts

COUNT, DRAWS = 16, 4
NONE = np.full((COUNT, DRAWS), np.nan)


def sound(seed: int) -> Seen:
    """Pictures that differ by chance alone."""
    rng = np.random.default_rng(seed)
    captions, drops = rng.normal(0.1, 0.05, (COUNT, 1)), rng.normal(0.5, 0.12, (COUNT, 1))
    return Seen(
        caption_gains=captions + rng.normal(0, 0.02, (COUNT, DRAWS)),
        drops=drops + rng.normal(0, 0.05, (COUNT, DRAWS)),
        gains=[Gain(float(value), 0.1) for value in rng.normal(0.4, 0.1, COUNT)],
    )


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000))
def test_what_is_planted_is_found(seed: int) -> None:
    seen = sound(seed)
    seen.caption_gains[3], seen.drops[7] = -0.4, -0.1
    # One set in a thousand has by chance a caption that looks suspect on one of these, which is said first.
    seen.caption_gains[[7, 11]] = 0.1
    said = verdicts(Seen(seen.caption_gains, seen.drops, [11], seen.gains))
    assert (said[3], said[7], said[11]) == ("suspect caption", "stranger", "near-duplicate")


def test_pictures_that_differ_by_chance_alone_raise_few_alarms() -> None:
    alarms = [verdict not in ("learning", "") for seed in range(200) for verdict in verdicts(sound(seed))]
    assert np.mean(alarms) < 0.05


def test_a_picture_that_surely_does_not_fall_where_others_do_is_stuck() -> None:
    gains = [Gain(0.4, 0.05)] * (COUNT - 1) + [Gain(0.0, 0.05)]
    said = verdicts(Seen(NONE, NONE, gains=gains))
    assert said == ("learning",) * (COUNT - 1) + ("stuck",)


def test_nothing_is_said_of_learning_before_the_middle_picture_has_learned() -> None:
    assert set(verdicts(Seen(NONE, NONE, gains=[Gain(0.01, 0.05)] * COUNT))) == {""}
    drops = np.full((COUNT, DRAWS), 0.01)
    drops[2] = -1.0
    assert set(verdicts(Seen(NONE, drops))) == {""}


def test_one_draw_alone_accuses_nobody() -> None:
    seen = sound(1)
    seen.caption_gains[3], seen.drops[7] = -0.4, -0.1
    seen.caption_gains[:, 1:], seen.drops[:, 1:] = np.nan, np.nan
    assert set(verdicts(seen)) == {"learning"}


def test_a_caption_that_helps_in_one_draw_is_not_suspect() -> None:
    seen = sound(1)
    seen.caption_gains[3] = [-0.9, -0.9, 0.05, -0.9]
    assert verdicts(seen)[3] == "learning"


def test_of_three_pictures_nothing_is_said() -> None:
    gains = np.array([[0.1] * DRAWS, [0.1] * DRAWS, [-0.9] * DRAWS])
    assert verdicts(Seen(gains, gains, [2], [Gain(0.4, 0.01)] * 3)) == ("", "", "")


def test_every_verdict_has_words() -> None:
    assert {*CONCERNS, LEARNING} == {STUCK, CAPTION, STRANGER, TWIN, LEARNING}


def test_a_face_is_believed_before_a_loss() -> None:
    seen = sound(1)
    seen.drops[7], seen.drops[9] = -0.1, -0.1
    faces: list[float | None] = [0.6 + 0.01 * place for place in range(COUNT)]
    faces[4], faces[9] = 0.05, None
    said = verdicts(Seen(seen.caption_gains, seen.drops, gains=seen.gains, faces=faces))
    assert (said[4], said[7], said[9]) == (STRANGER, LEARNING, STRANGER)


def test_profiles_that_are_less_alike_than_the_rest_are_no_strangers() -> None:
    rng = np.random.default_rng(2)
    faces = [float(value) for value in rng.normal(0.6, 0.1, COUNT)]
    faces[2] = 0.33
    said = verdicts(Seen(NONE, NONE, gains=sound(1).gains, faces=faces))
    assert STRANGER not in said


def test_a_reader_that_knows_nobody_of_the_set_accuses_nobody() -> None:
    for faces in ([None] * COUNT, [0.0] * COUNT, [-0.2] * (COUNT - 1) + [-0.9]):
        assert STRANGER not in verdicts(Seen(NONE, NONE, gains=sound(1).gains, faces=faces))
