import re

import pytest

from trainer.captions.rules.trigger import CARRIES, EXAMPLE, GENERIC_WORD, SPELLING, SPLIT, TAG, USE, check_trigger

from ..sets import captioned, dataset


def pairs(text: str) -> list[str]:
    return [text[start : start + 2] for start in range(0, len(text), 2)]


def parts(text: str) -> list[str]:
    return text.replace("_", " _ ").split()


def checks(word: str, *captions: str) -> list[str]:
    samples = [captioned(str(number), caption) for number, caption in enumerate(captions)]
    return [finding.check for finding in check_trigger(word, dataset(*samples), {})]


@pytest.mark.parametrize("word", ["woman", "redhead", "character", "person", "sage", "photo", "1girl", "sunset"])
def test_a_word_that_means_something_already_is_refused(word: str):
    findings = check_trigger(word, None, {})
    assert [f.level for f in findings if f.check in {GENERIC_WORD, TAG}] == ["error"]


@pytest.mark.parametrize("word", ["long_hair", "blue_eyes", "umbrella", "school_uniform", "looking_at_viewer"])
def test_a_tag_is_refused(word: str):
    assert TAG in [finding.check for finding in check_trigger(word, None, {}) if finding.level == "error"]


@pytest.mark.parametrize("word", ["sage_character", "ohwx_sage", "sks_person"])
def test_the_guides_good_triggers_pass_with_a_note_on_what_they_carry(word: str):
    assert [(f.check, f.level) for f in check_trigger(word, None, {})] == [(CARRIES, "note")]


def test_what_refusals_recommend_is_not_scolded():
    assert check_trigger(EXAMPLE, None, {"CLIP": parts})[0].text.endswith("wrenna | _ | character.")
    said = [finding.text for word in ("woman", "umbrella", "sage") for finding in check_trigger(word, None, {})]
    recommended = {word for text in said for word in re.findall("like '(.+?)'", text)}
    assert recommended == {EXAMPLE} and check_trigger(EXAMPLE, None, {}) == ()


def test_somebodys_own_is_no_tag():
    assert [(f.check, f.level) for f in check_trigger("my_cat_girl", None, {})] == [(CARRIES, "note")]


@pytest.mark.parametrize("word", ["zkw", "lkness", "ohwx", "sagechr"])
def test_made_up_words_pass(word: str):
    assert check_trigger(word, None, {}) == ()


@pytest.mark.parametrize("word", ["s4g3", "aik-jacky", "Zkwo", "zk", "z" * 25, "1234"])
def test_spellings_that_tokenizers_or_people_stumble_over_are_warned_of(word: str):
    assert SPELLING in [finding.check for finding in check_trigger(word, None, {})]


def test_the_split_of_every_tokenizer_is_told():
    findings = check_trigger("zkwo_sage", None, {"T5": pairs, "CLIP": parts})
    splits = [finding for finding in findings if finding.check == SPLIT]
    assert [finding.value for finding in splits] == [3, 5]
    assert "CLIP splits 'zkwo_sage' into 3: zkwo | _ | sage; 'sage' would bring" in splits[0].text


def test_a_word_that_a_tokenizer_knows_whole_is_warned_of():
    (finding,) = check_trigger("zkwo", None, {"CLIP": lambda text: [f"{text}</w>"]})
    assert (finding.check, finding.level) == (SPLIT, "warning")


def test_captions_that_begin_with_the_trigger_once_are_fine():
    assert checks("zkwo", "zkwo, woman, coat", "zkwo, woman, hat") == []


@pytest.mark.parametrize(
    ("caption", "words"),
    [
        ("woman, coat", "do not have"),
        ("Zkwo, woman", "spell the trigger"),
        ("woman, zkwo, coat", "do not begin"),
        ("zkwo, woman, zkwo", "more than once"),
        ("zkwo, zkwo_woman, coat", "inside another word"),
    ],
)
def test_captions_that_misuse_the_trigger_are_named(caption: str, words: str):
    samples = [captioned("a", "zkwo, woman, hat"), captioned("b", caption)]
    findings = [f for f in check_trigger("zkwo", dataset(*samples), {}) if f.check == USE]
    assert any(words in finding.text and "(b.png)" in finding.text for finding in findings)


def test_pictures_without_captions_say_nothing_of_the_trigger():
    assert checks("zkwo", "", "zkwo, coat") == []
