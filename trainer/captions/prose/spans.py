"""Where a noun phrase on looks begins and ends: its adjectives, its determiner, and what belongs to it behind."""

from dataclasses import dataclass

from ..words import prose as vocabulary
from ..words import words
from ..words.prose import (
    ACTIONS,
    ADJECTIVES,
    ADVERBS,
    BODY_PARTS,
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

_OWNED = words("her his their its my the whose")
_ATTRIBUTES = ADJECTIVES | vocabulary.BEASTS | STATES | ADVERBS | frozenset(PERSON_ROWS)
_SPREAD = words(
    "scattered dotting sprinkled visible dusting spread peppering adorning winding running coiling covering"
)
_HAIRCUT = words(
    "waves curls layers bun braid braids ponytail bob style shag lob crop fade afro plaits pigtails twists locs "
    "way middle side center centre knot updo cut strands length"
)
_HAIRDO = words("pulled tied swept gathered pinned styled cut worn arranged braided slicked combed parted")
FIXED = words("tied secured held adorned decorated fastened bound")
_COUNTS = words("of either both each one two three several to")
_ADJECTIVAL = ("ed", "ish", "ful", "less", "ous", "ic", "ive", "y", "en")
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
            if line.removed[start - 1] or self.is_attribute(word) or word in HEADS and start == place:
                start -= 1
            elif word in JOINTS and start < place and self.is_attribute(line.at(start - 2)) and self._joins(start - 2):
                if word == "," and line.at(start - 2) in STATES:  # `woman smiling, short hair`
                    break
                start -= 1
            elif word.endswith("ed") and (
                self.is_attribute(line.at(start - 2)) or line.at(start - 2) in {"with", "and"}
            ):
                start -= 1
            else:
                break
        return start - self.unknown(start, place)

    def _joins(self, place: int) -> bool:
        """Whether adjectives up to `place` belong to a head behind a comma: not in `is dark, long hair`."""
        while place >= 0 and (self.is_attribute(self.line.at(place)) or self.line.at(place) in JOINTS):
            place -= 1
        word = self.line.at(place)
        return word not in COPULAS and not word.endswith("s") or word in HAVING or word in HEADS or is_owner(word)

    def is_attribute(self, word: str) -> bool:
        """Whether `word` can describe a head: any adjective of appearance or of the moment, and adverbs before one."""
        if word in _ATTRIBUTES or word.endswith("colored"):
            return True
        return "-" in word and word.rsplit("-", 1)[-1] in _ENDS and word not in STATE_COMPOUNDS

    def is_state(self, place: int, head: int) -> bool:
        """Whether an adjective tells of the moment; wide eyes are surprised, wide hips are appearance."""
        word, of = self.line.low[place], self.line.low[head]
        if of in {"cheeks", "cheek"}:
            return word in STATES or word in {"rosy", "red", "pink", "glowing"}
        if of in {"nose", "face", "chin"} and word in {"red", "pink"}:
            return True
        return word in STATES and not (word == "wide" and HEADS[of] != "eyes")

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
            or word in {"and", "or", "with", "no", "not"}
            or word in CLAUSE_WORDS
            or word in PRONOUNS
        )
        if not word or not word[0].isalpha() or common:
            return 0
        if start == 1 and len(self.line.low) == place + 1:  # a fragment of its own: `honeyed hair`
            return int(not word.endswith("ing") and word not in ACTIONS | STATES)
        known = before in DETERMINERS | HAVING | {"with", "featuring"}
        listed = before in {",", "and"}
        known = known or listed and word.endswith(_ADJECTIVAL) and start < place
        known = known or listed and start == place and self.line.low[place] in vocabulary.ALONE and word[-1] != "s"
        return int(known and self.line.low[place] not in vocabulary.OFTEN_PLAIN)

    def determiner(self, start: int) -> int:
        """Where the phrase begins with its `her`, `a` or `the woman's`."""
        line = self.line
        if line.at(start - 1) in DETERMINERS or line.at(start - 1) in {"two", "three", "both"}:
            return start - 1
        if not is_owner(line.at(start - 1)):
            return start
        return start - 1 - (line.at(start - 2) in DETERMINERS)

    def is_verb(self, place: int) -> bool:
        word = self.line.at(place)
        quiet = word in STOPS or word in JOINTS or word in PREPOSITIONS or word in WITHS or word in CLAUSE_WORDS
        quiet = quiet or word == "with" or word in DETERMINERS
        return bool(word) and word[0].isalpha() and not quiet and not word.endswith("ing") and word not in STATIC

    def describes(self, end: int) -> bool:
        """Whether what follows a bare head says how it looks: `hair cascading …`, `eyes as blue as the sky`."""
        line, word = self.line, self.line.at(end)
        if word in STATIC:
            return True
        if word in {"that", "which"}:
            return (
                line.at(end + 1) in STATIC or line.at(end + 1) in {"is", "are"} and self.is_attribute(line.at(end + 2))
            )
        if word in {"the", "of"} and line.at(end + 1) in vocabulary.TAILS:
            return True
        return word == "as" and self.is_attribute(line.at(end + 1))

    def end_of_complement(self, end: int) -> int:
        """Past what belongs to a removed noun: `across her nose and cheeks`, `that falls past her shoulders`."""
        line = self.line
        word = line.at(end)
        if word == "," and line.at(end + 1) in {"which", "that"}:
            return self.next_stop(end + 1)
        if word in {"that", "which"}:
            place = end + 2
            while line.at(place) in _HAIRDO or line.at(place) in ADVERBS:
                place += 1
            return self._past_places(place, anything=True)
        if word in STATIC or word in _SPREAD:
            return self._past_places(end + 1, anything=True)
        if word in {"the", "of"} and line.at(end + 1) in vocabulary.TAILS:
            return self._past_places(end + 2, anything=True)
        if word == "as" and self.is_attribute(line.at(end + 1)) and line.at(end + 2) == "as":
            return self.end_of_noun(end + 3)
        if line.low[end - 1] in vocabulary.SIGNATURE and word == "of":
            end = self.end_of_noun(end + 1)
            if line.at(end).endswith("ing"):
                end += 1
            return self._past_places(end)
        end = self._past_places(end)
        fixed = line.low[end - 1] in vocabulary.SIGNATURE or line.low[end - 1] in _HAIRCUT
        if fixed and line.at(end) == "," and line.at(end + 1) in FIXED and line.at(end + 2) in {"with", "by", "in"}:
            return self.next_stop(end + 1)
        return end

    def _past_places(self, place: int, *, anything: bool = False) -> int:
        """Past `across her nose and cheeks`; where a verb told of them, past whatever place is named."""
        line = self.line
        first = place
        while anything and (
            self.is_attribute(line.at(place)) or line.at(place) in {"back", "up"} or line.at(place).endswith("ly")
        ):
            place += 1
        word = line.at(place)
        while word in PREPOSITIONS or word == "and" and place > first:
            ahead = place + 1
            while line.at(ahead) in DETERMINERS | _COUNTS or self.is_attribute(line.at(ahead)):
                ahead += 1
            owned = line.at(ahead - 1)
            part = line.at(ahead)
            styled = anything and word in {"in", "into"} and line.at(place + 1) in {"a", "an"}
            last = anything and word != "and" and owned in DETERMINERS and part and not line.at(ahead + 1)
            named = part in BODY_PARTS or anything and part in _HAIRCUT or part in HEADS and word == "in"
            if not (named or styled or last):
                break
            place = ahead + 1
            word = line.at(place)
        if anything and line.at(place) in BODY_PARTS:  # `that reaches her hips`
            return place + 1
        if anything and line.at(place) in DETERMINERS | _COUNTS and line.at(place + 1) in BODY_PARTS:
            return self._past_places(place + 2)
        if anything and line.at(place) == "of":
            return self.end_of_noun(place + 1)
        return place

    def end_of_noun(self, place: int) -> int:
        """Past one noun phrase: its determiner, adjectives and noun."""
        line = self.line
        while (
            line.at(place) in DETERMINERS or self.is_attribute(line.at(place)) and self.is_attribute(line.at(place + 1))
        ):
            place += 1
        return place + (line.at(place)[:1].isalpha() and line.at(place) not in PREPOSITIONS)

    def next_stop(self, place: int) -> int:
        """The next comma, end, or `and` that begins another thing."""
        line = self.line
        while place < len(line.low) and line.low[place] not in STOPS and line.low[place] not in {"while", "as"}:
            if line.low[place] == "and" and line.at(place + 1) not in _OWNED and line.at(place + 1) not in BODY_PARTS:
                break
            place += 1
        return place


_ENDS = ADJECTIVES | words(
    "like toned tone length cut shaped set trimmed rimmed framed style styled looking kissed sized"
)
