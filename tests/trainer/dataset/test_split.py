from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainer.dataset.dataset import Dataset
from trainer.dataset.sample import Sample
from trainer.dataset.split import hold_out, suggested_held_out
from trainer.errors import DatasetError


def samples(families: list[int]) -> list[Sample]:
    return [
        Sample(path=Path(f"{number}.png"), sha256=f"own {number}", source=f"source {family}", width=8, height=8)
        for number, family in enumerate(families)
    ]


@given(st.lists(st.integers(0, 6), min_size=2, max_size=20), st.integers(1, 5))
def test_no_original_is_on_both_sides_and_never_more_than_asked_is_held_out(families: list[int], count: int):
    try:
        split = hold_out(samples(families), count)
    except DatasetError:
        return
    held = {sample.family for sample in split if sample.split == "held_out"}
    trained = {sample.family for sample in split if sample.split == "train"}
    assert held and trained and not held & trained
    assert sum(sample.split == "held_out" for sample in split) <= count


def test_copies_of_a_training_picture_are_never_held_out():
    split = hold_out(samples([1, 2, 3, 1]), 1)
    assert [sample.path.stem for sample in split if sample.split == "held_out"] == ["2"]


def test_holding_out_everything_is_refused():
    with pytest.raises(DatasetError, match="held_out is 1 of 1"):
        hold_out(samples([1]), 1)


@pytest.mark.parametrize(("count", "held"), [(0, 0), (9, 0), (10, 3), (19, 3), (20, 4), (29, 4), (30, 5), (500, 5)])
def test_three_to_five_are_suggested_and_none_of_few(count: int, held: int):
    assert suggested_held_out(count) == held


def test_references_take_the_place_of_what_is_held_out_and_never_of_what_is_trained_on():
    own = hold_out(samples([1, 2, 3]), 1)
    run = Dataset(samples=tuple(own), trigger="sage", subject="person", root=Path())
    wired = [replace(run.train[0], caption="again"), *(replace(each, sha256=f"new {n}") for n, each in enumerate(own))]
    known = run.known_by(wired)
    assert known.train == run.train and known.trigger == "sage"
    assert [sample.sha256 for sample in known.held_out] == ["new 0", "new 1", "new 2"]
