"""Tells the tags of a caption from its sentences."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from ..words import words
from ..words.prose import DETERMINERS, PREPOSITIONS, PRONOUNS
from ..words.slots import KAOMOJI
from .phrase import remembered, sentences_of
from .tags import classify_tag

_SEPARATORS = re.compile(r",?\s*\bBREAK\b\s*,?\s*|,?(?<![|_])\s*\|\|\|\s*,?(?![|_])")
_WIDE = str.maketrans({"，": ", ", "、": ", ", "；": "; ", "｜": " | ", "。": ". ", "！": "! ", "？": "? "})
"""Marks of Chinese and Japanese keyboards, as ours."""
_PART = re.compile(r"\s*(,|;(?=\s|\w{2})|\|)\s*")
"""What parts tags: commas, and `;` and `|` as some taggers and tools write them."""
_TELLING = words(
    "is are was were has have wears stands sits looks smiles holds she he they this there who which that shows depicts "
    "features appears seems walks runs leans gazes poses it its you"
)
_OPENERS = PRONOUNS | DETERMINERS | PREPOSITIONS
_LONGEST_TAG = 7
_LONGEST_FRAGMENT = 100


@dataclass(frozen=True, slots=True)
class ParsedCaption:
    """What a captioner said: tags in its order, and sentences."""

    tags: tuple[str, ...]
    prose: str


def parse(text: str) -> ParsedCaption:
    """Fragments that read like tags become tags: a list of them, or those before the first sentence.

    What follows a sentence in one line belongs to it, since its commas are its own.
    """
    if not text:
        return ParsedCaption((), "")
    tags: list[str] = []
    prose: list[str] = []
    text = text.translate(_WIDE)
    if "|||" in text or "BREAK" in text:
        text = _SEPARATORS.sub("\n", text)
    for sentence in sentences_of(text)[::2]:
        first, told = _parted(sentence)
        if not told:
            tags += first
        elif prose:
            prose.append(sentence.strip())
        else:
            tags += first
            prose.append(told)
    return ParsedCaption(tuple(tags), " ".join(prose))


@remembered
def _parted(sentence: str) -> tuple[tuple[str, ...], str]:
    """The tags a sentence begins with, and what it tells after them; "" where it is nothing but tags."""
    parted = list(_fragments(sentence))
    fragments = [fragment for fragment, _ in parted]
    first = _first_written(sentence, fragments, _first_told(fragments))
    if first == len(fragments):
        return tuple(map(_without_stop, fragments)), ""
    told = "".join(fragment + mark for fragment, mark in parted[first:])
    return tuple(fragments[:first]), told.strip(" ,;|") if first else sentence.strip()


def _without_stop(fragment: str) -> str:
    return fragment if fragment.lower() in KAOMOJI else fragment.rstrip(".").strip() or fragment


def _fragments(sentence: str) -> Iterator[tuple[str, str]]:
    """The parts between separators, each with the one behind it; a kaomoji's own marks part nothing."""
    for piece in sentence.split(","):
        piece = piece.strip()
        if not piece:
            continue
        if piece.lower().replace(" ", "_") in KAOMOJI or not _PART.search(piece):
            yield piece, ", "
            continue
        parts = _drawn_whole(_PART.split(piece))
        for place in range(0, len(parts), 2):
            last = place + 1 >= len(parts)
            if parts[place].strip():
                yield (
                    parts[place].strip(),
                    ", " if last else f"{parts[place + 1]} " if parts[place + 1] == ";" else ", ",
                )


def _drawn_whole(parts: list[str]) -> list[str]:
    """Parts put together again where that draws a kaomoji: `smile | |_| | hat`."""
    place = 0
    while place < len(parts):
        for size in (9, 7, 5, 3):
            drawn = "".join(parts[place : place + size]).strip().lower()
            if drawn in KAOMOJI and len(drawn) > 1 and any(mark in drawn for mark in "|;"):
                parts[place : place + size] = [drawn]
                break
        place += 2
    return parts


def _first_told(fragments: list[str]) -> int:
    """How many fragments at the start are tags; all of them where none tells anything."""
    told = next((n for n, fragment in enumerate(fragments) if _tells(fragment)), None)
    if told is None:
        return len(fragments)
    if told and fragments[told].split(maxsplit=1)[0].lower() in {"who", "whose", "which"}:
        told -= 1  # `zxq, who has green eyes, is smiling`
    opening = (n for n, fragment in enumerate(fragments[:told]) if _opens_clause(fragment))
    return next(opening, told)


def _tells(fragment: str) -> bool:
    return len(fragment) > _LONGEST_FRAGMENT or fragment.count(" ") >= _LONGEST_TAG or _short_tells(fragment)


@lru_cache(maxsize=65536)
def _short_tells(fragment: str) -> bool:
    words = fragment.lower().rstrip(".!?").split()
    if len(words) > 3 and words[0] in {"a", "an", "the"}:
        return True
    return len(words) > 1 and not _TELLING.isdisjoint(words)


def _opens_clause(fragment: str) -> bool:
    words = fragment.lower().split()
    if len(words) < 2:
        return False
    if words[0] in DETERMINERS or words[0] in PREPOSITIONS:
        return not _is_view(fragment)
    return words[0].endswith("ing") and classify_tag(fragment).slot == "other"


def _is_view(fragment: str) -> bool:
    """`from above`: a tag, though it begins with a preposition."""
    return fragment.count(" ") < 3 and classify_tag(fragment).slot == "camera"


def _first_written(sentence: str, fragments: list[str], told: int) -> int:
    """Where before `told` a whole sentence begins by its looks: `Her sunglasses reflect the sky.`"""
    if not told or not sentence.rstrip().endswith((".", "!", "?")):
        return told
    for n, fragment in enumerate(fragments[:told]):
        word = fragment.split(maxsplit=1)[0].lower()
        if word in _OPENERS and sum(part.count(" ") + 1 for part in fragments[n:]) > 3 and not _is_view(fragment):
            return n
    return told
