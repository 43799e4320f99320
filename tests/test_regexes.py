"""No pattern of ours takes long over a long text that nearly fits: captions, settings, names and logs are anybody's."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from time import process_time

ROOT = Path(__file__).resolve().parents[1]
_CALLS = {"compile", "sub", "subn", "match", "search", "findall", "fullmatch", "split", "finditer"}
_PARTS = (
    "a",
    "1",
    " ",
    "\n",
    "\t",
    "(",
    "[",
    "{",
    ",",
    ".",
    "-",
    "_",
    "/",
    "\\",
    "'",
    '"',
    ":",
    "=",
    "a ",
    "a,",
    "a.",
    "1.",
    "(a",
    "a/",
)
_BLOW_UP, _CUBE = 20, 300
"""Letters over which a doubling pattern takes seconds, and a cube takes a twentieth of one."""
_SECONDS = 0.02


def patterns() -> Iterator[tuple[str, str]]:
    """Where each pattern that is written out stands, and the pattern."""
    for part in ("trainer", "nodes"):
        for path in sorted((ROOT / part).rglob("*.py")):
            if path.parts[-2] in ("bench", "build"):
                continue
            for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if _is_of_re(call) and isinstance(first := call.args[0], ast.Constant) and isinstance(first.value, str):
                    yield f"{path.relative_to(ROOT)}:{call.lineno}", first.value


def _is_of_re(call: ast.AST) -> bool:
    function = getattr(call, "func", None)
    is_attribute = isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name)
    return is_attribute and function.value.id == "re" and function.attr in _CALLS and bool(call.args)  # type: ignore[attr-defined]


def texts(pattern: str, length: int) -> Iterator[str]:
    """Of one part again and again, which the end then refuses."""
    own = {letter for letter in pattern if letter.isprintable()} | set(re.findall("[A-Za-z]{2,}", pattern)[:3])
    for part in sorted({*_PARTS, *own}):
        whole = (part * (length // len(part) + 1))[:length]
        yield whole
        yield f"{whole}!\n"


def seconds(pattern: str, text: str) -> float:
    compiled = re.compile(pattern)
    begun = process_time()
    compiled.search(text)
    compiled.fullmatch(text)
    return process_time() - begun


def test_no_pattern_of_ours_blows_up() -> None:
    found = list(dict.fromkeys(patterns()))
    assert len(found) > 100
    for length in (_BLOW_UP, _CUBE):
        slow = [
            (where, pattern, text[:12])
            for where, pattern in found
            for text in texts(pattern, length)
            if seconds(pattern, text) > _SECONDS and min(seconds(pattern, text) for _ in range(2)) > _SECONDS
        ]
        assert slow == []


def test_a_pattern_that_blows_up_would_be_found() -> None:
    """The first was ours: a settings file of 4,000 letters took it 25 seconds."""
    assert seconds(r"\S*?(\w*train\w*\.py)[\"']?(?=\s|$)", "a" * _CUBE) > _SECONDS / 2
    assert seconds(r"(\w+\s?)+:", "a" * _BLOW_UP) > _SECONDS
