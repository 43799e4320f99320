"""Where a noun phrase of a sentence begins and ends: its adjectives, its determiner, and what belongs to it behind."""

from dataclasses import dataclass

from ..words import prose as vocabulary
from ..words import words
from ..words.prose import (
    ACTIONS,
    ADJECTIVES,
    ADVERBS,
    CLAUSE_WORDS,
    COPULAS,
    DETERMINERS,
    FINITE,
    HAVING,
    HEADS,
    PERSON_ROWS,
    PREPOSITIONS,
    PRONOUNS,
    STATE_COMPOUNDS,
    STATES,
    STATIC,
    WITHS,
)
from .phrase import STOPS, Sentence

_OWNED = words("her his their its my the")
_ATTRIBUTES = ADJECTIVES | vocabulary.BEASTS | STATES | ADVERBS | frozenset(PERSON_ROWS)
JOINTS = frozenset({",", "and", "or", "-"})


def is_owner(word: str) -> bool:
    """`her`, `the`, `woman's`: what a definite thing belongs to."""
    return word in _OWNED or word.endswith(("'s", "’s"))


@dataclass(slots=True)
class Spans:
    """Reads one sentence; places are indices of its words."""

    line: Sentence

    def start(self, place: int) -> int:
        """Where the adjectives before a head begin; they may be joined by commas and `and`."""
        line = self.line
        start = place
        while start > 0:
            word = line.at(start - 1)
            if (
                line.removed[start - 1]
                or self.is_attribute(word)
                or (
                    word in JOINTS and start < place and self.is_attribute(line.at(start - 2)) and self.leads(start - 2)
                )
            ):
                start -= 1
            else:
                break
        return start - self.unknown(start, place)

    def is_attribute(self, word: str) -> bool:
        """Whether `word` can describe a head: any adjective of appearance or of the moment, and adverbs before one."""
        if word in _ATTRIBUTES or word.endswith("colored"):
            return True
        return "-" in word and word.rsplit("-", 1)[-1] in ADJECTIVES and word not in STATE_COMPOUNDS

    def is_state(self, place: int, head: int) -> bool:
        """Whether an adjective tells of the moment; wide eyes are surprised, wide hips are appearance."""
        word = self.line.low[place]
        return word in STATES and not (word == "wide" and HEADS[self.line.low[head]] == "body")

    def leads(self, place: int) -> bool:
        """Whether adjectives from `place` to the left reach a determiner or `with`: else the comma parts two things."""
        while place >= 0 and (self.is_attribute(self.line.at(place)) or self.line.at(place) in JOINTS):
            place -= 1
        word = self.line.at(place)
        return word in DETERMINERS or word in HAVING or word in {"with", "featuring"} or word in COPULAS or place < 0

    def unknown(self, start: int, place: int) -> int:
        """1 where an unknown word between a determiner and the adjectives must be one too: `with honeyed hair`."""
        word, before = self.line.at(start - 1), self.line.at(start - 2)
        common = (
            is_owner(word)
            or word in PREPOSITIONS
            or word in WITHS
            or word in FINITE
            or word in HAVING
            or word in DETERMINERS
        )
        if (
            not word
            or not word[0].isalpha()
            or common
            or word in {"and", "or"}
            or word in CLAUSE_WORDS
            or word in PRONOUNS
        ):
            return 0
        if start == 1 and len(self.line.low) == place + 1:  # a fragment of its own: `honeyed hair`
            return int(not word.endswith("ing") and word not in ACTIONS | STATES)
        return int(
            before in DETERMINERS | HAVING | {"with", "featuring"} and self.line.low[place] not in {"face", "body"}
        )

    def determiner(self, start: int) -> int:
        """Where the phrase begins with its `her`, `a` or `the woman's`."""
        line = self.line
        if line.at(start - 1) in DETERMINERS:
            return start - 1
        if not is_owner(line.at(start - 1)):
            return start
        return start - 1 - (line.at(start - 2) in DETERMINERS)

    def is_verb(self, place: int) -> bool:
        word = self.line.at(place)
        quiet = word in STOPS or word in JOINTS or word in PREPOSITIONS or word in WITHS or word in CLAUSE_WORDS
        return bool(word) and word[0].isalpha() and not quiet and not word.endswith("ing") and word not in STATIC

    def end_of_complement(self, end: int) -> int:
        """Past what belongs to a removed noun: `across her nose and cheeks`, `that falls past her shoulders`."""
        line = self.line
        word = line.at(end)
        if (
            word in STATIC
            or word in {"that", "which"}
            or word in {"scattered", "dotting", "sprinkled", "visible", "dusting"}
        ):
            return self.next_stop(end)
        if word == "," and line.at(end + 1) in {"which", "that"}:
            return self.next_stop(end + 1)
        place = end
        while word in PREPOSITIONS or word == "and" and place > end:
            ahead = place + 1
            while line.at(ahead) in DETERMINERS or self.is_attribute(line.at(ahead)) or line.at(ahead) in {"of"}:
                ahead += 1
            if line.at(ahead) not in vocabulary.BODY_PARTS:
                break
            place = ahead + 1
            word = line.at(place)
        return place

    def next_stop(self, place: int) -> int:
        """The next comma, end, or `and` that begins another thing."""
        line = self.line
        while place < len(line.low) and line.low[place] not in STOPS and line.low[place] not in {"while", "as"}:
            if (
                line.low[place] == "and"
                and line.at(place + 1) not in _OWNED
                and line.at(place + 1) not in vocabulary.BODY_PARTS
            ):
                break
            place += 1
        return place
