"""What is taken out of sentences and whose it is, one situation a row."""

import pytest

from trainer.captions.rules.caption_rules import CaptionRules
from trainer.captions.rules.prune import SENSE, appearance_in, prune_sentence

KINDS = [
    (
        "adjectives of a list belong to their own head",
        "A woman with fair skin, long, wavy brown hair, and blue eyes sits in a café.",
        "A woman sits in a café.",
    ),
    (
        "an unknown adjective in a list goes with its head",
        "A woman with broad shoulders, cropped silver hair, and a scar on her cheek runs.",
        "A woman runs.",
    ),
    (
        "things of a list stay when looks go from between",
        "A woman with a black veil, pale skin, and a silver cross prays.",
        "A woman with a black veil and a silver cross prays.",
    ),
    (
        "the last of a list takes its 'and' along",
        "A woman with a yellow backpack, brown hair, and freckles hikes up a trail.",
        "A woman with a yellow backpack hikes up a trail.",
    ),
    (
        "the looks of a man beside her stay",
        "The man beside her has short brown hair and glasses.",
        "The man beside her has short brown hair and glasses.",
    ),
    (
        "the looks of whoever she stands by stay, hers go",
        "A young woman stands next to a tall man with a beard.",
        "A woman stands next to a tall man with a beard.",
    ),
    (
        "an aside on somebody else stays",
        "Her friend, a tall girl with braids, laughs beside her.",
        "Her friend, a tall girl with braids, laughs beside her.",
    ),
    (
        "a second person of the same sex is another",
        "A woman with red hair hugs an older woman with grey hair.",
        "A woman hugs an older woman with grey hair.",
    ),
    (
        "where two are told apart by their looks nobody's go",
        "Two women sit at a table; the woman on the left has blonde hair.",
        "Two women sit at a table; the woman on the left has blonde hair.",
    ),
    (
        "an animal keeps its coat and eyes",
        "A woman with brown hair walks a small dog with short legs and big ears.",
        "A woman walks a small dog with short legs and big ears.",
    ),
    (
        "a doll keeps its hair",
        "A woman holds a doll with blonde hair and blue eyes.",
        "A woman holds a doll with blonde hair and blue eyes.",
    ),
    (
        "a person on a picture in the picture keeps her looks",
        "A blonde woman looks at a painting of a woman with red hair.",
        "A woman looks at a painting of a woman with red hair.",
    ),
    ("things have parts of their own", "The lamp has a round head and a slim body.", None),
    ("parts of things told by 'of' stay", "The hands of the clock are long and thin.", None),
    ("clothes keep their colours", "She wears a long black coat, a red scarf and brown boots.", None),
    ("a wig is worn", "A blonde wig and a pink feather boa lie on the table.", None),
    (
        "an adjective before a trade is the person's",
        "A tall police officer with short hair directs the traffic.",
        "A police officer directs the traffic.",
    ),
    (
        "an unknown trade is known by its adjective",
        "A young lumberjack swings an axe.",
        "A lumberjack swings an axe.",
    ),
    ("a predicate of looks alone goes whole", "Her hair is long, wavy, and auburn.", ""),
    (
        "of a predicate the state stays",
        "Her hair is blonde and wet from the rain.",
        "Her hair is wet from the rain.",
    ),
    ("pale with fear is a state", "Her face is pale with fear.", None),
    ("eyes red from crying are a state", "Her eyes are red from crying.", None),
    (
        "looks between two commas go with both",
        "The woman, tall and slender, leans against a column.",
        "The woman leans against a column.",
    ),
    (
        "an aside that says she is a redhead goes whole",
        "The woman, a slender redhead with freckles, laughs.",
        "The woman laughs.",
    ),
    (
        "a guess at age goes with what leads to it",
        "The woman appears to be in her thirties and is wearing a grey blazer.",
        "The woman is wearing a grey blazer.",
    ),
    (
        "years of age between commas",
        "A woman, around 40 years of age, sells fish.",
        "A woman sells fish.",
    ),
    (
        "descent of two words",
        "A Middle Eastern woman drinks tea.",
        "A woman drinks tea.",
    ),
    (
        "a restaurant keeps its people's name",
        "An Indian woman in a sari eats in an Indian restaurant.",
        "A woman in a sari eats in an Indian restaurant.",
    ),
    (
        "a relative clause on hair ends with it",
        "A woman with long hair that falls past her waist stands by a lake.",
        "A woman stands by a lake.",
    ),
    (
        "what is parted from its hair goes too",
        "A woman with blonde highlights in her brown hair signs a book.",
        "A woman signs a book.",
    ),
    (
        "legs that dangle stay, without their length",
        "She sits with her long legs dangling over the edge.",
        "She sits with her legs dangling over the edge.",
    ),
    ("glasses that are handled stay", "She adjusts her glasses with one finger.", None),
    ("a verb in the middle of a list takes no other along", "She wears a cap, has freckles, and is laughing.",
     "She wears a cap, and is laughing."),
    ("it is named again where her hair went", "Her hair is long and dark, but it blows in the wind.",
     "Her hair blows in the wind."),
    ("negated looks go with their negation",
     "A woman without glasses squints at a menu.", "A woman squints at a menu."),
    ("a negated action stays", "She does not look at the camera.", None),
    (
        "framed eyes stay framed",
        "Her striking green eyes, framed by long lashes, look at the camera.",
        "Her eyes, framed by lashes, look at the camera.",
    ),
    (
        "two parts that act together stay together",
        "The woman's pale skin and dark hair stand out against the red wall.",
        "The woman's skin and hair stand out against the red wall.",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("before", "after"), [row[1:] for row in KINDS], ids=[row[0] for row in KINDS])
def test_a_sentence_keeps_all_but_the_characters_looks(before: str, after: str | None):
    assert prune_sentence(before, CaptionRules(), {}, "woman").text == (before if after is None else after)


def test_whose_looks_go_hangs_on_the_subject():
    text = "A man with a beard and a woman with red hair share a bench."
    assert prune_sentence(text, CaptionRules(), {}, "woman").text == "A man with a beard and a woman share a bench."
    assert prune_sentence(text, CaptionRules(), {}, "man").text == "A man and a woman with red hair share a bench."


def test_a_pronoun_of_the_other_sex_speaks_of_another_in_later_sentences_too():
    text = "She sits beside a man. He has brown eyes. Her eyes are green and closed."
    assert prune_sentence(text, CaptionRules(), {}, "woman").text == (
        "She sits beside a man. He has brown eyes. Her eyes are closed."
    )


def test_where_nobody_of_the_subjects_sex_is_named_the_first_person_is_the_character():
    assert prune_sentence("A man with a beard reads.", CaptionRules(), {}, "woman").text == "A man reads."


def test_others_looks_are_not_counted_as_the_characters():
    text = "A woman with red hair talks to a man with a grey beard."
    assert {found.row for found in appearance_in(text, "woman")} == {"hair"}


def test_what_goes_with_looks_is_listed():
    removed = prune_sentence("A tattoo of a phoenix is visible on her back.", CaptionRules(), {}, "woman").removed
    assert [gone.row for gone in removed] == ["tattoos", SENSE]
    assert "visible" in removed[1].text
