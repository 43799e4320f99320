import pytest

from trainer.scoring.measures.expression import expression, shown
from trainer.scoring.reading.observation import Batch, PictureScore


def picture(asked: str, mouth: float | None = None, eyes: float | None = None, read: bool | None = None):
    followed = {} if read is None else {"expression": read}
    return PictureScore(
        probe=1,
        kind="prompt",
        seed=1,
        path="",
        asked={"expression": asked} if asked else {},
        mouth_open=mouth,
        eyes_closed=eyes,
        followed=followed,
    )


@pytest.mark.parametrize(
    ("seen", "does"),
    [
        (picture("laughing, open mouth", mouth=0.4), True),
        (picture("surprised", mouth=0.05), False),
        (picture("eyes closed", mouth=0.0, eyes=0.9), True),
        (picture("eyes closed", mouth=0.0, eyes=0.1), False),
        (picture("neutral expression", mouth=0.02, eyes=0.0), True),
        (picture("neutral expression", mouth=0.5, eyes=0.0), False),
        (picture("serious expression", mouth=0.02, read=False), False),
    ],
)
def test_mouth_and_eyes_tell_whether_it_is_as_asked(seen: PictureScore, does: bool):
    assert shown(seen) is does


def test_a_readers_word_decides_what_landmarks_cannot_tell():
    assert shown(picture("smiling", mouth=0.1, read=True)) is True
    assert shown(picture("smiling", mouth=0.1, read=False)) is False
    assert shown(picture("open mouth", read=True)) is True


def test_nobody_knows_without_either():
    assert shown(picture("smiling", mouth=0.1)) is None
    assert shown(picture("", mouth=0.9)) is None
    assert expression(Batch(pictures=[picture("smiling")])) is None


@pytest.mark.parametrize("words", ["pursing lips", "yellow coat", "a single tear", "sleepy", "pastern"])
def test_a_verb_within_another_word_asks_for_nothing(words: str):
    assert shown(picture(words, mouth=0.0, eyes=0.0, read=True)) is True


@pytest.mark.parametrize("words", ["yelling", "she sings", "laughing", "Surprised", "asleep, snoring", "sleeping"])
def test_verbs_are_known_in_every_form(words: str):
    assert shown(picture(words, mouth=0.0, eyes=0.0, read=True)) is False
