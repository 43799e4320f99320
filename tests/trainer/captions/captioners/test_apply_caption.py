from hypothesis import given
from hypothesis import strategies as st

from trainer.captions.captioners.apply_caption import MAX_CHARACTERS, clean, fault_of_caption
from trainer.captions.captioners.captioner import RawCaption

# Any code point, halves of characters among them: models and other packs return what they like.
anything = st.text(st.characters(exclude_categories=()))


@given(anything)
def test_whatever_is_said_can_be_written_on_one_line(text: str):
    cleaned = clean(RawCaption(text)).text
    assert "\n" not in cleaned and cleaned == cleaned.strip() and "\x00" not in cleaned
    assert cleaned.encode("utf-8").decode("utf-8") == cleaned


@given(anything)
def test_cleaning_twice_changes_nothing(text: str):
    assert clean(clean(RawCaption(text))) == clean(RawCaption(text))


def test_the_longest_caption_is_taken_and_one_letter_more_is_not():
    assert fault_of_caption(RawCaption("x" * MAX_CHARACTERS)) is None
    assert (
        fault_of_caption(RawCaption("x" * (MAX_CHARACTERS + 1))) == "it said 20,001 characters, and 20,000 is the most"
    )
