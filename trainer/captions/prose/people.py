"""Adjectives, ages and descent of people in a sentence: `young`, `auburn-haired`, `in her late 20s`, `a redhead`."""

from dataclasses import dataclass

from ..words import words
from ..words.identity import Kind
from ..words.prose import (
    ADJECTIVES,
    ADVERBS,
    COPULAS,
    DETERMINERS,
    ENDINGS,
    FINITE,
    HEADS,
    PERSON_NOUNS,
    PERSON_ROWS,
    PERSONS,
    PREPOSITIONS,
    PRONOUNS,
    STATE_COMPOUNDS,
    WITHS,
)
from .appearance_phrase import AppearancePhrase, Decides, adjective_key
from .phrase import STOPS, Sentence

_OWNED = words("her his their its my")
_JOINTS = frozenset({",", "and", "or", "-"})
_DESCENT = words("descent ethnicity heritage ancestry origin race")
_TENS = words("20s 30s 40s 50s 60s 70s 80s teens twenties thirties forties fifties sixties seventies eighties")
_DECADES = frozenset(part + ten for ten in _TENS for part in ("", "early-", "mid-", "late-"))
_AGES = _DECADES | _DESCENT | {"aged", "old"}
_OF_PERSONS = frozenset(PERSON_ROWS) | frozenset(PERSON_NOUNS)


def remove_people(line: Sentence, decides: Decides) -> None:
    """Remove from `line` what `decides` says is to go."""
    known = set(line.low)
    if not _AGES.isdisjoint(known):
        _People(line, decides).ages()
    if not _OF_PERSONS.isdisjoint(known) or any(map(ending_row, [word for word in known if "-" in word])):
        _People(line, decides).persons()


def ending_row(word: str) -> str | None:
    """The row that a compound adjective speaks of: hair for `auburn-haired`; None for a state, like `wide-eyed`."""
    if word in STATE_COMPOUNDS:
        return None
    for size in (1, 2):
        row = ENDINGS.get("-".join(word.replace("’", "'").split("-")[-size:])) if "-" in word else None
        if row:
            return row
    return None


@dataclass(slots=True)
class _People:
    line: Sentence
    decides: Decides

    def ages(self) -> None:
        """`in her late 20s`, `aged 25`, `25 years old`, `of Asian descent`."""
        line = self.line
        for place, word in enumerate(line.low):
            if word in _DECADES:
                start = place - 1 if line.at(place - 1) in {"early", "mid", "late"} else place
                start -= line.at(start - 1) in _OWNED
                if line.at(start - 1) in {"in", "around"}:
                    self._remove(start - 1, place + 1, AppearancePhrase("age", "identity", "age", ""))
            elif word == "aged" and line.at(place + 1)[:1].isdigit():
                self._remove(place, place + 2, AppearancePhrase("age", "identity", "age", ""))
            elif word == "old" and line.at(place - 1) == "years":
                self._remove(place - 2, place + 1, AppearancePhrase("age", "identity", "age", ""))
            elif word in _DESCENT and "of" in line.low[max(0, place - 4) : place]:
                start = place - 1 - line.low[max(0, place - 4) : place][::-1].index("of")
                self._remove(start, place + 1, AppearancePhrase("ethnicity", "identity", "ethnicity", ""))

    def persons(self) -> None:
        """Adjectives of a person (`young`, `auburn-haired`, `is slender`) and nouns that are one (`a redhead`)."""
        for place, word in enumerate(self.line.low):
            if word not in _OF_PERSONS and "-" not in word:
                continue
            row = ending_row(word)
            if row:
                self._remove(place, place + 1, AppearancePhrase(row, "identity", adjective_key(row, [word]), word))
            elif word in PERSON_ROWS and not self.line.removed[place] and self._of_person(place):
                found = AppearancePhrase(
                    PERSON_ROWS[word], _person_kind(word), adjective_key(PERSON_ROWS[word], [word]), word
                )
                self._remove(place, place + 1, found)
            elif word in PERSON_NOUNS and not self.line.removed[place] and self._is_noun(place):
                self._replace(place, AppearancePhrase("hair", "identity", f"{PERSON_NOUNS[word]}_hair", word), "person")

    def _of_person(self, place: int) -> bool:
        line = self.line
        after = place + 1
        while line.at(after) in PERSON_ROWS or line.at(after) in ADJECTIVES or line.at(after) in _JOINTS:
            after += 1
            if after - place > 6:
                return False
        if line.at(after) in PERSONS and line.at(after - 1) not in {","}:
            return True
        return after - place <= 6 and self._is_predicate(place) and line.at(place + 1) not in HEADS

    def _is_predicate(self, place: int) -> bool:
        """Whether the adjective stands after `she is`, alone or in a list, rather than before a noun."""
        line = self.line
        before = place - 1
        while before > 0 and (
            line.at(before) in PERSON_ROWS or line.at(before) in _JOINTS or line.at(before) in ADVERBS
        ):
            before -= 1
        after = line.at(place + 1)
        closes = not after or after in STOPS or after in {"and", "with", "while"} or after in PREPOSITIONS
        return line.at(before) in COPULAS and closes and self._subject_is_person(before)

    def _subject_is_person(self, verb: int) -> bool:
        subject = self.line.low[max(0, verb - 4) : verb]
        return any(word in PRONOUNS or word in PERSONS for word in subject) or not subject

    def _is_noun(self, place: int) -> bool:
        before, after = self.line.at(place - 1), self.line.at(place + 1)
        ends = (
            not after or after in STOPS or after in PREPOSITIONS or after in WITHS or after in FINITE | {"and", "who"}
        )
        return ends or after.endswith("ing") if before in DETERMINERS or before in ADJECTIVES or place == 0 else False

    def _remove(self, start: int, end: int, found: AppearancePhrase) -> None:
        text = found.text or " ".join(self.line.low[max(0, start) : end])
        if self.decides(AppearancePhrase(found.row, found.kind, found.key, text)):
            self.line.remove(max(0, start), end)

    def _replace(self, place: int, found: AppearancePhrase, word: str) -> None:
        if self.decides(found):
            self.line.words[place] = self.line.low[place] = word


def _person_kind(word: str) -> Kind:
    return "signature" if PERSON_ROWS[word] in {"tattoos", "piercings", "glasses", "facial_hair"} else "identity"
