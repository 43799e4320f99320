"""Adjectives, ages and descent of people in a sentence: `young`, `auburn-haired`, `in her late 20s`, `a redhead`."""

from dataclasses import dataclass

from ..words import words
from ..words.identity import Kind
from ..words.prose import (
    ADJECTIVES,
    ADVERBS,
    CONTRACTED,
    COPULAS,
    DETERMINERS,
    ENDINGS,
    FINITE,
    HEADS,
    HEDGES,
    PERSON_NOUNS,
    PERSON_ROWS,
    PREPOSITIONS,
    SPECIES,
    STATE_COMPOUNDS,
    WITHS,
)
from .appearance_phrase import AppearancePhrase, Decides, adjective_key
from .beings import Being, Beings
from .persons import is_person
from .phrase import STOPS, Sentence

_OWNED = words("her his their its my")
_JOINTS = frozenset({",", "and", "or", "-"})
_DESCENT = words("descent ethnicity heritage ancestry origin race background")
_TENS = words("20s 30s 40s 50s 60s 70s 80s teens twenties thirties forties fifties sixties seventies eighties")
_DECADES = frozenset(part + ten for ten in _TENS for part in ("", "early-", "mid-", "late-"))
_AGES = _DECADES | _DESCENT | {"aged", "years"}
_REGIONS = words(
    "south north east west middle central southeast northeast eastern western northern southern latin native mixed"
)
_OF_PERSONS = frozenset(PERSON_ROWS) | frozenset(PERSON_NOUNS) | SPECIES
_PEOPLES = frozenset(word for word, row in PERSON_ROWS.items() if row == "ethnicity")


def remove_people(line: Sentence, decides: Decides, beings: Beings) -> None:
    """Remove from `line` what `decides` says is to go."""
    known = set(line.low)
    people = _People(line, decides, beings)
    if not _AGES.isdisjoint(known):
        people.ages()
    if not _OF_PERSONS.isdisjoint(known) or any(map(ending_row, [word for word in known if "-" in word])):
        people.persons()


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
    beings: Beings

    def ages(self) -> None:
        """`in her late 20s`, `aged 25`, `25 years old`, `of Asian descent`."""
        for place, word in enumerate(self.line.low):
            if word in _DECADES:
                self._decade(place)
            elif word == "aged" or word == "years":
                self._years(place, word)
            elif word in _DESCENT and "of" in self.line.low[max(0, place - 4) : place]:
                start = place - 1 - self.line.low[max(0, place - 4) : place][::-1].index("of")
                self._remove_told(start, place + 1, "ethnicity")

    def _decade(self, place: int) -> None:
        line = self.line
        start = place - 1 if line.at(place - 1) in {"early", "mid", "late"} else place
        start -= line.at(start - 1) in _OWNED
        while line.at(start - 1) in {"to", "or"} and line.at(start - 2) in {"early", "mid", "late"}:
            start -= 2
        start -= line.at(start - 1) in _OWNED
        if line.at(start - 1) in {"in", "around"}:
            self._remove_told(start - 1, place + 1, "age")

    def _years(self, place: int, word: str) -> None:
        """`aged between 25 and 30`, `30 years old`, `30 years of age`, `of about 30 years`."""
        line = self.line
        if word == "aged":
            between = line.at(place + 1) == "between"
            end = place + 1 + (between or line.at(place + 1) in HEDGES)
            end += 2 * (between and line.at(end + 1) in {"and", "to"})
            if line.at(end)[:1].isdigit():
                self._remove_told(place, end + 1, "age")
        elif line.at(place + 1) == "old":
            self._remove_told(place - 1, place + 2, "age")
        elif line.low[place + 1 : place + 3] == ["of", "age"]:
            self._remove_told(place - 1, place + 3, "age")
        elif line.at(place - 1)[:1].isdigit() and "of" in line.low[max(0, place - 3) : place]:
            self._remove_told(place - 1, place + 1, "age")

    def _is_ours(self, start: int) -> bool:
        being = self.beings.subject(start) if self._behind_copula(start) else self.beings.before(start)
        return being is None or being.ours

    def _behind_copula(self, start: int) -> bool:
        return self.line.at(start - 1) in COPULAS or self.line.at(start - 1) in HEDGES

    def _remove_told(self, start: int, end: int, row: str) -> None:
        """The character's, with what only leads to it: `likely`, `appears to be`."""
        if not self._is_ours(max(0, start)):
            return
        while self.line.at(start - 1) in HEDGES:
            start -= 1
        low = self.line.low
        while self.line.at(end) in {"or", "to", "and"} and not _TENS.isdisjoint(low[end + 1 : end + 3]):
            end = next(n for n in range(end + 1, end + 3) if low[n] in _DECADES) + 1
        if self.line.at(start - 1) == "be" and self.line.at(start - 2) == "to":
            start -= 2
        self._remove(start, end, AppearancePhrase(row, "identity", row, ""))
        self.line.whole.add(end - 1)

    def persons(self) -> None:
        """Adjectives of a person (`young`, `auburn-haired`, `is slender`) and nouns that are one (`a redhead`)."""
        self._asides()
        line = self.line
        for place, word in enumerate(self.line.low):
            if self.line.removed[place] or word not in _OF_PERSONS and "-" not in word:
                continue
            if row := ending_row(word):
                if self._may_go(place):
                    self._remove(place, place + 1, AppearancePhrase(row, "identity", adjective_key(row, [word]), word))
            elif word in PERSON_NOUNS and self._is_noun(place) or word in _PEOPLES and self._is_kind(place):
                self._noun(place)
            elif word in PERSON_ROWS and self._of_person(place):
                found = AppearancePhrase(
                    PERSON_ROWS[word], _person_kind(word), adjective_key(PERSON_ROWS[word], [word]), word
                )
                start = place
                while word in _PEOPLES and line.at(start - 1) in _REGIONS:
                    start -= 1
                self._remove(start, place + 1, found)
            elif word in SPECIES and is_person(self.line.at(place + 1)) and self._may_go(place):
                self._remove(place, place + 1, AppearancePhrase("species", "identity", f"{word}_species", word))

    def _may_go(self, place: int) -> bool:
        """Whether the adjective at `place` is the character's: of the being whose phrase it is in, or the subject."""
        being = self.beings.around(place)
        if being is None:
            being = self.beings.subject(place) or self.beings.before(place)
        return being is None or being.ours

    def _of_person(self, place: int) -> bool:
        line, being = self.line, self.beings.around(place)
        if being is not None and being.place != place:
            return being.ours and line.low[being.place] not in {"he", "she"} and not self._is_of_thing(place, being)
        predicate = self._is_predicate(place) and line.at(place + 1) not in HEADS
        return predicate and self._may_go(place)

    def _is_of_thing(self, place: int, being: Being) -> bool:
        """`a Japanese restaurant owner`, `a brown leather worker`: an adjective of the noun between."""
        word = self.line.low[place]
        between = self.line.low[place + 1 : being.place]
        plain = [other for other in between if other.isalpha() and other not in _OF_PERSONS | ADJECTIVES | _JOINTS]
        return bool(plain) and word in _PEOPLES | {"tan"}

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
        if line.at(before) not in COPULAS | CONTRACTED or not closes:
            return False
        if line.at(before) in {"look", "looks"} and after in PREPOSITIONS:
            return False  # `she looks pale in this light`, which `she looks in this light` is not
        return self.beings.subject(before) is not None or before <= 1 or line.at(before - 1) == "who"

    def _asides(self) -> None:
        """`The woman, tall and slender, leans`: nothing but looks between two commas, or at the end."""
        line = self.line
        for place, word in enumerate(line.low):
            if word != "," or place == 0 or line.removed[place]:
                continue
            end = place + 1
            while (
                self._is_looks(end)
                or line.at(end) in ADVERBS
                or line.at(end) in {"and", ","}
                and (self._is_looks(end + 1) or line.at(end + 1) == "and")
            ):
                end += 1
            inside = [n for n in range(place + 1, end) if self._is_looks(n)]
            if not inside or line.at(end) not in {",", "."} or line.removed[inside[0]] or not self._may_go(inside[0]):
                continue
            if self.beings.before(place) is None or self.beings.around(inside[0]) is not None:
                continue
            row = PERSON_ROWS.get(line.low[inside[0]]) or ending_row(line.low[inside[0]]) or "body"
            key = adjective_key(row, [line.low[n] for n in inside])
            closing = end + (line.at(end) == ",")
            self.line.whole.add(closing - 1)
            self._remove(place, closing, AppearancePhrase(row, "identity", key, " ".join(line.low[place + 1 : end])))

    def _is_looks(self, place: int) -> bool:
        word = self.line.at(place)
        return word in PERSON_ROWS or "-" in word and ending_row(word) is not None

    def _is_noun(self, place: int) -> bool:
        before, after = self.line.at(place - 1), self.line.at(place + 1)
        being = self.beings.around(place)
        if being is not None and being.place > place:
            return False
        ends = (
            not after
            or after in STOPS
            or after in PREPOSITIONS
            or after in WITHS | {"with"}
            or after in FINITE | {"and", "who"}
        )
        lead = before in DETERMINERS or before in ADJECTIVES or before in PERSON_ROWS or place == 0
        return lead and (ends or "-" in after or after.endswith("ing") or after.endswith("s") and not is_person(after))

    def _is_kind(self, place: int) -> bool:
        """`a Caucasian in her 20s`: a people's name as a noun."""
        after = self.line.at(place + 1)
        return self.line.at(place - 1) in {"a", "an"} and (after in {"in", "with", "who"} or after in STOPS)

    def _noun(self, place: int) -> None:
        """A noun that is looks: `a redhead` becomes a person, but what only says so again goes whole."""
        line, being = self.line, self.beings.around(place)
        word = line.low[place]
        if being is not None and not being.ours:
            return
        found = AppearancePhrase("ethnicity", "identity", "ethnicity", word)
        if word in PERSON_NOUNS:
            found = AppearancePhrase("hair", "identity", f"{PERSON_NOUNS[word]}_hair", word)
        start = being.start if being is not None else place - (line.at(place - 1) in DETERMINERS)
        before = line.at(start - 1)
        if before in COPULAS:
            self._remove(start, place + 1, found)
        elif (
            before == ","
            and line.at(place + 1) in {",", ".", "with", "who"} | PREPOSITIONS
            and self.beings.before(start) is not None
        ):
            end = line.end_of_clause(place + 1)
            self._remove(start - 1, end + (line.at(end) == ","), found)
        else:
            self._replace(place, found, "person")

    def _remove(self, start: int, end: int, found: AppearancePhrase) -> None:
        text = found.text or " ".join(self.line.low[max(0, start) : end])
        if self.decides(AppearancePhrase(found.row, found.kind, found.key, text)):
            self.line.remove(max(0, start), end)

    def _replace(self, place: int, found: AppearancePhrase, word: str) -> None:
        if self.decides(found):
            self.line.words[place] = self.line.low[place] = word


def _person_kind(word: str) -> Kind:
    return "signature" if PERSON_ROWS[word] in {"tattoos", "piercings", "glasses", "facial_hair"} else "identity"
