"""The table that holds every line of the guide against what does it names things that exist."""

import re
from functools import cache
from pathlib import Path

import pytest

from trainer.recipe.presets import PRESETS

_ROOT = Path(__file__).parents[1]
_TABLE = (_ROOT / "docs" / "guide.md").read_text(encoding="utf-8")
_ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in _TABLE.splitlines()
    if line.startswith("|") and not line.startswith(("| the guide", "| ---"))
]


@cache
def _nodes() -> frozenset[str]:
    sources = "".join(path.read_text(encoding="utf-8") for path in (_ROOT / "nodes").rglob("*.py"))
    return frozenset(re.findall(r'node_id="Likeness\w+",\s+display_name="([^"]+)"', sources))


@pytest.mark.parametrize("row", _ROWS, ids=lambda row: row[0][:40])
def test_every_line_has_a_test_that_exists_and_says_what_it_was_verified_on(row: list[str]):
    _, _, proof, verified = row
    path, _, name = proof.strip("`").partition("::")
    file = _ROOT / path if path.startswith("tests/") else _ROOT / "tests" / "trainer" / path
    assert file.is_file(), f"{file} is named and is not there"
    assert not name or f"def {name}(" in file.read_text(encoding="utf-8"), f"{file.name} has no {name}"
    assert set(verified.split()) <= {"D", "G", "R", "H"} and verified


def test_nodes_that_are_named_exist():
    named = {word for row in _ROWS for word in re.findall(r"\*([A-Z][^*]+)\*", row[1])}
    assert named and named <= _nodes()


def test_presets_that_are_named_exist():
    parts = [part for row in _ROWS for part in row[1].split(";") if "preset" in part]
    named = {word for part in parts for word in re.findall(r"`([^`]+)`", part)}
    assert named and named <= set(PRESETS)
