"""Puts a sentence with words removed back together, so that commas, articles and `and` still fit."""

import re
from dataclasses import dataclass

from ..words import words
from ..words.prose import (
    CLAUSE_WORDS,
    CONTRACTED,
    COPULAS,
    DETERMINERS,
    FINITE,
    HAVING,
    HEADS,
    PERSONS,
    PREPOSITIONS,
    PRONOUNS,
    WITHS,
)
from .persons import is_describing, is_person
from .phrase import OPENERS, STOPS, Sentence

_EMPTY = re.compile(r"\s?\(\s*\)")
_JOINTS = frozenset({",", "and", "or"})
_TIGHT = frozenset(",.;:!?")
_POSSESSIVE = words("her his their its the my")
_DANGLING = words("very of by slightly quite styled worn arranged put done in into covered")


def repaired(line: Sentence) -> str:
    """What is left, repaired around every gap; "" when nothing that says anything is left."""
    if not any(line.removed):
        return "".join(space + word for space, word in zip(line.spaces, [*line.words, ""], strict=True))
    _join_gaps(line)
    for gap in _gaps(line):
        _GapRepair(line, gap).run()
    return joined(line)


def _join_gaps(line: Sentence) -> None:
    """Remove commas and `and` that stand alone between two removed phrases."""
    removed, low = line.removed, line.low
    for n in range(1, len(removed)):
        if removed[n] or not removed[n - 1]:
            continue
        joint = n
        while joint < len(removed) and low[joint] in _JOINTS and not removed[joint]:
            joint += 1
        if n < joint < len(removed) and removed[joint]:
            line.remove(n, joint)


def _gaps(line: Sentence) -> list[int]:
    """The last removed word of every run, from the right: repairing one may not move another."""
    last = len(line.removed) - 1
    return [n for n in range(last, -1, -1) if line.removed[n] and (n == last or not line.removed[n + 1])]


def joined(line: Sentence) -> str:
    """The words that are left, with their spaces; "" where none says anything."""
    words, spaces, removed = line.words, line.spaces, line.removed
    kept = [n for n, is_removed in enumerate(removed) if not is_removed]
    if not any(words[n][0].isalnum() for n in kept):
        return ""
    first = words[kept[0]]
    parts = [spaces[0], first[0].upper() + first[1:] if words[0][0].isupper() else first]
    for n in kept[1:]:
        if spaces[n]:
            parts.append(spaces[n])
        elif removed[n - 1] and words[n] not in _TIGHT:
            parts.append(" ")
        parts.append(words[n])
    return _EMPTY.sub("", "".join(parts))


def _is_verb_like(word: str) -> bool:
    """Whether an unknown word may be what the subject before it does: `The woman, …, kneads dough`."""
    return word.endswith("s") and word not in PRONOUNS | DETERMINERS and not word.endswith(("ss", "us"))


@dataclass(slots=True)
class _GapRepair:
    """Repairs one gap: looks at the nearest words kept on both sides until nothing is left dangling."""

    line: Sentence
    gap: int

    def run(self) -> None:
        for _ in range(12):
            left, right = self._left(), self._right()
            if not self._step(left, right):
                return

    def _left(self, place: int | None = None) -> int:
        place = self.gap if place is None else place - 1
        while place >= 0 and self.line.removed[place]:
            place -= 1
        return place

    def _right(self, place: int | None = None) -> int:
        place = self.gap if place is None else place + 1
        while place < len(self.line.removed) and self.line.removed[place]:
            place += 1
        return place

    def _step(self, left: int, right: int) -> bool:
        """One repair; whether anything changed."""
        before, after = self.line.at(left), self.line.at(right)
        if left < 0:
            return self._at_start(after, right)
        if before in {"and", "or", "&", "but"} or before == "," and self._joins_adjectives(left, after):
            return self._after_joint(left, before, after)
        if before in STOPS:
            return self._after_stop(left, after, right)
        if before in HAVING:
            return self._after_has(left, after, right)
        if before in COPULAS | CONTRACTED or before == "to" and self.line.at(self._left(left)) in COPULAS:
            return self._after_is(left, after, right)
        if before in WITHS:
            return self._after_with(left, after, right)
        return self._after_word(left, before, after)

    def _at_start(self, after: str, right: int) -> bool:
        follows = self.line.at(self._right(right))
        if after in {"as", "while", "whereas"} and follows in OPENERS | DETERMINERS:
            return self._drop(right)  # `[her hair falls over her eyes] as she looks down`
        return after in {",", "and", "but", ";", ":"} and self._drop(right) or self._drop_orphan(after, right)

    def _after_joint(self, left: int, before: str, after: str) -> bool:
        whole = self.gap in self.line.whole and before in {"and", "or"}
        if whole and not self._opens_clause(after) or self._joins_adjectives(left, after):
            return self._drop(left)
        if after in FINITE and self._has_no_verb(left):
            return self._drop(left)
        over = not after or after in STOPS or after in {"and", "while"} or self._is_prep(after)
        return over and self._drop(left)

    def _is_pair(self, comma: int) -> bool:
        """Whether one thing alone stands between `with` or a verb of having and `comma`: two need none."""
        place = comma - 1
        while place >= 0 and self.line.low[place] not in STOPS:
            word = self.line.low[place]
            if word == "with" or word in WITHS or word in HAVING:
                return True
            if word in FINITE:
                return False
            place -= 1
        return False

    def _opens_clause(self, after: str) -> bool:
        """`and [her hair] is wet`: what follows the gap still needs the word before it."""
        return after in FINITE or after in COPULAS or after in HAVING or after in {"a", "an", "the"} | OPENERS

    def _joins_adjectives(self, left: int, after: str) -> bool:
        """`a pretty, [slim] woman`: a joint between an adjective that stays and one that went."""
        before = self.line.at(self._left(left))
        return self.gap not in self.line.whole and is_describing(before) and is_person(after) and before not in PERSONS

    def _drop_orphan(self, verb: str, place: int) -> bool:
        """Remove what a sentence says of a subject that was removed: `[her pale skin] contrasts with the wall`."""
        noun = self.line.low[self.gap] in HEADS and self.line.low[0] in _POSSESSIVE and place == self.gap + 1
        if (
            not noun
            or verb in OPENERS
            or not verb[:1].isalpha()
            or verb in PERSONS
            or verb.endswith("ing")
            or self._is_prep(verb)
        ):
            return False
        self.line.remove(place, self.line.end_of_clause(place))
        return True

    def _has_no_verb(self, place: int) -> bool:
        """Whether the clause before `place` still waits for its verb: `a woman with cat ears and`."""
        while place > 0 and self.line.low[place - 1] not in STOPS:
            place -= 1
            if self.line.low[place] in FINITE and not self.line.removed[place]:
                return False
        return True

    def _after_stop(self, left: int, after: str, right: int) -> bool:
        if self.line.low[left] == "," and after == ",":
            follows = self.line.at(self._right(right))
            beyond = self.line.at(self._right(self._right(right)))
            thing = beyond in {"a", "an", "the"} and self._has_no_verb(left)
            if follows == "and" and (thing or not self._opens_clause(beyond)) and self._is_pair(left):
                self._drop(right)
                return self._drop(left)
            if follows in FINITE or is_person(self.line.at(self._left(left))) and _is_verb_like(follows):
                self._drop(right)
        if self.line.low[left] == "," and (not after or after in STOPS):
            return not self._drop(left)  # what stood before a comma was whole
        verb = after in FINITE or _is_verb_like(after)
        if self.line.low[left] == "," and self.gap in self.line.whole and verb and self._has_no_verb(left):
            return self._drop(left)  # `with a backpack, [freckles] hikes`
        beyond = self.line.at(self._right(right))
        if self.line.low[left] == "," and after == "and" and not self._opens_clause(beyond) and self._is_pair(left):
            return self._drop(left)
        if self.line.low[left] != "," and after in {",", "and"}:
            return self._drop(right)
        return False

    def _after_with(self, left: int, after: str, right: int) -> bool:
        if self.gap not in self.line.whole and after in HEADS:
            return False
        follows = self.line.at(self._right(right))
        beyond = self.line.at(self._right(self._right(right)))
        if after in {",", "and"} and (follows.endswith("ing") or follows.endswith("ed") and self._is_prep(beyond)):
            return self._drop(left) and (after == "," or self._drop(right))
        if after == "," and follows in {"and", "or"}:
            return self._drop(right)
        if after == "," and _is_verb_like(follows) and beyond != "and":
            return self._drop(left)
        if after in {"and", "or", ","} and self._is_item(follows) and beyond not in PERSONS:
            return not self._drop(right)
        return self._drop(left)

    def _after_has(self, left: int, after: str, right: int) -> bool:
        if self.gap not in self.line.whole and after in HEADS:
            return False
        if after in {"a", "an"}:
            return False
        if after == "with" and not self._is_relative(left):
            return self._drop(right)  # `She has [hair in a bun] with a pencil through it`
        if self.line.at(self._left(left)) == "," and after in STOPS:  # `wears a cap, has …, and is laughing`
            return self._drop(left)
        follows = self.line.at(self._right(right))
        if after in {",", "and"} and not (after == "," and self._is_relative(left)):
            if follows in FINITE:
                return self._drop(right) and self._drop(left)
            if follows in {"and", "or"}:
                return self._drop(right)
            beyond = self.line.at(self._right(self._right(right)))
            clause = follows in DETERMINERS and is_person(beyond) or follows.endswith("ed") and self._is_tied(beyond)
            if self._is_item(follows) and not clause and follows not in {"her", "his", "their"}:
                return not self._drop(right)
        return self._drop_clause(left)

    def _after_is(self, left: int, after: str, right: int) -> bool:
        follows = self.line.at(self._right(right))
        if self._is_relative(left) and (self.gap in self.line.whole or after in STOPS):
            return self._drop_clause(left)
        if after == "," and follows == "and" and self.line.at(self._right(self._right(right))) in OPENERS:
            return self._drop_clause(left)
        if after in {",", "and", "but"} and follows and follows not in OPENERS and follows not in {"a", "an", "the"}:
            return self._drop(right) and (follows not in FINITE or self._drop(left))
        if after and after not in STOPS and after not in {"and", "while", "with", "as", "but"}:
            return False
        return self._drop_clause(left)

    def _after_word(self, left: int, before: str, after: str) -> bool:
        if before in _POSSESSIVE and after in HEADS:
            return False
        over = not after or after in STOPS | FINITE or after in {"and", "with", "while"} or self._is_prep(after)
        if (
            before == "hair"
            and (over or self.gap in self.line.whole)
            and self.line.at(left - 1) in _POSSESSIVE
            and (self.line.at(left - 2) in HAVING | WITHS or self.line.at(left - 2) in {",", "with"})
        ):
            self.line.remove(left - 1, left + 1)
            return True
        if before in {"a", "an"}:
            if over:
                return self._drop(left)
            fitting = "an" if after[0] in "aeiou" and not after.startswith(("uni", "one", "eu", "use")) else "a"
            return before != fitting and self._respell(left, fitting)
        if (
            before in {"front", "top", "middle"}
            and self.line.at(left - 1) in {"in", "on"}
            and self.line.removed[left + 1]
        ):
            return over and self._drop(left) and self._drop(self._left(left))
        follows = self.line.at(self._right(self._right()))
        item = follows in DETERMINERS - OPENERS or self._is_item(follows) and follows not in {"and", "or"}
        if before == "in" and after in {"and", ","} and item and self.line.at(self._left(left)) != "hair":
            return not self._drop(self._right())
        if after == "," and is_person(before) and self.gap in self.line.whole and "," not in self.line.low[:left]:
            verb = follows in FINITE or _is_verb_like(follows)
            return verb and self._has_no_verb(left) and self._drop(self._right())  # `zxq, a woman …, sits`
        over = over or self.gap in self.line.whole and self._is_prep(before)
        dangling = before in DETERMINERS or self._is_prep(before) or before in CLAUSE_WORDS or before in _DANGLING
        return dangling and over and not (before == "her" and after in STOPS) and self._drop(left)

    def _is_relative(self, verb: int) -> bool:
        return self.line.at(self._left(verb)) in CLAUSE_WORDS

    def _drop_clause(self, verb: int) -> bool:
        """Remove the verb, and its subject where that is short; a long subject tells things of its own and stays."""
        start = verb
        while (
            start > 0
            and self.line.low[start - 1] not in STOPS
            and self.line.low[start - 1] not in {"and", "while", "as"}
        ):
            start -= 1
            if self.line.low[start] in CLAUSE_WORDS:
                break
        subject = [n for n in range(start, verb) if not self.line.removed[n]]
        relative = bool(subject) and self.line.low[subject[0]] in CLAUSE_WORDS
        if len(subject) > 4 and not relative:
            return self._drop(verb)
        self.line.remove(start, verb + 1)
        before, after = self._left(start), self._right()
        if relative and self.line.at(before) == "," and self.line.at(after) == ",":
            self._drop(after)
            self._drop(before)
        return True

    def _drop(self, place: int) -> bool:
        self.line.removed[place] = True
        return True

    def _respell(self, place: int, word: str) -> bool:
        old = self.line.words[place]
        self.line.words[place] = word.capitalize() if old[0].isupper() else word
        self.line.low[place] = word
        return False

    @staticmethod
    def _is_tied(word: str) -> bool:
        return word in PREPOSITIONS or word == "with"

    @staticmethod
    def _is_prep(word: str) -> bool:
        return word in PREPOSITIONS

    @staticmethod
    def _is_item(word: str) -> bool:
        """Whether `word` may begin another thing of a list, rather than a clause."""
        return (
            bool(word)
            and word[0].isalnum()
            and word not in FINITE
            and word not in PRONOUNS
            and word not in PREPOSITIONS
        )
