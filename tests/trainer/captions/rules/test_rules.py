from dataclasses import replace

import pytest

from trainer.captions.rules.apply import CUT, HAND, LONGEST, MARK, SHORTENED, CaptionRules, apply_rules
from trainer.dataset.sample import FaceMark, Sample
from trainer.errors import DatasetError

from ..sets import captioned, dataset, picture, said


def captions(*samples: Sample, rules: CaptionRules | None = None, lighting: dict[str, str] | None = None) -> list[str]:
    ruled = apply_rules(dataset(*samples), rules or CaptionRules(), lighting=lighting)
    return [sample.caption for sample in ruled.dataset.samples]


def close_up(name: str, raw: str, share: float = 0.6, **rest: str) -> Sample:
    face = FaceMark(box=(20, 10, 80, 10 + 100 * share), reader="fake")
    return replace(picture(name, raw, **rest), origin="crop", face=face)


def test_rules_go_through_json_and_refuse_keys_they_do_not_know():
    rules = CaptionRules(policy="strict", keep=("freckles",), appearance={"glasses": "describe"}, tokens=225)
    assert CaptionRules.from_json(rules.to_json()) == rules
    with pytest.raises(DatasetError, match="no key 'polcy'"):
        CaptionRules.from_json({"polcy": "core"})


def test_settings_that_cannot_be_are_refused_all_at_once():
    with pytest.raises(DatasetError, match=r"(?s)1\. appearance has no row teeth.*2\. core_share is 2"):
        CaptionRules(appearance={"teeth": "omit"}, core_share=2)
    with pytest.raises(DatasetError, match="order must hold each"):
        CaptionRules(order=("subject",))


def test_identity_that_few_pictures_show_is_an_exception_and_stays():
    texts = ["1girl, red_hair, coat", *["1girl, red_hair, park"] * 5, "1girl, blue_hair, wig", "1girl, red_hair, hat"]
    first, *_, odd, _ = (s.caption for s in apply_rules(said(*texts), CaptionRules()).dataset.samples)
    assert first == "sage_character, woman, coat"
    assert odd == "sage_character, woman, blue hair, wig"


def test_two_words_for_one_colour_count_together():
    texts = ["1girl, red_hair", "1girl, red_hair", "1girl, red_hair", "1girl, red_hair", "1girl, auburn_hair, hat"]
    assert captions(*said(*texts).samples)[-1] == "sage_character, woman, hat"


def test_an_appearance_row_overrules_the_policy():
    text = "1girl, glasses, red_lipstick, long_hair"
    rules = CaptionRules(appearance={"glasses": "describe", "makeup": "omit"})
    assert captions(picture("a", text), rules=rules) == ["sage_character, woman, glasses"]
    told = "She wears glasses and red lipstick and smiles."
    assert captions(picture("a", told), rules=rules) == ["sage_character, woman, She wears glasses and smiles."]


def test_keep_wins_over_drop_and_policy_and_takes_wildcards():
    rules = CaptionRules(keep=("freckles", "red_*"), drop=("red_scarf", "*_hat"))
    text = "1girl, freckles, red_scarf, red_hair, straw_hat"
    assert captions(picture("a", text), rules=rules) == ["sage_character, woman, freckles, red hair, red scarf"]


def test_a_dropped_phrase_goes_from_sentences_too():
    rules = CaptionRules(drop=("white background",))
    told = "She stands in front of a white background and laughs."
    assert captions(picture("a", told), rules=rules) == ["sage_character, woman, She stands and laughs."]


def test_an_item_of_the_character_goes_where_nearly_every_picture_has_it():
    rules = CaptionRules(signature=("red_scarf",))
    texts = ["1girl, red_scarf, park", "1girl, red_scarf, street", "1girl, red_scarf, beach", "1girl, forest"]
    assert captions(*said(*texts).samples, rules=rules)[0] == "sage_character, woman, park"
    assert captions(*said(*texts[2:]).samples, rules=rules)[0] == "sage_character, woman, red scarf, beach"


def test_captions_by_hand_are_left_alone_until_asked_for():
    hand = captioned("a", "my own words, blue eyes")
    ruled = apply_rules(dataset(hand), CaptionRules())
    assert ruled.dataset.samples == (hand,)
    assert [finding.check for finding in ruled.findings] == [HAND]
    rewritten = apply_rules(dataset(hand), CaptionRules(rewrite_hand=True)).dataset.samples[0]
    assert (rewritten.caption, rewritten.raw) == ("sage_character, woman, my own words", "my own words, blue eyes")


def test_other_rules_start_from_what_the_captioner_said():
    once = apply_rules(said("1girl, long_hair, smile"), CaptionRules()).dataset
    again = apply_rules(once, CaptionRules(policy="minimal")).dataset.samples[0]
    assert (once.samples[0].caption, again.caption) == (
        "sage_character, woman, smile",
        "sage_character, woman, long hair, smile",
    )


def test_a_taggers_words_are_taken_from_its_tags():
    sample = picture("a", tags=("1girl", "long_hair", "red_coat"))
    once = apply_rules(dataset(sample), CaptionRules()).dataset
    assert once.samples[0].caption == "sage_character, woman, red coat"
    assert apply_rules(once, CaptionRules(policy="minimal")).dataset.samples[0].caption.count("long hair") == 1


def test_a_picture_without_words_still_gets_trigger_and_subject():
    assert captions(picture("a")) == ["sage_character, woman"]
    assert apply_rules(dataset(picture("a"), subject=""), CaptionRules()).dataset.samples[0].caption == "sage_character"


def test_light_is_filled_in_only_where_the_caption_is_silent():
    light = {"a": "backlight", "b": "backlight", "c": "side light"}
    texts = [picture("a", "1girl, coat"), picture("b", "1girl, sunset"), picture("c", "She sits in soft light.")]
    assert captions(*texts, lighting=light) == [
        "sage_character, woman, coat, backlight",
        "sage_character, woman, sunset",
        "sage_character, woman, She sits in soft light.",
    ]


def test_style_is_written_only_where_the_set_mixes_styles():
    photos = ["1girl, coat, photorealistic", "1girl, hat, photo_(medium)"]
    assert captions(*said(*photos).samples) == ["sage_character, woman, coat", "sage_character, woman, hat"]
    mixed = captions(*said("1girl, coat, photorealistic", "1girl, hat, sketch").samples)
    assert mixed == ["sage_character, woman, coat, photorealistic", "sage_character, woman, hat, sketch"]


def test_one_slip_of_a_tagger_decides_no_style():
    plain = [
        f"1girl, {thing}, photorealistic"
        for thing in ("coat", "hat", "park", "sea", "car", "bed", "tree", "rain", "cup")
    ]
    assert not any("photorealistic" in text for text in captions(*said(*plain, "1girl, dress, 3d").samples))
    silent = [text.removesuffix(", photorealistic") for text in plain]
    assert not any("3d" in text for text in captions(*said(*silent, "1girl, dress, 3d").samples))
    assert not any("monochrome" in text for text in captions(*said(*plain, "1girl, dress, monochrome").samples))


def test_a_style_that_several_pictures_have_is_no_slip():
    photos = [f"1girl, {thing}, photorealistic" for thing in ("coat", "hat", "park", "sea")]
    mixed = captions(*said(*photos, "1girl, dress, sketch", "1girl, scarf, sketch").samples)
    assert mixed[-1].endswith("sketch") and mixed[0].endswith("photorealistic")


def test_a_set_of_renders_says_so_in_every_caption():
    texts = ["1girl, coat, 3d, realistic", "1girl, hat", "A 3D render of a woman in a red coat."]
    assert captions(*said(*texts).samples) == [
        "sage_character, woman, coat, 3d render",
        "sage_character, woman, hat, 3d render",
        "sage_character, woman, 3d render, A woman in a red coat.",
    ]


def test_style_can_be_kept_or_dropped_by_order():
    text = "1girl, coat, photorealistic"
    assert captions(picture("a", text), rules=CaptionRules(style="keep"))[0].endswith("photorealistic")
    assert (
        captions(*said(text, "1girl, sketch").samples, rules=CaptionRules(style="drop"))[1] == "sage_character, woman"
    )


def test_a_variant_takes_all_but_its_style_from_its_source():
    source = picture("a", "1girl, long_hair, red_coat, street, 3d")
    variant = picture("b", "1girl, short_hair, dress, beach, oil_painting", origin="variant", source="a")
    assert captions(source, variant) == [
        "sage_character, woman, red coat, street, 3d",
        "sage_character, woman, red coat, street, oil painting",
    ]


def test_a_variant_of_a_picture_captioned_by_hand_says_what_the_hand_wrote():
    source = captioned("a", "sage_character, woman, freckles, red coat, 3d render")
    variant = picture("b", "watercolor", origin="variant", source="a")
    plain = picture("c", "1girl, photorealistic")
    assert captions(source, variant, plain)[1] == "sage_character, woman, freckles, red coat, watercolor"


def test_a_variant_whose_source_is_gone_keeps_its_own_words():
    assert captions(picture("b", "1girl, dress", origin="variant", source="gone")) == ["sage_character, woman, dress"]


def test_a_close_up_says_only_what_it_still_shows():
    tags = "1girl, standing, full_body, red_coat, black_boots, legs, smile, looking_at_viewer, bench, outdoors"
    assert captions(close_up("a", tags)) == [
        "sage_character, woman, smile, red coat, looking at viewer, close-up, portrait, outdoors"
    ]


def test_a_close_up_is_rewritten_in_sentences_too():
    told = "A woman in a red coat is standing on a street, with her hands in her pockets, and she laughs."
    assert captions(close_up("a", told)) == [
        "sage_character, woman, close-up, portrait, A woman in a red coat, and she laughs."
    ]


def test_a_hand_at_the_face_stays_in_a_close_up():
    assert captions(close_up("a", "1girl, hand_on_own_cheek, hands_on_own_hips")) == [
        "sage_character, woman, hand on own cheek, close-up, portrait"
    ]


def test_only_crops_with_a_large_face_are_close_ups():
    crop = close_up("a", "1girl, standing, boots", share=0.3)
    whole = replace(close_up("b", "1girl, standing, boots"), origin="original")
    assert captions(crop, whole) == ["sage_character, woman, boots, standing"] * 2


def test_a_variant_of_a_close_up_is_a_close_up():
    variant = picture("b", "watercolor", origin="variant", source="a")
    assert "boots" not in captions(close_up("a", "1girl, boots, scarf, 3d"), variant)[1]


def test_a_second_person_stays_when_the_subject_is_one_of_two():
    assert captions(picture("a", "1girl, 1boy, park")) == ["sage_character, woman, 1boy, park"]
    assert captions(picture("a", "2girls, park")) == ["sage_character, woman, 2girls, park"]


def test_words_of_another_subject_give_way_to_the_users():
    ruled = apply_rules(dataset(picture("a", "1girl, solo, park"), subject="android"), CaptionRules())
    assert ruled.dataset.samples[0].caption == "sage_character, android, park"


def test_slots_are_written_in_the_order_asked_for():
    order = (
        "style",
        "lighting",
        "setting",
        "camera",
        "pose",
        "other",
        "clothing",
        "expression",
        "appearance",
        "subject",
    )
    text = "1girl, smile, coat, sitting, park, sunset"
    assert captions(picture("a", text), rules=CaptionRules(order=order)) == [
        "sage_character, sunset, park, sitting, coat, smile, woman"
    ]


@pytest.mark.parametrize(
    ("form", "caption"),
    [
        ("both", "sage_character, woman, red coat, She sits in a park."),
        ("tags", "sage_character, woman, red coat"),
        ("sentence", "sage_character, woman, She sits in a park."),
    ],
)
def test_tags_and_sentences_are_written_as_asked(form: str, caption: str):
    sample = picture("a", "She sits in a park.", tags=("1girl", "red_coat"))
    assert captions(sample, rules=CaptionRules(form=form)) == [caption]


def test_a_caption_beyond_the_limit_loses_whole_fragments_and_empties_no_slot():
    coats = ", ".join(f"{colour}_coat" for colour in ("red", "blue", "green", "black", "white", "pink", "grey"))
    ruled = apply_rules(said(f"1girl, smile, {coats}, park, sunset"), CaptionRules(tokens=20))
    sample = ruled.dataset.samples[0]
    assert sample.caption.startswith("sage_character, woman, smile, red coat")
    assert sample.caption.endswith("park, sunset")
    assert [finding.check for finding in sample.findings] == [CUT]


def test_sentences_go_before_tags_when_room_is_short():
    text = "1girl, red_coat, She sits in a park. She reads a long book about the sea."
    assert captions(picture("a", text), rules=CaptionRules(tokens=18)) == [
        "sage_character, woman, red coat, She sits in a park."
    ]


def test_t5_families_have_room_where_clip_has_not():
    text = "She reads. " * 40
    assert len(captions(picture("a", text), rules=CaptionRules(family="flux"))[0]) > 300
    assert len(captions(picture("a", text), rules=CaptionRules(family="sdxl"))[0]) < 300


def test_writing_seen_on_the_picture_is_reported():
    sample = apply_rules(said("1girl, watermark, coat"), CaptionRules()).dataset.samples[0]
    assert [finding.check for finding in sample.findings] == [MARK]


def test_a_sentence_that_lost_more_than_looks_is_marked_for_a_look():
    told = "A tattoo of a phoenix is visible on her back. She smiles."
    (finding,) = apply_rules(said(told), CaptionRules()).dataset.samples[0].findings
    assert finding.check == SHORTENED and "visible" in finding.text
    assert apply_rules(said("A woman with red hair smiles."), CaptionRules()).dataset.samples[0].findings == ()


def test_endless_captions_are_read_up_to_a_point():
    sample = apply_rules(said("She smiles. " * 200_000), CaptionRules()).dataset.samples[0]
    assert sample.findings[0].value and sample.findings[0].value > LONGEST
    assert sample.caption.startswith("sage_character, woman, She smiles.")


def test_the_diff_names_what_was_taken_out():
    diff = apply_rules(said("1girl, long_hair, red_coat"), CaptionRules()).diffs[0]
    assert [(gone.text, gone.row) for gone in diff.removed] == [("long hair", "hair")]
    assert diff.changed and diff.after == "sage_character, woman, red coat"
