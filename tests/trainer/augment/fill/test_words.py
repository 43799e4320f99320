"""Captions and prompts of made pictures."""

from trainer.augment.fill.plan import FillPlan
from trainer.augment.fill.view import View
from trainer.augment.fill.words import captioned, prompt_for

PROFILE = View(axis="angle", bucket="left profile", words="profile, facing left", edit="Turn the head left.")
SMILE = View(axis="expression", bucket="smile", words="smiling")
TOLD = "sage_character, woman, red scarf, sad, looking at viewer, in a forest, oil painting"


def test_the_view_stands_where_the_reference_spoke_of_the_same() -> None:
    assert captioned(TOLD, SMILE, "sage_character", "woman") == TOLD.replace("sad", "smiling")
    turned = captioned(TOLD, PROFILE, "sage_character", "woman")
    assert turned == TOLD.replace("looking at viewer", "profile, facing left")


def test_what_the_reference_did_not_speak_of_stands_before_the_style() -> None:
    said = captioned("sage_character, woman, oil painting", SMILE, "sage_character", "woman")
    assert said == "sage_character, woman, smiling, oil painting"


def test_sentences_are_left_out_since_they_tell_of_the_other_picture() -> None:
    said = captioned("sage_character, woman. She frowns at the camera.", SMILE, "sage_character", "woman")
    assert said == "sage_character, woman, smiling"


def test_without_a_caption_trigger_and_subject_are_said() -> None:
    assert captioned("", SMILE, "sage_character", "woman") == "sage_character, woman, smiling"


def test_prompts_have_looks_and_no_trigger() -> None:
    said = prompt_for(TOLD, SMILE, "sage_character", FillPlan(looks="red hair"))
    assert said.startswith("red hair, woman, red scarf, smiling") and "sage" not in said


def test_edit_models_are_told_what_to_change() -> None:
    assert prompt_for(TOLD, PROFILE, "sage_character", FillPlan(way="edit", keep="Same face.")) == (
        "Turn the head left. Same face."
    )
    assert "smiling" in prompt_for(TOLD, SMILE, "sage_character", FillPlan(way="edit"))
