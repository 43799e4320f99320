"""Hostile values, and ways to make good ones bad: hypothesis strategies over JSON, text and bytes."""

import json
import math
from collections.abc import Callable
from copy import deepcopy
from typing import Any

from hypothesis import strategies as st

MARK = "window.__likeness_fuzzed"
"""Any script that runs sets it; in the page it must stay undefined."""
MARKUP = (
    f"<img src=x onerror={MARK}=1>",
    f"<script>{MARK}=1</script>",
    f'"><svg onload={MARK}=1>',
    f"javascript:{MARK}=1",
    "</textarea></script><iframe srcdoc='<script>parent.__likeness_fuzzed=1</script>'>",
    f"{{{{constructor.constructor('{MARK}=1')()}}}}",
    f"![x](javascript:{MARK}=1)[y](javascript:{MARK}=1)",
    f'<a href="javascript:{MARK}=1" autofocus onfocus={MARK}=1>x</a>',
)
PATHS = (
    "../../etc/passwd",
    "../outside/secret.txt",
    "..",
    ".",
    "/",
    "/etc/passwd",
    "/dev/zero",
    "/dev/stdin",
    "/proc/self/environ",
    "C:\\Windows\\win.ini",
    "C:",
    "\\\\server\\share\\x",
    "//server/share",
    "..\\..\\outside",
    "~/.ssh/id_rsa",
    "file:///etc/passwd",
    "input/../../outside",
    "input/link_out",
    "input/link_file.png",
    "input//abs",
    "input/./x",
    "datasets/..",
    "CON",
    "NUL.txt",
    "aux",
    "a/b/../../..",
    "likeness/../../outside",
    "demo_run/../../outside",
    "link_out",
    "link_out/secret.txt",
    "http://127.0.0.1:1/x",
    "a\0b",
    "input/good\0/../..",
    "%2e%2e%2fetc",
    "..%c0%af..",
    "…/…",
    "．．/．．",
    "$HOME",
    "`id`",
    "$(id)",
    "| id",
    "%s%n%x",
    "{0.__class__}",
)
UNICODE = (
    "",
    " ",
    "\0",
    "\n",
    "\r\n",
    "\t",
    "\u202egnp.exe",
    "\u200b",
    "\ufeff",
    "\ud800",
    "\udfff\ud800",
    "🧑🏽‍🚀" * 8,
    "é" * 300,
    "ﬃ",
    "İ",
    "ß",
    "\x7f\x1b[31m",
    "a" * 256,
    "a" * 5000,
    "(" * 3000,
    "[" * 5000,
    "{" * 3000,
    "," * 4000,
    " a" * 3000,
    "a," * 3000,
    "(((" * 900 + "x:1.9" + ")))" * 900,
    "a" * 70_000,
    "\u0301" * 2000,
    "١٢٣",
    "１２",
    "-",
    "--help",
    "-rf",
    "null",
    "NaN",
    "inf",
    "1e999",
    "0x10",
    "1_000",
    "true",
)
NUMBERS = (
    0,
    -1,
    1,
    2,
    -0.0,
    0.5,
    1e-320,
    1e308,
    -1e308,
    2**31,
    2**31 - 1,
    2**53,
    2**63,
    -(2**63) - 1,
    2**64,
    10**30,
    -(10**30),
    10**400,
    math.nan,
    math.inf,
    -math.inf,
    1e400,
)
PLAIN = (
    None,
    True,
    False,
    [],
    {},
    [None],
    [[]],
    [1, 2],
    ["a", 0],
    {"": ""},
    {"__class__": 1},
    [["x"] * 50],
    "x",
    3,
    2.5,
)
NAMES = (
    "x\ny",
    "<b>x</b>",
    f"<img src=x onerror={MARK}=1>",
    "-rf",
    "--help",
    " lead",
    "trail ",
    "trail.",
    "CON",
    "aux.png",
    "NUL.txt",
    "a" * 240,
    "é" * 120,
    "\u202egnp",
    "emoji🧑🏽",
    "a;b",
    "a|b",
    "a&b",
    "a$b",
    "a`b",
    "a'b",
    'a"b',
    "a\\b",
    "a:b",
    "a*b?",
    "%2e%2e",
    "\x01\x1b[2J",
    ".hidden",
    "10_sage person",
    "999999999999999999999_x y",
    "-3_x",
    "0_x y",
    "held_out",
    "1e5_a b",
    "dataset",
    "a\tb",
    "\udce9bad",
)

names = st.one_of(st.sampled_from(NAMES), st.text(st.characters(exclude_characters="/\0"), min_size=1, max_size=30))
words = st.one_of(
    st.sampled_from(MARKUP),
    st.sampled_from(PATHS),
    st.sampled_from(UNICODE),
    st.text(st.characters(), max_size=40),
    st.builds(lambda one, two: f"{one}{two}", st.sampled_from(UNICODE[:20]), st.sampled_from(MARKUP + PATHS)),
)
numbers = st.one_of(st.sampled_from(NUMBERS), st.integers(), st.floats())
plain = st.one_of(st.sampled_from(PLAIN).map(deepcopy), numbers, words)
trees = st.recursive(
    plain, lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(words, inner, max_size=4)), max_leaves=8
)
deep = st.sampled_from([50, 400, 3000]).map(lambda depth: _nested(depth))


def _nested(depth: int) -> Any:
    made: Any = 1
    for _ in range(min(depth, 400)):
        made = [made]
    return made


@st.composite
def json_text(draw: Callable[..., Any], good: Any) -> str:
    """A good document with up to four changes, as text; now and then no JSON at all."""
    made = json.loads(json.dumps(good))
    for _ in range(draw(st.integers(0, 4))):
        made = changed(draw, made)
    text = json.dumps(made)
    odd = draw(st.integers(0, 19))
    if odd == 0:
        return draw(broken_text(text))
    if odd == 1:
        depth = draw(st.sampled_from([100, 5_000, 60_000]))
        return draw(st.sampled_from(["[" * depth, '{"a":' * depth, "[" * depth + "]" * depth]))
    return text


def changed(draw: Callable[..., Any], document: Any) -> Any:
    """The document with one value, somewhere in it, replaced, removed or given twice."""
    places = list(_places(document))
    if not places:
        return draw(trees)
    path = draw(st.sampled_from(places))
    holder = document
    for step in path[:-1]:
        holder = holder[step]
    last = path[-1]
    match draw(st.sampled_from(["replace", "replace", "replace", "alike", "drop", "rename", "twice", "add", "deep"])):
        case "replace":
            holder[last] = draw(trees)
        case "alike":
            holder[last] = draw(_alike(holder[last]))
        case "drop":
            del holder[last]
        case "rename" if isinstance(holder, dict):
            holder[draw(words)] = holder.pop(last)
        case "twice" if isinstance(holder, list):
            holder.extend([holder[last]] * draw(st.sampled_from([1, 3, 200])))
        case "deep":
            holder[last] = draw(deep)
        case _:
            holder[last] = {"extra": holder[last], draw(words): draw(plain)}
    return document


def _alike(value: Any) -> st.SearchStrategy[Any]:
    """Another value of the same kind."""
    if isinstance(value, bool):
        return st.booleans()
    if isinstance(value, int | float):
        return numbers
    if isinstance(value, str):
        return st.one_of(words, words.map(lambda more: value + more))
    return trees


def _places(value: Any, path: tuple[Any, ...] = ()) -> Any:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, inner in items:
        yield (*path, name)
        yield from _places(inner, (*path, name))


@st.composite
def broken_bytes(draw: Callable[..., Any], good: bytes) -> bytes:
    """Bytes with up to six changes: flipped, cut, repeated, put in, or all of another kind."""
    made = bytearray(good)
    for _ in range(draw(st.integers(0, 6))):
        at = int(draw(st.floats(0, 1)) ** 2 * max(len(made) - 1, 0))
        match draw(st.sampled_from(["flip", "flip", "number", "cut", "insert", "repeat", "zero"])):
            case "flip" if made:
                made[at] ^= draw(st.integers(1, 255))
            case "number":
                size = draw(st.sampled_from([1, 2, 4, 8]))
                value = draw(
                    st.sampled_from(
                        [0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF, 2**63 - 1, 2**64 - 1]
                    )
                )
                order = draw(st.sampled_from(["little", "big"]))
                made[at : at + size] = (value % 256**size).to_bytes(size, order)
            case "cut":
                del made[at:]
            case "insert":
                made[at:at] = draw(st.binary(max_size=24))
            case "repeat":
                made[at:at] = made[at : at + 64] * draw(st.sampled_from([1, 20]))
            case _:
                made[at : at + 16] = bytes(16)
    return bytes(made)


@st.composite
def broken_text(draw: Callable[..., Any], good: str) -> str:
    """A text with pieces cut, doubled or swapped for hostile words."""
    made = good
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(made)))
        until = min(len(made), at + draw(st.integers(0, 30)))
        made = made[:at] + draw(st.one_of(words, st.just(""), st.just(made[at:until] * 2))) + made[until:]
        made = made[:400_000]
    return made
