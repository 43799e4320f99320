"""The nodes in the languages that the page offers them in."""

import json
import re
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from .conftest import PACK, listed_nodes
from .node_texts import Texts, flat, is_read_as_written, texts_of

Pack = Callable[[str], Any]
LANGUAGES = ("de", "fr", "ja", "zh")
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_HOLDERS = re.compile(r"\{\w+\}")


def read(language: str) -> Texts:
    return json.loads((PACK / "locales" / language / "nodeDefs.json").read_text(encoding="utf-8"))


def test_english_is_what_the_nodes_say(pack: Pack) -> None:
    said = {schema.node_id: texts_of(schema) for schema in (node.define_schema() for node in listed_nodes())}
    assert read("en") == said, "python tools/write_locales.py"


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_is_translated(language: str) -> None:
    english, there = flat(read("en")), flat(read(language))
    assert there.keys() == english.keys()
    assert all(text.strip() for text in there.values())
    same = [path for path, text in there.items() if text == english[path] and path[-1] in ("tooltip", "description")]
    assert same == []


@pytest.mark.parametrize("language", ("en", *LANGUAGES))
def test_the_page_can_read_every_text(language: str) -> None:
    assert [path for path, text in flat(read(language)).items() if not is_read_as_written(path, text)] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_numbers_and_placeholders_are_those_of_the_english(language: str) -> None:
    english, there = flat(read("en")), flat(read(language))
    changed = [path for path, text in english.items() if _facts(text) != _facts(there[path])]
    assert changed == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_category_is_translated(pack: Pack, language: str) -> None:
    """Numbers stay in front, for the page sorts by them."""
    schemas = [node.define_schema() for node in listed_nodes()]
    parts = {part for schema in schemas for part in schema.category.split("/")} - {"Likeness"}
    there = json.loads((PACK / "locales" / language / "main.json").read_text(encoding="utf-8"))["nodeCategories"]
    assert there.keys() == parts
    assert all(there[part].split()[0] == part.split()[0] for part in parts if part[0].isdigit())


def _facts(text: str) -> Counter[str]:
    """Numbers, whatever their decimal sign and thousands mark, and words in braces."""
    numbers = (re.sub(r"[.,]", "", number) for number in _NUMBER.findall(text))
    return Counter((*numbers, *_HOLDERS.findall(text)))
