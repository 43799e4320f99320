"""A sentence as words that can be removed."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TypeVar

from ..words.prose import FINITE, PRONOUNS

_WORD = re.compile(r"([^\W_]+(?:['’\-_][^\W_]+)*|[^\w\s]|_+)")
_SENTENCE = re.compile(r"([.!?]\s+)")
_LINE = re.compile(r"([.!?]\s+|\s*\n\s*)")
END = frozenset(".!?;:")
STOPS = END | {","}
OPENERS = PRONOUNS | {"her", "his", "their"}
"""Words that open a clause of their own."""


Result = TypeVar("Result")
_LONGEST = 1000
"""Letters of a text beyond which what was made of it is not remembered: bounds what the memory can take."""


def remembered(work: Callable[[str], Result]) -> Callable[[str], Result]:
    """`work` on a text, remembered: captioners repeat themselves, and rules are applied again and again."""
    known = lru_cache(maxsize=16384)(work)
    return lambda text: known(text) if len(text) <= _LONGEST else work(text)


def sentences_of(text: str) -> list[str]:
    """Sentences at even places and, between them, the space that parts them; a full stop needs a space behind it."""
    return list(_parts(text))


@remembered
def _parts(text: str) -> tuple[str, ...]:
    lines = "\n" in text
    if not lines and ". " not in text and "! " not in text and "? " not in text:
        return (text,)
    parts = (_LINE if lines else _SENTENCE).split(text)
    for place in range(1, len(parts), 2):
        if parts[place][0] in ".!?":
            parts[place - 1] += parts[place][0]
            parts[place] = parts[place][1:]
    return tuple(parts)


@dataclass(slots=True)
class Sentence:
    """One sentence: `words` as written, `low` in lower case, the `spaces` around them, which are `removed`.

    `whole` are the last words of noun phrases and clauses that went whole, rather than adjectives of what stays.
    """

    words: list[str]
    low: list[str]
    spaces: list[str]
    removed: list[bool] = field(default_factory=list[bool])
    whole: set[int] = field(default_factory=set[int])

    @classmethod
    def of(cls, text: str) -> "Sentence":
        parts = _WORD.split(text)
        words = parts[1::2]
        return cls(words, [word.lower() for word in words], parts[::2], [False] * len(words))

    def remove(self, start: int, end: int) -> None:
        """Remove words `start` up to, not including, `end`."""
        self.removed[start:end] = [True] * (end - start)

    def remove_whole(self, start: int, end: int) -> None:
        """Remove a noun phrase or clause, with nothing of it left."""
        self.remove(start, end)
        self.whole.add(end - 1)

    def at(self, place: int) -> str:
        """The lower-case word at `place`; "" beyond either end."""
        return self.low[place] if 0 <= place < len(self.low) else ""

    def end_of_clause(self, start: int) -> int:
        """The first place from `start` on where a clause ends: punctuation, `while`, or `and` before a new subject."""
        for place in range(start, len(self.low)):
            word = self.low[place]
            if word in STOPS or word in {"while", "but", "as"}:
                return place
            if word == "and" and self._opens(place + 1):
                return place
        return len(self.low)

    def _opens(self, place: int) -> bool:
        word = self.at(place)
        return word in OPENERS or word in FINITE or word in {"a", "an", "the"} or word.endswith("ing")
