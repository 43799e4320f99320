"""Sees to it that a sentence without its looks still reads: repaired, else a clause shorter, else as phrases."""

import re
from collections import Counter
from functools import lru_cache

from ..words import words
from ..words.prose import (
    ADJECTIVES,
    CLAUSE_WORDS,
    COPULAS,
    FINITE,
    HAVING,
    HEADS,
    PREPOSITIONS,
    WITHS,
)
from .persons import is_person
from .phrase import STOPS, Sentence, sentences_of
from .repair import joined

_DETERMINERS = words("a an the its my your")
_JOINING = words("and or")
_LOOSE = words(
    "in on over up down through behind by across along around off under above below inside outside near past as like"
)
"""Prepositions that may close a clause: `looks on`, `walks by`."""
_TIED = PREPOSITIONS - _LOOSE | {"with"}
_TWICE = words("that had very her long so really far more much up on in by and over bye ha no")
_TWICE_NAMED = re.compile(
    r"(?P<named>\b[Tt]he (?P<noun>\w+) (?:is|was)) an? (?P=noun)(?= \w+ing\b| (?:in|on|at|by|near)\b)"
)
"""`The woman is a woman standing in the rain`, once `young` is gone."""
_SAYS_NOTHING = re.compile(r"The (?P<noun>\w+)(?: (?:is|was) an? (?P=noun)| (?:in|on|at) the (?:\w+))[.!]")
_GLUE = (
    PREPOSITIONS | COPULAS | HAVING | WITHS | CLAUSE_WORDS | _DETERMINERS | _JOINING
    | words("with she he her his they their it this there another to be not just slightly very")
)  # fmt: skip
"""Words whose loss says nothing by itself."""


def guarded(before: str, after: str) -> str:
    """`after`, which `before` became, so that it reads; what cannot be mended stays as the phrases that can."""
    after = _TWICE_NAMED.sub(r"\g<named>", after) if after != before else after
    if _SAYS_NOTHING.fullmatch(after):
        return ""
    if not after or first_fault(Sentence.of(after)) is None or first_fault(Sentence.of(before)) is not None:
        return after
    for mend in (_without_words, _without_clauses):
        if (mended := mend(after)) is not None:
            return mended
    return _as_phrases(after)


@lru_cache(maxsize=8192)
def lost_words(before: str, after: str, looks: str) -> str:
    """The words of `before` that mean something and are neither in `after` nor in `looks`, in their order."""
    left = Counter(Sentence.of(after).low) + Counter(Sentence.of(looks).low)
    gone: list[str] = []
    for word in Sentence.of(before).low:
        if left[word] > 0:
            left[word] -= 1
        elif word[0].isalnum() and word not in _GLUE and word not in HEADS and not is_person(word):
            gone.append(word)
    return " ".join(gone)


def first_fault(line: Sentence) -> int | None:
    """The place of the first word that has lost what it leads to; None where the sentence reads."""
    low = line.low
    for place, word in enumerate(low):
        after = low[place + 1] if place + 1 < len(low) else ""
        if _dangles(word, after) or word == after and word[0].isalpha() and word not in _TWICE:
            return place
        if word in ADJECTIVES and place and low[place - 1] in {"a", "an", "with"} and _is_bare(low, place):
            return place
    return None


def _dangles(word: str, after: str) -> bool:
    over = not after or after in STOPS
    verb = after in COPULAS and after not in {"look", "be"} or after in {"has", "wears", "sits", "stands", "holds"}
    if word in _DETERMINERS:
        return over or verb or after in _JOINING or after in _TIED
    if word in _TIED:
        return over or verb or after in {"and", "or", "while", "but"}
    if word in _LOOSE:
        return verb and after not in {"is", "are"} or after in {"or"}
    if word in {"has", "wears", "wearing", "have", "featuring"}:
        return over or after in _JOINING or verb or after == "with"
    if word in {"is", "are", "was", "were"}:
        return over or after in {"and", "or", "is", "are", "has", "wears"}
    if word in _JOINING:
        return over or after in _JOINING
    return word in {",", ";"} and after in {",", ".", ";"}


def _is_bare(low: list[str], place: int) -> bool:
    """Whether adjectives from `place` on lead to a verb, with no noun between: `with long, sits`."""
    while place < len(low) and (low[place] in ADJECTIVES or low[place] in {",", "and"}):
        place += 1
    word = low[place] if place < len(low) else ""
    return not word or word in STOPS or word in COPULAS or word in FINITE and word not in HEADS


def _without_words(text: str) -> str | None:
    """Without the words that dangle, as long as few do."""
    line = Sentence.of(text)
    for _ in range(3):
        place = first_fault(_kept(line))
        if place is None:
            return joined(line)
        line.remove(_nth_kept(line, place), _nth_kept(line, place) + 1)
    return joined(line) if first_fault(_kept(line)) is None else None


def _without_clauses(text: str) -> str | None:
    """Without the clauses that do not read, if one is left that has a subject and a verb."""
    parts = _clauses(text)
    kept = [part for part in parts if first_fault(Sentence.of(part)) is None]
    if len(kept) == len(parts) or not any(_tells(part) for part in kept):
        return None
    return _closed(", ".join(kept), text)


def _as_phrases(text: str) -> str:
    """The phrases that read by themselves, with commas between."""
    phrases: list[str] = []
    for part in _clauses(text):
        line = Sentence.of(part)
        while line.words and (place := first_fault(line)) is not None:
            line = Sentence.of(part := " ".join([*line.words[:place], *line.words[place + 1 :]]))
        phrases += [part] if any(word not in _GLUE for word in line.low) else []
    return _closed(", ".join(phrases), text)


def _clauses(text: str) -> list[str]:
    whole = sentences_of(text)[0].rstrip(" .!?")
    return [
        part.strip() for part in whole.replace("; ", ", ").replace(" while ", ", while ").split(",") if part.strip()
    ]


def _tells(clause: str) -> bool:
    low = Sentence.of(clause).low
    return any(word in FINITE for word in low) and (
        is_person(low[0]) or any(map(is_person, low)) or low[0] in {"she", "he"}
    )


def _closed(told: str, source: str) -> str:
    mark = source.rstrip()[-1:] if source.rstrip()[-1:] in ".!?" else ""
    told = told[:1].upper() + told[1:] if source[:1].isupper() else told
    return told + mark if told else ""


def _kept(line: Sentence) -> Sentence:
    kept = [n for n, removed in enumerate(line.removed) if not removed]
    return Sentence([line.words[n] for n in kept], [line.low[n] for n in kept], [], [False] * len(kept))


def _nth_kept(line: Sentence, place: int) -> int:
    return [n for n, removed in enumerate(line.removed) if not removed][place]
