"""Clauses that tell nothing but looks: `her hair is long`, `her hair falls in waves`."""

from dataclasses import dataclass

from ..words import prose as vocabulary
from ..words import words
from ..words.prose import ACTIONS, ADJECTIVES, ALONE, HEADS, PERSON_ROWS, SIGNATURE, STATES, STATIC
from .phrase import Sentence
from .spans import JOINTS, Spans, is_owner

_HANGING = words("down back loose braided held up adorned decorated")
"""Of the words of action those that also say how hair hangs."""
IS = words("is are was were appear appears look looks seem seems")
PREDICATE = words(
    "a an of the mix blend combination shade shades color colour tone hue neither nor not both in length somewhat "
    "more with"
) - {"with", "the"}
"""What stands between the adjectives of a predicate: `a deep shade of blue`, `neither long nor short`."""


@dataclass(slots=True)
class Clauses:
    """Finds where they end, in one sentence."""

    line: Sentence
    spans: Spans

    def end_of_description(self, start: int, end: int, place: int) -> int:
        """Where `her hair is long` ends, if it tells of looks alone; 0 if it does not."""
        line = self.line
        before = line.at(start - 1)
        if not (is_owner(before) or start == 0) or line.at(self.spans.determiner(start) - 1) in {"with", "of", "in"}:
            return 0
        last = line.end_of_clause(end)
        clause = line.low[end:last]
        if clause and line.low[place] in ALONE and self.spans.is_verb(end):
            moved = clause[0] not in IS and clause[0] not in STATIC or any(word in ACTIONS | STATES for word in clause)
            return 0 if moved and line.low[place] in SIGNATURE else last
        if not clause or not {"wind", "breeze"}.isdisjoint(clause):
            return 0
        looks_only = HEADS[line.low[place]] in {"hair", "skin"} and clause[0] in ADJECTIVES
        if looks_only and line.at(self.spans.determiner(start) - 1) == ",":
            bare = all(
                self.spans.is_attribute(word) and word not in ACTIONS | STATES or word in JOINTS for word in clause
            )
            return last if bare else 0
        if clause[0] == "in" and not SIGNATURE.isdisjoint(clause) and not any(word in ACTIONS for word in clause):
            return last
        if clause[0] in IS or clause[0] in {"have", "has"}:
            return self.end_of_predicate(end, HEADS[line.low[place]], relative=before == "whose")
        if clause[0] not in STATIC or any(word in ACTIONS - _HANGING for word in clause):
            return 0
        return self.spans.end_of_complement(end) if before == "whose" else last

    def end_of_predicate(self, verb: int, row: str, *, relative: bool = False) -> int:
        """Past `is long, wavy and auburn`; 0 where it tells of the moment or of more."""
        line = self.line
        if self._is_likened(verb + 1):
            return line.end_of_clause(verb + 3 + (line.at(verb + 3) == "as"))
        last = verb + 1 + 2 * (line.low[verb + 1 : verb + 3] == ["to", "be"])
        while self.spans.is_attribute(line.at(last)) or line.at(last) in JOINTS or line.at(last) in PREDICATE:
            last += 1
        while line.at(last - 1) in JOINTS:
            last -= 1
        told = line.low[verb + 1 : last]
        parted = {"parted"} if row == "hair" else set[str]()
        if any(word in ACTIONS or word in STATES for word in told if word not in parted):
            return 0
        end = line.end_of_clause(last)
        if line.at(end) == "as" and end == last and line.at(end + 2) in {"", "."}:  # `white as snow`
            return end + 2
        looks = any(word in ADJECTIVES or word in PERSON_ROWS or "-" in word or word in parted for word in told)
        if looks and line.at(end) == "and" and line.at(end + 1) in STATIC:  # `… and reaches her hips`
            return line.end_of_clause(end + 1)
        if line.at(end) == "," and line.at(end + 1).endswith("ing") and line.at(end + 1) not in STATIC:
            return 0  # `her eyes are dark, looking at the camera`
        if end == last or relative and looks:
            return last if looks else 0
        if parted & set(told) and line.low[last] not in ACTIONS:
            return end
        return end if self._is_haircut(told, line.low[last:end]) else 0

    def _is_likened(self, place: int) -> bool:
        """`as pale as the moon`, `the color of honey`."""
        line = self.line
        if line.at(place) == "the":
            return line.at(place + 1) in vocabulary.TAILS
        return line.at(place) == "as" and self.spans.is_attribute(line.at(place + 1)) and line.at(place + 2) == "as"

    def _is_haircut(self, told: list[str], rest: list[str]) -> bool:
        """Whether what follows the adjectives is hair's too: `and falls in waves`, `in a bun`, `with highlights`."""
        if any(word in ACTIONS - _HANGING for word in rest) or rest[0] in ACTIONS - {"braided"}:
            return False
        if rest[0] in STATIC or rest[0] == "and" and len(rest) > 1 and rest[1] in STATIC:
            return True
        leads = rest[0] in {"in", "with"} or told[-1:] == ["in"]
        return leads and any(word in HEADS or word in vocabulary.STREAKS for word in rest)
