"""Counts against the guide."""

import pytest

from trainer.dataset.checks.count import judge_copies, judge_count
from trainer.dataset.checks.rules import Rules
from trainer.errors import DatasetError


@pytest.mark.parametrize(
    ("usable", "level", "words"),
    [
        (0, "error", "No picture"),
        (1, "warning", "Only 1 picture"),
        (9, "warning", "Add 1 more, better 11"),
        (10, "note", "recognise"),
        (19, "note", "recognise"),
        (20, "note", "best range"),
        (49, "note", "best range"),
        (50, "note", "flexible"),
    ],
)
def test_the_count_is_told_against_the_guide(usable: int, level: str, words: str) -> None:
    finding = judge_count(usable, usable, Rules())[0]
    assert finding.level == level and words in finding.text and finding.value == usable


def test_pictures_held_out_are_named_where_too_few_are_left() -> None:
    text = judge_count(9, 9, Rules(), 3)[0].text
    assert text.startswith("Only 9 pictures to train on beside the 3 held out, and 10") and "or hold fewer out" in text
    assert "held out" not in judge_count(9, 9, Rules())[0].text


def test_near_copies_that_make_up_half_the_set_are_told_of_the_set() -> None:
    assert [finding.check for finding in judge_count(20, 10, Rules())] == ["count", "variety"]
    assert [finding.check for finding in judge_count(20, 11, Rules())] == ["count"]


def test_a_set_of_one_picture_over_and_over_is_blocked() -> None:
    finding = judge_copies(12, 1)
    assert finding is not None and finding.level == "error"
    assert judge_copies(12, 2) is None
    assert judge_copies(1, 1) is None


def test_rules_that_ask_for_more_than_is_trained_at_are_refused() -> None:
    with pytest.raises(DatasetError, match="512"):
        Rules(side=256)
