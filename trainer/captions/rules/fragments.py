"""How often each fragment stands in a set's captions: the list by which one sees what they share."""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from ..prose.parse import parse
from ..prose.tags import classify_tag, normalise_tag
from ..words import words
from ..words.prose import DETERMINERS, FINITE, PREPOSITIONS, PRONOUNS
from .compose import spelling

_WORDS = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*|[,.;:!?]")
_LIGHT = (
    DETERMINERS
    | PREPOSITIONS
    | PRONOUNS
    | FINITE
    | words("and with while wearing standing looking being or her him them very also slightly both")
)


@dataclass(frozen=True, slots=True)
class Fragment:
    """A fragment as captions write it, in how many of them, and its slot (`sentence` for a pair of words of one)."""

    text: str
    count: int
    slot: str


def fragments_of(caption: str) -> dict[str, str]:
    """The caption's tags, and of its sentences every two neighbouring words that mean something: key -> slot."""
    spoken = parse(caption)
    found = {word.key: word.slot for word in map(classify_tag, spoken.tags) if word.key}
    words = _WORDS.findall(spoken.prose.lower())
    for first, second in zip(words, words[1:], strict=False):
        if first[0].isalpha() and second[0].isalpha() and first not in _LIGHT and second not in _LIGHT:
            found.setdefault(f"{first}_{second}", "sentence")
    return found


def count_fragments(captions: Iterable[str], trigger: str = "", subject: str = "") -> tuple[Fragment, ...]:
    """Every fragment but trigger and subject word with the number of captions that have it, commonest first."""
    counts: Counter[str] = Counter()
    slots: dict[str, str] = {}
    ours = {normalise_tag(trigger), normalise_tag(subject)}
    named = spelling(trigger) if trigger else None
    for caption in captions:
        found = fragments_of(named.sub(" ", caption) if named else caption)
        slots = {**found, **slots}
        counts.update(key for key in found if key not in ours)
    rows = [Fragment(classify_tag(key).text, count, slots[key]) for key, count in counts.items()]
    return tuple(sorted(rows, key=lambda row: (-row.count, row.text)))
