import pytest

from trainer.captions.prose.parse import parse
from trainer.captions.prose.tags import classify_tag
from trainer.captions.words.slots import KAOMOJI


@pytest.mark.parametrize(
    "text",
    ["1girl, red coat, snow", "1girl，red coat、snow", "1girl; red coat; snow", "1girl|red coat|snow",
     "1girl | red coat | snow", "1girl；red coat｜snow", "1girl ||| red coat, snow", "1girl|||red coat,snow"],
)  # fmt: skip
def test_tags_are_parted_by_any_separator(text: str):
    assert parse(text).tags == ("1girl", "red coat", "snow")


def test_a_semicolon_between_clauses_parts_no_tags():
    text = "She stands in the rain; her coat is wet."
    assert parse(text).prose == text
    assert parse(f"1girl, solo, {text}").prose == text


def test_full_stops_of_chinese_keyboards_end_sentences():
    assert parse("She smiles。She waves。").prose == "She smiles. She waves."


@pytest.mark.parametrize("drawn", sorted(KAOMOJI))
def test_a_kaomoji_is_one_tag_and_an_expression(drawn: str):
    assert parse(f"hat, {drawn}, smile").tags == ("hat", drawn, "smile")
    word = classify_tag(drawn)
    assert (word.text, word.slot) == (drawn, "expression")


def test_a_kaomoji_keeps_its_own_bars_among_bars():
    assert parse("hat | |_| | smile").tags == ("hat", "|_|", "smile")
    assert parse("hat, ||_||, smile").tags == ("hat", "||_||", "smile")
