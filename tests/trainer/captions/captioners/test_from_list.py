import pytest

from trainer.captions.captioners.from_list import use_captions
from trainer.dataset.dataset import Dataset
from trainer.errors import DatasetError


def test_texts_go_to_the_pictures_in_order(tiny_dataset: Dataset):
    given, failed = use_captions(tiny_dataset, [f"text {n}" for n in range(5)])
    assert [sample.caption for sample in given.samples] == [f"text {n}" for n in range(5)]
    assert given.samples[0].raw == "text 0" and given.samples[0].author == "vlm" and failed == ()


def test_another_number_of_texts_is_refused(tiny_dataset: Dataset):
    with pytest.raises(DatasetError, match="1 captions came for 5 pictures; connect a list"):
        use_captions(tiny_dataset, ["one for all"])


def test_an_empty_and_an_endless_text_are_named_and_change_nothing(tiny_dataset: Dataset):
    given, failed = use_captions(tiny_dataset, ["", "x" * 10_000_000, "c", "d", "e"])
    assert [sample.caption for sample in given.samples[:2]] == [s.caption for s in tiny_dataset.samples[:2]]
    assert [left.name for left in failed] == ["000.png", "001.png"]
    assert "10,000,000 characters" in given.samples[1].findings[0].text


def test_captions_by_hand_stay_unless_asked(tiny_dataset: Dataset):
    from dataclasses import replace

    by_hand = tiny_dataset.with_samples(tuple(replace(s, author="hand") for s in tiny_dataset.samples))
    assert use_captions(by_hand, ["new"] * 5)[0] == by_hand
    assert use_captions(by_hand, ["new"] * 5, keep_hand=False)[0].samples[0].caption == "new"


def test_tags_between_commas_are_tags(tiny_dataset: Dataset):
    given, _ = use_captions(tiny_dataset, ["1girl, miku \\(series\\), , long_hair"] * 5, author="tagger")
    assert given.samples[0].tags == ("1girl", "miku (series)", "long_hair")
