"""JSON that others wrote: read whole, or refused by name."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import pytest

from trainer.errors import DatasetError
from trainer.storage.values import checked_values, json_file, json_value


@dataclass(frozen=True, kw_only=True)
class _Row:
    count: int = 1
    share: float | None = None
    path: Path = Path()
    kind: Literal["a", "b"] = "a"
    words: tuple[str, ...] = ()
    box: tuple[float, float] = (0.0, 0.0)
    parts: dict[str, int] | None = None
    is_kept: bool = False


@pytest.mark.parametrize(
    "told",
    [
        {"count": 3, "share": 1, "path": "a/b", "kind": "b"},
        {"share": 0.5, "words": ["x", ""], "box": [1, 2.5], "parts": {"a": 1}, "is_kept": True},
        {"share": None, "parts": None, "words": (), "path": Path("a")},
    ],
)
def test_values_of_the_kinds_that_are_annotated_pass_as_they_are(told: dict[str, Any]) -> None:
    assert checked_values(_Row, told, DatasetError) == told


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("count", 1.0),
        ("count", True),
        ("count", None),
        ("share", "0.5"),
        ("share", False),
        ("path", 3),
        ("kind", "c"),
        ("kind", []),
        ("words", "x"),
        ("words", [1]),
        ("box", [1]),
        ("box", [1, "2"]),
        ("parts", {"a": "1"}),
        ("parts", []),
        ("is_kept", 1),
    ],
)
def test_values_of_another_kind_are_refused_by_name(name: str, value: Any) -> None:
    with pytest.raises(DatasetError, match=f"_Row's {name} cannot be"):
        checked_values(_Row, {name: value}, DatasetError)


@pytest.mark.parametrize("as_bytes", [False, True])
def test_half_a_letter_is_read_as_a_question_mark_and_whole_ones_as_they_are(as_bytes: bool) -> None:
    text = r'{"a\ud800": ["\udfff x", {"b": "\ud83d\ude00 é"}], "c": 1}'
    read = json_value(text.encode() if as_bytes else text)
    assert read == {"a?": ["? x", {"b": "\U0001f600 é"}], "c": 1}
    json.dumps(read, ensure_ascii=False).encode()


def test_half_a_letter_in_raw_bytes_is_one_too() -> None:
    assert json_value(b'["\xed\xa0\x80"]') == ["?"]


@pytest.mark.parametrize("text", ["[]", "3", "null", "{oh", "", "[" * 100_000])
def test_a_file_that_holds_no_object_is_a_value_error(tmp_path: Path, text: str) -> None:
    (tmp_path / "one.json").write_text(text)
    with pytest.raises(ValueError):
        json_file(tmp_path / "one.json")
