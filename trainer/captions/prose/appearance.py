"""Finds noun phrases on appearance in a sentence and removes them, or only their adjectives where they act."""

from dataclasses import dataclass

from ..words import prose as vocabulary
from ..words.prose import (
    ACTIONS,
    ADJECTIVES,
    ADVERBS,
    ALONE,
    COPULAS,
    FACE_PARTS,
    HAVING,
    HEADS,
    SIGNATURE,
    STATES,
    STATIC,
    WITHS,
)
from .actions import Actions
from .appearance_phrase import AppearancePhrase, Decides, head_key, kind_of
from .beings import Beings
from .clauses import IS, PREDICATE, Clauses
from .owners import Owners
from .people import ending_row, remove_people
from .phrase import STOPS, Sentence
from .senses import CUTS, Senses
from .spans import FIXED, JOINTS, Spans, is_owner


def remove_appearance(line: Sentence, decides: Decides, sex: str = "") -> None:
    """Remove from `line` every phrase on the character's appearance that `decides` says is to go.

    `sex` is the character's, `f`, `m` or `` where that is not known: it tells whose `her` and `his` are.
    """
    beings = Beings(line, sex)
    remove_people(line, decides, beings)
    if HEADS.keys().isdisjoint(line.low):
        return
    spans = Spans(line)
    senses, owners = Senses(line, spans, beings), Owners(line, beings)
    heads = _Heads(line, decides, spans, owners, senses, Clauses(line, spans), Actions(line, spans))
    for place, word in enumerate(line.low):
        if word in HEADS and not line.removed[place]:
            heads.head(place)
        elif word in {"hers", "his"} and line.at(place + 1) in IS and "hair" in line.low:
            heads.elliptic(place)


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
    owners: Owners
    senses: Senses
    clauses: Clauses
    actions: Actions

    def head(self, place: int) -> None:
        """The noun phrase around a head: removed, or only its adjectives where it takes part in an action."""
        line = self.line
        if self.senses.is_compound(place) or self.senses.is_action(place) or self.senses.is_plain_word(place):
            return
        end = place + 1 + (line.at(place + 1) in vocabulary.TAILS)
        start = self._part_of(self.spans.start(place))
        if not self.owners.is_ours(start, place) or self.senses.stands_alone(start, place):
            return
        attributes = [n for n in range(start, place) if line.low[n] not in JOINTS and line.low[n] not in ADVERBS]
        plain = [n for n in attributes if not self.spans.is_state(n, place)]
        head = line.low[place]
        words = [line.low[n] for n in plain]
        found = AppearancePhrase(HEADS[head], kind_of(head), head_key(head, words), " ".join(line.low[start:end]))
        if last := self.clauses.end_of_description(start, end, place):
            self._remove_description(start, end, last, found)
            return
        if is_owner(line.at(start - 1)):
            self._remove_aside(end, found)
        self._remove_predicate(end, found)
        told = (
            bool(plain)
            or head in ALONE
            or head in CUTS
            or self.spans.describes(end)
            or line.low[start] in vocabulary.STREAKS
        )
        if self._is_worn_so(start, end, found):
            return
        if not self.actions.has(start, place, end):
            told_of = " ".join(line.low[start : self.spans.end_of_complement(end)])
            found = AppearancePhrase(found.row, found.kind, found.key, told_of)
        other = line.low[start] not in vocabulary.STREAKS and self.senses.another_sense(place, words)
        if told and not other and not self.senses.is_handled(start, place) and self.decides(found):
            self._remove_phrase(start, place, end, plain)

    def elliptic(self, place: int) -> None:
        """`his hair is black, while hers is long`."""
        last = self.clauses.end_of_predicate(place + 1, "hair") if self.owners.is_ours(place + 1, place) else 0
        if last:
            text = " ".join(self.line.low[place:last])
            self.line.removed[place:last] = [self.decides(AppearancePhrase("hair", "identity", "hair", text))] * (
                last - place
            )

    def _is_worn_so(self, start: int, end: int, found: AppearancePhrase) -> bool:
        """`She wears her hair short`: removed, where it is."""
        line = self.line
        first, last = self.spans.determiner(start), end
        if line.at(first - 1) not in HAVING | WITHS or first == start:
            return False
        while line.at(last) in ADJECTIVES and line.at(last) not in ACTIONS | STATES:
            last += 1
        if last == end or line.at(last) not in STOPS | {"and", "while", "", "with"}:
            return False
        if self.decides(found):
            line.remove_whole(first, last)
        return True

    def _part_of(self, start: int) -> int:
        """`streaks of grey in her dark hair`: begins with the streaks."""
        line = self.line
        if line.at(self.spans.determiner(start) - 1) not in {"in", "between"}:
            return start
        first = self.spans.determiner(start) - 2
        while first > 0 and (self.spans.is_attribute(line.at(first)) or line.at(first) == "of"):
            first -= 1
        return self.spans.start(first) if line.at(first) in vocabulary.STREAKS else start

    def _remove_description(self, start: int, end: int, last: int, found: AppearancePhrase) -> None:
        line = self.line
        while line.at(last) == "," and (line.at(last + 1) in STATIC or line.at(last + 1) in FIXED):
            last = line.end_of_clause(last + 1)
        start = self.spans.determiner(start)
        words = line.low[end:last]
        last = self._with_pronoun(last, found.row)
        text = " ".join(line.low[start:last])
        head = found.key.rsplit("_", 1)[-1] if "_" in found.key else found.key
        worn = [line.low[n] for n in range(end, last) if line.low[n] in SIGNATURE]
        styled = [AppearancePhrase(HEADS[word], kind_of(word), head_key(word, []), word) for word in worn]
        key = found.key if "_" in found.key else head_key(head, words)
        phrases = [AppearancePhrase(found.row, found.kind, key, text), *styled]
        if all([self.decides(phrase) for phrase in phrases]):
            line.remove_whole(start, last)

    def _with_pronoun(self, last: int, row: str) -> int:
        """Past `, and it falls …`, which speaks of the same; what `it` does otherwise, `her hair` does."""
        line = self.line
        place = last + (line.at(last) == ",")
        place += line.at(place) in {"and", "but", "while"}
        if place == last or line.at(place) not in {"it", "they"} or row != "hair":
            return last
        if line.at(place + 1) in STATIC:
            return line.end_of_clause(place + 1)
        owner = next((word for word in line.low[:last] if word in {"her", "his"}), "the")
        line.words[place] = f"{owner} hair"
        return last

    def _remove_aside(self, end: int, found: AppearancePhrase) -> None:
        """`her hair, long and red, blows`: adjectives between commas."""
        line = self.line
        last = end + 1
        if line.at(last) == "which" and line.at(last + 1) in IS:
            last += 2
        while (
            self.spans.is_attribute(line.at(last))
            and line.at(last) not in STATES
            or line.at(last) == "and"
            or line.at(last) in PREDICATE
        ):
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
        if line.at(last) == "with" and found.row != "hair":  # `pale with fear`
            return
        if line.at(last) == "of" or line.at(last) == "from" and line.at(last - 1) in {"red", "pink"}:
            return  # `full of tears`, `red from crying`
        plain = [n for n in range(end + 1, last) if line.low[n] in ADJECTIVES and line.low[n] not in ACTIONS | STATES]
        words = [line.low[n] for n in plain]
        text = f"{found.text} {' '.join(words)}"
        if plain and self.decides(AppearancePhrase(found.row, found.kind, head_key(found.row, words), text)):
            for n in plain:
                line.remove(n, n + 1)

    def _remove_phrase(self, start: int, place: int, end: int, plain: list[int]) -> None:
        line = self.line
        if line.low[place] in ALONE and self._opens(start):
            past = self.spans.end_of_complement(end)
            if line.at(past) == "with":
                past = self.spans.end_of_noun(past + 1)
            if self.spans.is_verb(past) and not is_owner(line.at(start - 1)):
                line.remove_whole(self._amount(self.spans.determiner(start)), line.end_of_clause(past))
                return
        if self.actions.has(start, place, end):
            for n in plain:
                line.remove(n, n + 1)
            self._remove_joints(start, place)
            worn = line.low[place] in SIGNATURE or HEADS[line.low[place]] == "hair"
            if worn and is_owner(line.at(start - 1)):
                return  # `adjusts her glasses`, `over her curls`
            if line.low[place] in FACE_PARTS:
                line.words[place] = line.low[place] = "face"
            elif line.low[place] in ALONE:
                line.remove(self.spans.determiner(start), self.spans.end_of_complement(end))
            return
        acting = is_owner(line.at(start - 1)) and line.at(end).endswith("ing")
        start = self._amount(self.spans.determiner(start))
        acting = acting and (line.at(start - 1) in STOPS or start == 0)
        worn = line.at(start - 1) in {"in", "into"} and line.low[place] in SIGNATURE or line.at(start - 1) == "without"
        worn = worn and line.at(end) not in {"and", "or", ","}
        line.remove_whole(start - worn, self.spans.next_stop(end) if acting else self.spans.end_of_complement(end))

    def _opens(self, start: int) -> bool:
        """Whether the phrase opens its clause: `a tattoo is visible`."""
        before = self.line.at(self._amount(self.spans.determiner(start)) - 1)
        return not before or before in STOPS

    def _amount(self, start: int) -> int:
        """Where `a pair of glasses` begins, `glasses` being at `start`."""
        line = self.line
        if line.at(start - 1) == "of" and line.at(start - 2) in vocabulary.AMOUNTS:
            return self.spans.determiner(self.spans.start(start - 2))
        return start

    def _remove_joints(self, start: int, place: int) -> None:
        for n in range(start, place):
            if self.line.low[n] in JOINTS or self.line.low[n] in ADVERBS:
                following = [m for m in range(n + 1, place) if not self.line.removed[m]]
                before = [m for m in range(start, n) if not self.line.removed[m]]
                self.line.removed[n] = self.line.removed[n] or not (following and before)
