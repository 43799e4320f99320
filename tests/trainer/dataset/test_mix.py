from dataclasses import replace
from pathlib import Path

import pytest

from trainer.dataset.dataset import Dataset
from trainer.dataset.files.folder import read_dataset
from trainer.dataset.mix import mix
from trainer.dataset.split import hold_out
from trainer.errors import DatasetError

from .pictures import make_set


@pytest.fixture
def pair(tmp_path: Path) -> tuple[Dataset, Dataset]:
    """Ten pictures and five others."""
    return make_set(tmp_path / "body", 10), make_set(tmp_path / "face", 5, first=50)


def test_shares_are_reached_by_the_smallest_repeats(pair: tuple[Dataset, Dataset]):
    mixed = mix(pair, (60, 40))
    assert mixed.repeats == (2, 3)
    assert mixed.shares == (20 / 35, 15 / 35)
    assert [sample.repeats for sample in mixed.dataset.samples] == [2] * 10 + [3] * 5
    assert mixed.sentence == "10 pictures × 2 = 57.1%, 5 pictures × 3 = 42.9% of training; 60% / 40% was asked for."


def test_repeats_there_were_keep_their_proportions_within_a_part(pair: tuple[Dataset, Dataset]):
    body, face = pair
    uneven = body.with_samples(tuple(replace(s, repeats=20 if n < 5 else 10) for n, s in enumerate(body.samples)))
    mixed = mix((uneven, face), (0.75, 0.25))
    assert mixed.repeats == (1, 1)
    assert [sample.repeats for sample in mixed.dataset.samples] == [2] * 5 + [1] * 10


def test_held_out_pictures_count_for_nothing(pair: tuple[Dataset, Dataset]):
    body, face = pair
    mixed = mix((body.with_samples(hold_out(body.samples, 5)), face), (1, 1))
    assert mixed.repeats == (1, 1)
    assert len(mixed.dataset.held_out) == 5


def test_shares_out_of_reach_come_as_close_as_can_be_and_it_says_so(tmp_path: Path):
    many, one = make_set(tmp_path / "many", 30), make_set(tmp_path / "one", 1, first=90)
    mixed = mix((many, one), (1, 9))
    assert mixed.repeats == (1, 100)
    assert mixed.sentence.endswith("No repeats up to 100 come within 3%; add pictures to dataset 2.")


def test_a_picture_in_two_parts_is_named(pair: tuple[Dataset, Dataset]):
    body, face = pair
    both = face.with_samples((*face.samples, replace(body.samples[3], repeats=2)))
    mixed = mix((body, both), (1, 1))
    assert mixed.overlaps == ("3.png of dataset 2 is 3.png of dataset 1 again; leave one of them out.",)


def test_what_one_part_holds_out_no_other_trains_on(pair: tuple[Dataset, Dataset]):
    body, face = pair
    closeup = replace(face.samples[0], source=body.samples[9].sha256)
    mixed = mix((body.with_samples(hold_out(body.samples, 1)), face.with_samples((closeup, *face.samples[1:]))), (1, 1))
    trained = {sample.family for sample in mixed.dataset.train}
    assert not trained & {sample.family for sample in mixed.dataset.held_out}
    assert mixed.overlaps == ("50.png held out too: another dataset holds out a picture of the same original.",)


def test_what_was_left_out_is_not_forgotten(tmp_path: Path, pair: tuple[Dataset, Dataset]):
    (tmp_path / "face" / "zero.png").write_bytes(b"")
    mixed = mix((pair[0], read_dataset(tmp_path / "face", trigger="sage")), (1, 1))
    assert [left.name for left in mixed.dataset.left_out] == ["zero.png"]


def test_datasets_that_cannot_be_mixed_say_why(pair: tuple[Dataset, Dataset]):
    body, face = pair
    with pytest.raises(DatasetError, match="the trigger words ohwx, sage; give"):
        mix((body, replace(face, trigger="ohwx")), (1, 1))
    with pytest.raises(DatasetError, match="the subjects person, woman; give"):
        mix((body, replace(face, subject="woman")), (1, 1))
    with pytest.raises(DatasetError, match="2 datasets and 1 shares"):
        mix(pair, (1,))
    with pytest.raises(DatasetError, match="shares are 1, 0; use numbers above 0"):
        mix(pair, (1, 0))
    with pytest.raises(DatasetError, match="Dataset 2 has no pictures to train on"):
        mix((body, face.with_samples(tuple(replace(s, split="held_out") for s in face.samples))), (1, 1))
