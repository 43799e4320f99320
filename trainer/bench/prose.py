"""How well looks are taken out of sentences, on a corpus labelled by hand: see `prose_corpus.toml` for its marks."""

import re
import time
import tomllib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cache
from pathlib import Path
from typing import Any, Literal

from ..captions.prose.guard import lost_words
from ..captions.rules.caption_rules import CaptionRules
from ..captions.rules.prune import analysed, prune_sentence
from ..captions.rules.style import without_opening
from ..captions.words import words
from .prose_reading import faults

Half = Literal["development", "measuring"]
Method = Callable[[str, str], str]
"""A sentence and the character's subject word -> the sentence without the character's looks."""

_RECORDED: dict[str, dict[str, float]] = {
    "words and gaps": {"identity_removed": 0.8313, "others_wrongly_removed": 0.0783, "ill_formed": 0.0648},
    "spaCy's parser": {"identity_removed": 0.7771, "others_wrongly_removed": 0.0466, "ill_formed": 0.0417},
}
"""Measured on 28 November 2026 on the measuring half, by code that is not in the tree: see docs/benchmarks.md."""
_CORPUS = Path(__file__).with_name("prose_corpus.toml")
_MARKED = re.compile(r"\{([^{}]*)\}|<([^<>]*)>")
_WORD = re.compile(r"[^\W_]+(?:['’\-][^\W_]+)*")
_GLUE = words(
    "a an the of in on at by to with and or but while as is are was were be has have had she he her his it its their "
    "who which that there this from for into being s"
)
"""Words that hold others together: whether one of these is gone is for the reading to tell."""


@dataclass(frozen=True, slots=True)
class Labelled:
    """One sentence: which of its words have to go, which have to stay, and the one right result, if there is one."""

    text: str
    subject: str
    looks: tuple[frozenset[int], ...]
    others: frozenset[int]
    result: str | None


@dataclass(frozen=True, slots=True)
class Judged:
    """What a method made of a sentence: phrases on looks that it left, other words that it lost, what does not read."""

    labelled: Labelled
    result: str
    left: tuple[str, ...]
    lost: tuple[str, ...]
    broken: tuple[str, ...]


def prose_figures() -> dict[str, Any]:
    """Figures of the measuring half by the rules in force, beside those recorded of other ways on it."""
    figures = figures_of(judged("measuring"))
    return {
        **{f"prose_{name}": value for name, value in figures.items()},
        "prose_sentences_per_second": sentences_per_second(),
        "prose_methods": {"phrases and their owners": figures, **_RECORDED},
    }


def figures_of(rows: Iterable[Judged]) -> dict[str, float]:
    """Shares 0..1: of phrases on looks taken out, of other words lost, of sentences that do not read."""
    rows = list(rows)
    looks = sum(len(row.labelled.looks) for row in rows)
    others = sum(len(row.labelled.others) for row in rows)
    return {
        "identity_removed": round(1 - sum(len(row.left) for row in rows) / looks, 4),
        "others_wrongly_removed": round(sum(len(row.lost) for row in rows) / others, 4),
        "ill_formed": round(sum(bool(row.broken) for row in rows) / len(rows), 4),
    }


def judged(half: Half, method: Method | None = None) -> list[Judged]:
    return [_judge(one, (method or ruled)(one.text, one.subject)) for one in corpus(half)]


def ruled(text: str, subject: str) -> str:
    """A sentence as the caption rules write it."""
    return without_opening(prune_sentence(text, CaptionRules(), {}, subject).text, keep_style=False)


@cache
def corpus(half: Half | None = None) -> tuple[Labelled, ...]:
    """The labelled sentences of one half, or all."""
    shapes = tomllib.loads(_CORPUS.read_text(encoding="utf-8"))["shape"]
    starts, step = ((0, 2) if half == "development" else (1, 2)) if half else (0, 1)
    return tuple(_labelled(text, shape["subject"]) for shape in shapes for text in shape["sentences"][starts::step])


def _labelled(marked: str, subject: str) -> Labelled:
    several = marked.startswith("~")
    marked = marked.removeprefix("~")
    text, looks, free = "", list[frozenset[int]](), set[int]()
    place = 0
    for found in _MARKED.finditer(marked):
        text += marked[place : found.start()]
        start = len(_WORD.findall(text))
        text += found[1] or found[2] or ""
        inside = range(start, len(_WORD.findall(text)))
        free.update(inside)
        if found[1]:
            written = _WORD.findall(text)
            looks.append(frozenset(n for n in inside if written[n].lower() not in _GLUE))
        place = found.end()
    text += marked[place:]
    others = frozenset(n for n, word in enumerate(_WORD.findall(text)) if n not in free and word.lower() not in _GLUE)
    return Labelled(text, subject, tuple(looks), others, None if several else _tidied(_MARKED.sub("", marked), text))


def _tidied(text: str, source: str) -> str:
    """`text` with the marks, the article and the capital as they have to be where words were taken out."""
    text = re.sub(r"\s+", " ", text)
    text = re.sub(r"\s+([,.])", r"\1", text).strip(" ,")
    text = re.sub(r"\b([Aa])n? (?=[^\W\d_])(?=[aeioAEIO])(?!one)", r"\1n ", text)
    text = re.sub(r"\b([Aa])n (?![aeiouAEIOU])", r"\1 ", text)
    if not _WORD.search(text):
        return ""
    return text[:1].upper() + text[1:] if source[:1].isupper() else text


def _judge(one: Labelled, result: str) -> Judged:
    written = _WORD.findall(one.text)
    kept = _kept(written, _WORD.findall(result))
    left = tuple(" ".join(written[n] for n in sorted(span)) for span in one.looks if span & kept)
    lost = tuple(written[n] for n in sorted(one.others - kept))
    broken = [] if one.result is not None and _alike(result) == _alike(one.result) else faults(one.text, result)
    if one.result is not None and not (broken or left or lost) and _alike(result) != _alike(one.result):
        broken = [f"should be: {one.result}"]
    return Judged(one, result, left, lost, tuple(broken))


def _kept(written: list[str], result: list[str]) -> frozenset[int]:
    low = [word.lower() for word in written], [word.lower() for word in result]
    blocks = SequenceMatcher(None, *low, autojunk=False).get_matching_blocks()
    return frozenset(n for block in blocks for n in range(block.a, block.a + block.size))


def _alike(text: str) -> str:
    return " ".join(text.replace(", and ", " and ").replace(", or ", " or ").split()).rstrip(".")


def sentences_per_second(times: int = 3) -> int:
    """Of the quickest of `times` runs over the whole corpus, each sentence as if met for the first time."""
    rows, best, rules = corpus(), float("inf"), CaptionRules()
    for _ in range(times):
        analysed.cache_clear()
        lost_words.cache_clear()
        start = time.perf_counter()
        for one in rows:
            prune_sentence(one.text, rules, {}, one.subject)
        best = min(best, time.perf_counter() - start)
    return round(len(rows) / best)
