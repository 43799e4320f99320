import pytest

from trainer.captions.prose.guard import first_fault, guarded, lost_words
from trainer.captions.prose.phrase import Sentence

BROKEN = [
    "A woman with sits in a café.",
    "A woman with long, sits in a café.",
    "She wears and smiles.",
    "The woman is and sits down.",
    "She looks at the.",
    "She holds a woman woman.",
    "She wears a hat,, and smiles.",
    "A woman and.",
]
WHOLE = [
    "A woman with long arms sits in a café.",
    "She looks on as the train passes by.",
    "He hands her the letter that she had had for years.",
]


@pytest.mark.parametrize("text", BROKEN)
def test_what_no_longer_reads_is_seen(text: str):
    assert first_fault(Sentence.of(text)) is not None


@pytest.mark.parametrize("text", WHOLE)
def test_what_reads_passes(text: str):
    assert first_fault(Sentence.of(text)) is None


@pytest.mark.parametrize(
    ("broken", "mended"),
    [
        ("A woman with sits in a café.", "A woman sits in a café."),
        ("She wears a hat,, and smiles.", "She wears a hat, and smiles."),
        ("She sits in a café, her the of with and, a cup in her hand.", "She sits in a café, a cup in her hand."),
    ],
)
def test_a_broken_sentence_is_repaired_or_loses_its_smallest_clause(broken: str, mended: str):
    assert guarded("She sits with a hat in a café.", broken) == mended


def test_a_noun_said_of_itself_is_said_once():
    assert guarded("The woman is a young woman.", "The woman is a woman.") == ""
    told = "The woman is a woman standing in the rain."
    assert guarded("The woman is a tall woman standing in the rain.", told) == "The woman is standing in the rain."


def test_what_cannot_be_mended_stays_as_phrases():
    assert guarded("She sits.", "The of with and the, red coat, a of the by the with, snow.") == "Red coat, snow."


def test_a_sentence_that_never_read_is_left_alone():
    assert guarded("with with the hat", "with the the hat") == "with the the hat"


def test_words_lost_besides_looks_are_named_in_order():
    before = "A woman with red hair that glows in the sun sits down."
    assert lost_words(before, "A woman sits down.", "red hair") == "glows sun"
    assert lost_words(before, "A woman sits down.", "red hair that glows in the sun") == ""
