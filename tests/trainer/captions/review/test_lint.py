from pathlib import Path

from trainer.captions.review.lint import LEFT, LOOKS, META, MISSING, SAME, SHARED, lint
from trainer.captions.rules.apply import CaptionRules
from trainer.captions.rules.fragments import count_fragments

from ..sets import captioned, dataset, picture


def checks(*captions: str, rules: CaptionRules | None = None) -> list[tuple[str, str | None]]:
    samples = [captioned(str(number), caption) for number, caption in enumerate(captions)]
    return [(remark.finding.check, remark.name) for remark in lint(dataset(*samples), rules or CaptionRules())]


def numbered(fragment: str, count: int = 5) -> list[str]:
    return [f"sage_character, woman, {fragment}, thing number {'abcdefgh'[n] * 3}" for n in range(count)]


def test_a_fragment_in_four_of_five_captions_will_fuse_with_the_trigger():
    captions = [*numbered("white background", 4), "sage_character, woman, beach"]
    samples = [captioned(str(number), caption) for number, caption in enumerate(captions)]
    (remark,) = lint(dataset(*samples), CaptionRules())
    assert (remark.finding.check, remark.finding.value, remark.sha256) == (SHARED, 0.8, None)
    assert "'white background' is in 4 of 5 captions and will fuse" in remark.finding.text


def test_a_constant_of_sentences_is_found_by_its_words():
    captions = [
        f"sage_character, woman, She {verb} in her white shirt." for verb in ("sits", "stands", "runs", "reads")
    ]
    assert checks(*captions) == [(SHARED, None)]


def test_trigger_subject_and_the_constant_of_renders_do_not_count():
    assert checks(*numbered("3d render")) == []


def test_a_shared_fragment_on_looks_is_to_be_pruned():
    texts = [remark.finding.text for remark in lint(dataset(*map_hand(numbered("long hair"))), CaptionRules())]
    assert "prune them" in texts[0] and "long hair" in texts[0]


def map_hand(captions: list[str]) -> list[object]:
    return [captioned(str(number), caption) for number, caption in enumerate(captions)]


def test_few_captions_share_everything_and_say_nothing():
    assert checks(*numbered("white background", 3)) == []


def test_the_same_caption_for_different_pictures_is_reported():
    assert checks("sage_character, woman, coat", "sage_character, woman, Coat", "sage_character, woman, hat") == [
        (SAME, None)
    ]


def test_crops_of_one_picture_may_share_their_caption():
    samples = [
        captioned("a", "sage_character, coat"),
        captioned("b", "sage_character, coat", origin="crop", source="a"),
    ]
    assert lint(dataset(*samples), CaptionRules()) == ()


def test_a_caption_of_trigger_and_subject_alone_is_missing():
    assert checks("", "sage_character, woman", "sage_character, woman, coat") == [
        (MISSING, "0.png"),
        (MISSING, "1.png"),
    ]


def test_texts_without_pictures_are_named():
    remarks = lint(dataset(captioned("a", "sage_character, coat")), CaptionRules(), [Path("a.txt"), Path("b.txt")])
    assert [(remark.finding.check, remark.finding.text[:5]) for remark in remarks] == [(LEFT, "b.txt")]


def test_a_caption_whose_picture_was_left_out_is_not_advised_to_go(tmp_path: Path):
    (tmp_path / "b.psd").write_bytes(b"8BPS")
    remarks = lint(dataset(captioned("a", "sage_character, coat")), CaptionRules(), [Path("a.txt"), tmp_path / "b.txt"])
    assert not remarks


def test_looks_left_by_hand_are_a_warning_unless_their_row_is_described():
    caption = "sage_character, woman, freckles, She wears glasses."
    assert checks(caption) == [(LOOKS, "0.png")]
    assert checks(caption, rules=CaptionRules(appearance={"face": "describe", "glasses": "describe"})) == []


def test_words_on_the_file_are_noted():
    assert checks("sage_character, woman, coat, masterpiece") == [(META, "0.png")]


def test_looks_the_rules_kept_as_an_exception_are_only_a_note():
    sample = picture("a", caption="sage_character, woman, blue hair, wig")
    (remark,) = lint(dataset(sample), CaptionRules())
    assert remark.finding.level == "note"


def test_fragments_are_counted_commonest_first_without_trigger_and_subject():
    rows = count_fragments(
        ["sage_character, woman, red_coat, park", "sage_character, woman, red coat"], "sage_character", "woman"
    )
    assert [(row.text, row.count, row.slot) for row in rows] == [("red coat", 2, "clothing"), ("park", 1, "setting")]
