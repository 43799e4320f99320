"""Decisions on captions: read from hostile text, applied to what captioners said, and what is shown of them."""

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trainer.captions.review.caption_review import CaptionReview
from trainer.captions.review.reviewed import Reviewed, review_captions
from trainer.captions.rules.caption_rules import CaptionRules
from trainer.dataset.dataset import Dataset
from trainer.errors import DatasetError

from ..sets import dataset, picture

ONE, TWO, THREE, FOUR = (letter * 64 for letter in "abcd")


def tagged(*texts: str, author: Any = "tagger") -> Dataset:
    names = (ONE, TWO, THREE, FOUR)
    return dataset(
        *(
            picture(name, text, author, caption=text, tags=tuple(text.split(", ")) if author == "tagger" else ())
            for name, text in zip(names, texts, strict=False)
        )
    )


TAGGED = tagged(
    "1girl, brown hair, glasses, red shirt, smile",
    "1girl, brown hair, glasses, blue dress, standing",
    "1girl, brown hair, white background, sitting",
    "1girl, brown hair, glasses, coat, walking, street",
)


def reviewed(text: dict[str, Any] | None = None, *more: Dataset, rules: CaptionRules | None = None) -> Reviewed:
    review = CaptionReview.from_text(json.dumps(text) if text else "")
    return review_captions([TAGGED, *more], rules or CaptionRules(), review)


def captions(done: Reviewed) -> list[str]:
    return [sample.caption for sample in done.dataset.samples]


def test_without_decisions_the_rules_speak():
    done = reviewed()
    assert captions(done)[0] == "sage_character, woman, smile, red shirt"
    assert [word.text for word in done.rows[0].words if word.kind == "gone"] == [
        "1girl",
        ",",
        "brown",
        "hair",
        ",",
        "glasses",
    ]


def test_a_text_by_hand_is_kept_to_the_letter_and_what_was_said_stays():
    done = reviewed({"captions": {ONE: "  sage_character,  in her own words "}})
    assert captions(done)[0] == "sage_character, in her own words"
    sample = done.dataset.samples[0]
    assert (sample.author, done.rows[0].edited, done.by_hand) == ("hand", True, 1)
    # The way back: what the captioner's caption would be.
    assert (done.rows[0].texts, done.rows[1].texts) == (("sage_character, woman, smile, red shirt",), ())
    assert sample.raw.startswith("1girl")


def test_a_text_by_hand_is_the_only_caption_of_its_picture():
    several = tuple(replace(sample, alternatives=("a woman with brown hair",)) for sample in TAGGED.samples)
    review = CaptionReview.from_text(json.dumps({"captions": {ONE: "sage_character, coat"}}))
    done = review_captions([TAGGED.with_samples(several)], CaptionRules(), review)
    assert done.dataset.samples[0].captions == ("sage_character, coat",)
    assert len(done.dataset.samples[1].captions) == 2


def test_a_caption_can_be_emptied_by_hand():
    done = reviewed({"captions": {TWO: ""}})
    assert (captions(done)[1], done.dataset.samples[1].author) == ("", "hand")


def test_a_row_of_looks_drives_pruning_and_lint_together():
    assert "brown hair" not in captions(reviewed())[0]
    done = reviewed({"appearance": {"hair": "describe", "glasses": "omit"}})
    assert all("brown hair" in caption and "glasses" not in caption for caption in captions(done))
    looks = {row.row: (row.omitted, row.said) for row in done.appearance}
    assert (looks["hair"], looks["glasses"]) == ((0, 4), (3, 0))
    assert not any(finding.check == "caption_looks" for row in done.rows for finding in row.findings)
    by_hand = {"captions": {ONE: "sage_character, woman, brown hair, standing"}}
    said = [finding.text for finding in reviewed(by_hand).rows[0].findings if finding.check == "caption_looks"]
    assert said and "brown hair" in said[0]
    allowed = reviewed({**by_hand, "appearance": {"hair": "describe"}})
    assert not any(finding.check == "caption_looks" for finding in allowed.rows[0].findings)


def test_without_rules_captions_stay_unless_rows_of_looks_are_set():
    untouched = review_captions([TAGGED], None, CaptionReview())
    assert captions(untouched) == [sample.caption for sample in TAGGED.samples]
    ruled = review_captions([TAGGED], None, CaptionReview(appearance={"hair": "omit"}))
    assert all("brown hair" not in caption for caption in captions(ruled))


def test_another_captioner_is_taken_for_one_picture_or_everywhere():
    other = tagged("She sits.", "She stands in a hall.", "", "She walks.", author="vlm")
    done = reviewed({"sources": {TWO: 1}}, other)
    assert captions(done)[1] == "sage_character, woman, She stands in a hall."
    assert (done.dataset.samples[1].author, done.rows[1].source, done.rows[0].source) == ("vlm", 1, 0)
    assert done.rows[1].texts[1] == captions(done)[1]
    everywhere = reviewed({"source": 1, "sources": {ONE: 0}}, other)
    assert [row.source for row in everywhere.rows][:2] == [0, 1]
    # A captioner that said nothing of a picture does not take its caption away.
    assert "white background" in captions(everywhere)[2]


def test_a_captioner_that_is_not_wired_any_more_falls_back_to_the_first():
    done = reviewed({"source": 3, "sources": {ONE: 2}})
    assert captions(done) == captions(reviewed())
    assert {row.source for row in done.rows} == {0}


def test_other_datasets_may_hold_other_pictures():
    other = tagged("She sits.", author="vlm").with_samples((replace(tagged("She sits.").samples[0], sha256="e" * 64),))
    done = reviewed({"source": 1}, other)
    assert done.rows[0].texts[1] is None
    assert captions(done) == captions(reviewed())


def test_copies_of_one_picture_have_texts_of_their_own():
    twin = dataset(picture(ONE, "1girl, standing"), picture(ONE, "1girl, standing"))
    done = review_captions([twin], CaptionRules(), CaptionReview(captions={f"{ONE}#2": "mine"}))
    assert [sample.caption for sample in done.dataset.samples] == ["sage_character, woman, standing", "mine"]


def test_fragments_are_listed_with_the_pictures_that_have_them():
    shared = {one.fragment.text: one.pictures for one in reviewed().shared}
    assert shared["sitting"] == (THREE,)
    assert "sage_character" not in shared and "woman" not in shared


def test_reviewing_twice_changes_nothing_more():
    text = {"captions": {ONE: "mine"}, "appearance": {"hair": "describe"}}
    once = reviewed(text)
    again = review_captions([once.dataset], CaptionRules(), CaptionReview.from_text(json.dumps(text)))
    assert captions(again) == captions(once)


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "[]",
        '{"extra": 1}',
        '{"captions": []}',
        '{"captions": {"x": "y"}}',
        f'{{"captions": {{"{ONE}": 3}}}}',
        json.dumps({"captions": {ONE: "x" * 20_001}}),
        f'{{"sources": {{"{ONE}": 4}}}}',
        f'{{"sources": {{"{ONE}": true}}}}',
        '{"source": -1}',
        '{"appearance": {"hair": "maybe"}}',
        '{"appearance": {"shoes": "omit"}}',
        '{"appearance": {"hair": ["omit"]}}',
        "[" * 100_000,
    ],
)
def test_text_that_is_no_review_is_refused_in_one_sentence(text: str):
    with pytest.raises(DatasetError) as refused:
        CaptionReview.from_text(text)
    assert len(str(refused.value)) < 400


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=200))
def test_any_text_can_be_a_caption_by_hand(text: str):
    done = reviewed({"captions": {ONE: text}})
    assert "\n" not in captions(done)[0]
    captions(done)[0].encode()
