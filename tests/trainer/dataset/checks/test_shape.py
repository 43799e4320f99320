"""Sizes, proportions and buckets."""

from hypothesis import given
from hypothesis import strategies as st

from tests.trainer.dataset.checks.photos import plain_facts
from trainer.dataset.checks.rules import Rules
from trainer.dataset.checks.shape import bucket, bucket_loss, judge_aspect, judge_buckets, judge_size
from trainer.recipe.buckets import Buckets, placement

RULES = Rules()
sides = st.integers(64, 6000)


@given(sides, sides)
def test_a_picture_lands_in_the_bucket_the_trainer_puts_it_in(width: int, height: int) -> None:
    assert bucket((width, height), 1024) == placement((width, height), Buckets()).bucket


@given(sides, sides, st.sampled_from([64, 128, 512, 1024]))
def test_the_share_that_is_cut_off_lies_between_none_and_all(width: int, height: int, side: int) -> None:
    assert 0 <= bucket_loss((width, height), side) < 1


def test_a_short_side_below_the_least_is_an_error() -> None:
    finding = judge_size(plain_facts(width=2000, height=511), RULES)
    assert finding is not None and finding.level == "error" and "511" in finding.text


def test_fewer_pixels_than_training_uses_are_a_warning() -> None:
    finding = judge_size(plain_facts(width=800, height=800), RULES)
    assert finding is not None and finding.level == "warning"


def test_enough_pixels_in_another_shape_are_enough() -> None:
    assert judge_size(plain_facts(width=832, height=1260), RULES) is None


def test_a_small_base_needs_no_large_pictures() -> None:
    assert judge_size(plain_facts(width=128, height=128), Rules.at(128)) is None


def test_a_banner_loses_much_in_training() -> None:
    finding = judge_aspect(plain_facts(width=8000, height=1000), RULES)
    assert finding is not None and finding.level == "warning" and "50%" in finding.text


def test_a_tall_picture_is_a_note_for_trainers_without_buckets() -> None:
    finding = judge_aspect(plain_facts(width=832, height=1400), RULES)
    assert finding is not None and finding.level == "note" and "top and bottom" in finding.text


def test_pictures_alone_in_their_bucket_are_counted() -> None:
    facts = [plain_facts()] * 6 + [plain_facts(width=832, height=1216), plain_facts(width=1216, height=832)]
    finding = judge_buckets(facts, RULES)
    assert finding is not None and finding.value == 2


def test_one_shape_for_all_is_no_finding() -> None:
    assert judge_buckets([plain_facts()] * 6, RULES) is None
