"""Whether a phrase on looks takes part in an action: then only its adjectives go."""

from dataclasses import dataclass

from ..words import prose as vocabulary
from ..words import words
from ..words.prose import (
    ACTIONS,
    ADVERBS,
    ALONE,
    COPULAS,
    FACE_PARTS,
    HAVING,
    HEADS,
    PREPOSITIONS,
    SIGNATURE,
    STATIC,
    WITHS,
)
from .phrase import STOPS, Sentence
from .spans import JOINTS, Spans, is_owner

_MEETING = words("contrast contrasts contrasting match matches clash clashes blend blends harmonizes contrasted")
"""Verbs whose `with` names what they meet."""
_SHOWN = words(
    "accentuated emphasized emphasised highlighted framed complemented covered hidden enhanced lined outlined adorned"
)
"""What something else does to a part of the body: `a figure, accentuated by a red dress`."""
_BELOW = words("to past over her his their the")


@dataclass(slots=True)
class Actions:
    """Tells it in one sentence."""

    line: Sentence
    spans: Spans

    def has(self, start: int, place: int, end: int) -> bool:
        """Whether the phrase takes part in an action or state, so that only its adjectives may go."""
        if any(self.spans.is_state(n, place) for n in range(start, place)):
            return True
        if self._is_told_to_act(place, end):
            return True
        governor = self.line.at(self.spans.determiner(start) - 1)
        if governor == "without":
            return False
        told = self._by_governor(start, place, end)
        return self._by_place(start, place, end) if told is None else told

    def _is_told_to_act(self, place: int, end: int) -> bool:
        """By what follows: `her hair is tied`, `a figure, accentuated by a red dress`, `her hair flows in the wind`."""
        line, after = self.line, end
        while line.at(after) in COPULAS or line.at(after) in ADVERBS:
            after += 1
        hanging = line.at(after) == "down" and line.at(after + 1) in _BELOW
        if line.at(after) in ACTIONS and line.low[place] not in ALONE and not hanging:
            return True
        if line.at(end) == "," and line.at(end + 1) in _SHOWN and line.at(end + 2) in {"by", "with", "in"}:
            return True
        clause = line.low[end : line.end_of_clause(end)]
        return line.at(end) in STATIC and not {"wind", "breeze"}.isdisjoint(clause)

    def _by_governor(self, start: int, place: int, end: int) -> bool | None:
        """By what stands before, as in `contrasts with her skin`; None where that tells nothing."""
        line, first = self.line, self.spans.determiner(start)
        governor, before = line.at(first - 1), line.at(first - 2)
        if governor == "with" and before in _MEETING or governor == "of" and line.at(start - 2) in vocabulary.PIECES:
            return True
        if governor == "and" and before in HEADS and not line.removed[first - 2] and self.spans.is_verb(end):
            return line.low[place] not in ALONE
        if not is_owner(line.at(start - 1)):
            return None
        if line.at(end) in {"and", ","} and (not governor or governor in STOPS):
            return line.low[place] not in ALONE  # `her blue eyes and faint smile suggest calm`
        gerund = line.at(end).endswith("ing") and line.at(end) not in STATIC
        return True if governor == "with" and gerund else None

    def _by_place(self, start: int, place: int, end: int) -> bool:
        """By where it stands: behind a preposition, at the start of a clause, or owned and behind a verb."""
        line = self.line
        governor = line.at(self.spans.determiner(start) - 1)
        owned = is_owner(line.at(start - 1))
        inside = governor in {"in", "into"}
        if governor in PREPOSITIONS and governor not in {"of", "in", "into", "like"} or inside and owned:
            hair = owned and (HEADS[line.low[place]] == "hair" or line.low[place] in SIGNATURE)
            return hair or line.low[place] not in ALONE or line.low[place] in FACE_PARTS
        if start == 0 and self.spans.is_verb(end):
            return True
        if owned and governor not in {"with", "featuring"} | HAVING | WITHS:
            return self.spans.is_verb(end) or not (governor in JOINTS or governor in STOPS or not governor)
        return False
