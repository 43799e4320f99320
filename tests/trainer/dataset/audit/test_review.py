"""Decisions about a dataset: read from hostile text, applied, never guessed."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainer.dataset.audit.review import Review, picture_ids
from trainer.dataset.dataset import Dataset
from trainer.dataset.sample import Sample
from trainer.errors import DatasetError


def _sample(number: int) -> Sample:
    return Sample(path=Path(f"{number}.png"), sha256=f"{number:064x}", width=64, height=64)


@pytest.fixture
def dataset() -> Dataset:
    samples = tuple(_sample(number) for number in range(3))
    return Dataset(samples=samples, trigger="sage_character", subject="person", root=Path())


def _text(**decisions: object) -> str:
    return json.dumps(decisions)


def test_no_text_is_no_decision(dataset: Dataset) -> None:
    review = Review.from_text(" ")
    assert review.without_dropped(review.acknowledged(dataset)) == dataset


def test_dropped_pictures_leave_and_acknowledged_checks_are_written(dataset: Dataset) -> None:
    first, second, _ = dataset.samples
    review = Review.from_text(_text(dropped=[second.sha256], waived={first.sha256: ["blur"]}, waived_of_set=["count"]))
    left = review.without_dropped(review.acknowledged(dataset))
    assert [sample.path.name for sample in left.samples] == ["0.png", "2.png"]
    assert left.samples[0].waived == ("blur",)
    assert review.waived_of_set == {"count"}


def test_of_two_copies_only_the_one_that_was_meant_is_dropped(dataset: Dataset) -> None:
    copy = replace(dataset.samples[0], path=Path("copy.png"))
    doubled = dataset.with_samples((*dataset.samples, copy))
    ids = picture_ids(doubled.samples)
    assert len(set(ids)) == 4
    left = Review.from_text(_text(dropped=[ids[3]])).without_dropped(doubled)
    assert left.samples == dataset.samples


def test_decisions_about_pictures_that_are_gone_do_nothing(dataset: Dataset) -> None:
    review = Review.from_text(_text(dropped=["f" * 64], waived={"e" * 64: ["blur"]}))
    assert review.without_dropped(review.acknowledged(dataset)) == dataset


def test_dropping_everything_is_refused(dataset: Dataset) -> None:
    review = Review.from_text(_text(dropped=picture_ids(dataset.samples)))
    with pytest.raises(DatasetError, match="All 3 pictures are dropped"):
        review.without_dropped(dataset)


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "[]",
        "7",
        "null",
        '{"dropped": "all"}',
        '{"dropped": ["../../etc/passwd"]}',
        '{"dropped": [{}]}',
        '{"waived": []}',
        '{"waived": {"x": ["blur"]}}',
        '{"waived_of_set": ["<img src=x>"]}',
        '{"waived_of_set": [["blur"]]}',
        '{"extra": 1}',
        "[" * 100_000,
        '{"dropped": ["' + "a" * 4_000_001 + '"]}',
    ],
)
def test_any_other_text_is_refused_with_a_sentence(text: str) -> None:
    with pytest.raises(DatasetError):
        Review.from_text(text)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: (
            st.lists(inner)
            | st.dictionaries(st.sampled_from(["kept", "dropped", "waived", "waived_of_set", "x"]), inner)
        ),
        max_leaves=12,
    )
)
def test_whatever_json_comes_nothing_but_a_sentence_is_raised(data: object) -> None:
    try:
        review = Review.from_text(json.dumps(data))
    except DatasetError:
        return
    assert all(len(name) >= 64 for name in (*review.kept, *review.dropped, *review.waived))
