"""Finds noun phrases on appearance in a sentence and removes them, or only their adjectives where they act."""

from dataclasses import dataclass

from ..words import prose as vocabulary
from ..words import words
from ..words.prose import (
    ACTIONS,
    ADJECTIVES,
    ADVERBS,
    ALONE,
    COPULAS,
    FACE_PARTS,
    HAVING,
    HEADS,
    PERSON_ROWS,
    PREPOSITIONS,
    STATES,
    STATIC,
    WITHS,
)
from .appearance_phrase import AppearancePhrase, Decides, head_key, kind_of
from .people import ending_row, remove_people
from .phrase import STOPS, Sentence
from .spans import JOINTS, Spans, is_owner

_IS = words("is are was were appear appears")


def remove_appearance(line: Sentence, decides: Decides) -> None:
    """Remove from `line` every phrase on appearance that `decides` says is to go."""
    remove_people(line, decides)
    if HEADS.keys().isdisjoint(line.low):
        return
    heads = _Heads(line, decides, Spans(line))
    for place, word in enumerate(line.low):
        if word in HEADS and not line.removed[place]:
            heads.head(place)


def may_describe_appearance(low: set[str]) -> bool:
    """Whether a sentence with these words may say something of appearance."""
    if not vocabulary.APPEARANCE_WORDS.isdisjoint(low):
        return True
    return any(ending_row(word) for word in [word for word in low if "-" in word])


@dataclass(slots=True)
class _Heads:
    line: Sentence
    decides: Decides
    spans: Spans

    def head(self, place: int) -> None:
        """The noun phrase around a head: removed, or only its adjectives where it takes part in an action."""
        line = self.line
        if line.at(place + 1) in vocabulary.COMPOUND or line.at(place - 1) in {"of"} and line.at(place) == "frame":
            return
        end = place + 1 + (line.at(place + 1) in vocabulary.TAILS)
        start = self.spans.start(place)
        attributes = [n for n in range(start, place) if line.low[n] not in JOINTS and line.low[n] not in ADVERBS]
        plain = [n for n in attributes if not self.spans.is_state(n, place)]
        head = line.low[place]
        words = [line.low[n] for n in plain]
        found = AppearancePhrase(HEADS[head], kind_of(head), head_key(head, words), " ".join(line.low[start:end]))
        if self._is_described(start, end, place):
            self._remove_description(start, end, found)
            return
        if is_owner(line.at(start - 1)):
            self._remove_aside(end, found)
        self._remove_predicate(end, found)
        if (plain or head in ALONE) and not self._another_sense(place, words) and self.decides(found):
            self._remove_phrase(start, place, end, plain)

    def _another_sense(self, place: int, words: list[str]) -> bool:
        """Heads with a second meaning: a figure in the distance, a smiling face, a picture frame."""
        head = self.line.low[place]
        known = [word for word in words if word in ADJECTIVES or word in PERSON_ROWS or word in vocabulary.BEASTS]
        if head in vocabulary.OFTEN_PLAIN:
            return not known
        if head == "glasses" and not known:
            return self.line.at(place - 1) in vocabulary.DRINKS or self.line.at(place + 1) == "of"
        return head in {"wings", "tail", "halo"} and self.line.at(place + 1) == "of"

    def _is_described(self, start: int, end: int, place: int) -> bool:
        """`her hair is long`, `her hair falls in waves`: a clause about appearance and nothing else."""
        line = self.line
        before = line.at(start - 1)
        if not (is_owner(before) or start == 0) or line.at(self.spans.determiner(start) - 1) in {"with", "of"}:
            return False
        clause = line.low[end : line.end_of_clause(end)]
        if clause and line.low[place] in ALONE and self.spans.is_verb(end):
            return True
        if not clause or any(word in ACTIONS for word in clause):
            return False
        rest = [word for word in clause[1:] if word not in ADVERBS and word not in {"a", "an", "and"}]
        if clause[0] in _IS:
            return bool(rest) and (
                self.spans.is_attribute(rest[0]) or rest[0] in STATIC or "-" in rest[0] or rest[0] == "in"
            )
        return clause[0] in STATIC

    def _remove_description(self, start: int, end: int, found: AppearancePhrase) -> None:
        line = self.line
        last = line.end_of_clause(end)
        while line.at(last) == "," and line.at(last + 1) in STATIC:
            last = line.end_of_clause(last + 1)
        start = self.spans.determiner(start)
        words = line.low[end:last]
        text = " ".join(line.low[start:last])
        head = found.key.rsplit("_", 1)[-1] if "_" in found.key else found.key
        kept = [n for n in range(end, last) if line.low[n] in vocabulary.SIGNATURE]
        key = found.key if "_" in found.key else head_key(head, words)
        if not kept and self.decides(AppearancePhrase(found.row, found.kind, key, text)):
            line.remove(start, last)

    def _remove_aside(self, end: int, found: AppearancePhrase) -> None:
        """`her hair, long and red, blows`: adjectives between commas."""
        line = self.line
        last = end + 1
        while self.spans.is_attribute(line.at(last)) and line.at(last) not in STATES or line.at(last) == "and":
            last += 1
        if line.at(end) == "," and line.at(last) == "," and last > end + 1 and self.spans.is_verb(last + 1):
            words = line.low[end + 1 : last]
            if self.decides(AppearancePhrase(found.row, found.kind, head_key(found.row, words), " ".join(words))):
                line.remove(end, last + 1)

    def _remove_predicate(self, end: int, found: AppearancePhrase) -> None:
        """`her hair is auburn and tied up`: the adjectives after the verb go, the action stays."""
        line = self.line
        if line.at(end) not in COPULAS:
            return
        last = end + 1
        while self.spans.is_attribute(line.at(last)) or line.at(last) in JOINTS:
            last += 1
        plain = [n for n in range(end + 1, last) if line.low[n] in ADJECTIVES and line.low[n] not in ACTIONS | STATES]
        if plain and self.decides(
            AppearancePhrase(found.row, found.kind, head_key(found.row, [line.low[n] for n in plain]), found.text)
        ):
            for n in plain:
                line.remove(n, n + 1)

    def _remove_phrase(self, start: int, place: int, end: int, plain: list[int]) -> None:
        line = self.line
        if self._acts(start, place, end):
            for n in plain:
                line.remove(n, n + 1)
            self._remove_joints(start, place)
            if line.low[place] in FACE_PARTS:
                line.words[place] = line.low[place] = "face"
            elif line.low[place] in ALONE:
                line.remove(self.spans.determiner(start), self.spans.end_of_complement(end))
            return
        acting = is_owner(line.at(start - 1)) and line.at(end).endswith("ing")
        start = self.spans.determiner(start)
        if line.at(start - 1) == "of" and line.at(start - 2) in vocabulary.AMOUNTS:
            start = self.spans.determiner(self.spans.start(start - 2))
        acting = acting and (line.at(start - 1) in STOPS or start == 0)
        worn = line.at(start - 1) in {"in", "into"} and line.low[place] in vocabulary.SIGNATURE
        line.remove(start - worn, self.spans.next_stop(end) if acting else self.spans.end_of_complement(end))

    def _remove_joints(self, start: int, place: int) -> None:
        for n in range(start, place):
            if self.line.low[n] in JOINTS or self.line.low[n] in ADVERBS:
                following = [m for m in range(n + 1, place) if not self.line.removed[m]]
                before = [m for m in range(start, n) if not self.line.removed[m]]
                self.line.removed[n] = self.line.removed[n] or not (following and before)

    def _acts(self, start: int, place: int, end: int) -> bool:
        """Whether the phrase takes part in an action or state, so that only its adjectives may go."""
        line = self.line
        if any(self.spans.is_state(n, place) for n in range(start, place)):
            return True
        after = end
        while line.at(after) in COPULAS or line.at(after) in ADVERBS:
            after += 1
        if line.at(after) in ACTIONS and line.low[place] not in ALONE:
            return True
        governor = line.at(self.spans.determiner(start) - 1)
        if governor == "of" and line.at(start - 2) in vocabulary.PIECES:
            return True
        owned = is_owner(line.at(start - 1))
        if (
            governor in PREPOSITIONS
            and governor not in {"of", "in", "into", "like"}
            or governor in {"in", "into"}
            and owned
        ):
            return line.low[place] not in ALONE or line.low[place] in FACE_PARTS
        if start == 0 and self.spans.is_verb(end):
            return True
        if owned and governor not in {"with", "featuring"} | HAVING | WITHS:
            return self.spans.is_verb(end) or not (governor in JOINTS or governor in STOPS or not governor)
        return False
