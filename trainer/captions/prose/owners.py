"""Whose a phrase on looks is: the character's, somebody else's, or a thing's."""

from dataclasses import dataclass

from ..words import prose as vocabulary
from ..words import words
from ..words.beings import ANIMALS, CLOTHES, PARTED
from ..words.prose import ADVERBS, COPULAS, DETERMINERS, FINITE, HAVING, HEADS, PREPOSITIONS, STATES, WITHS
from .beings import POSSESSIVES, Being, Beings
from .persons import JOINING, OBJECTS, SUBJECTS, bare_of, is_describing, is_person, may_modify
from .phrase import Sentence

_THINGS = vocabulary.OFTEN_PLAIN | words(
    "wings tail legs leg arms arm horns face nose eye eyes back shoulders chest body skin head ears neck waist frame "
    "figure build features hips lips chin bust forehead halo antlers"
)
"""Parts that things have too: a plane's wings, the legs of a table."""


@dataclass(slots=True)
class Owners:
    """Tells owners in one sentence by its `beings`."""

    line: Sentence
    beings: Beings

    def is_ours(self, start: int, head: int) -> bool:
        """Whether the phrase on looks whose adjectives begin at `start` speaks of the character."""
        line = self.line
        owner = line.at(start - 1)
        if owner == "whose":
            being = self.beings.before(start - 1)
            return being is None or being.ours
        if owner in POSSESSIVES:
            return self.beings.is_ours_by(owner)
        if owner.endswith(("'s", "’s")):
            being = self.beings.around(start - 1)
            named = line.at(start - 2) not in {"the", "a", "an", "this"}
            return being.ours if being is not None else named
        if self._of_a_thing(start, head):
            return False
        first = start - (owner in DETERMINERS)
        governor = line.at(first - 1)
        if (verb := self._governing_verb(first)) is not None:
            if self._is_thing(verb - 1):
                return False
            being = self.beings.subject(verb)
        else:
            being = self.beings.before(first)
            if governor in {",", "and"} and being is not None and not being.leads:
                being = self._listed(first) or being
        if being is None:
            being = next((later for later in self.beings.all if later.place > head and later.leads), None)
        return being is None or being.ours

    def _governing_verb(self, first: int) -> int | None:
        """The verb of having or being that the list hangs on; None where that is `with` or another word."""
        for place in range(first - 1, max(-1, first - 14), -1):
            word = self.line.low[place]
            if word in WITHS or word in {"with", "in"}:
                return None
            if word in HAVING or word in COPULAS:
                return place
            if word in FINITE or word in JOINING - {"and", "or"}:
                return None
        return None

    def _is_thing(self, noun: int) -> bool:
        """Whether the subject that ends at `noun` is no being: `the lamp has a round head`."""
        low = self.line.low
        while noun > 0 and low[noun] in ADVERBS:
            noun -= 1
        word = self.line.at(noun)
        known = is_person(word) or bare_of(word) in ANIMALS or bare_of(word) in SUBJECTS | JOINING or word in HEADS
        if not word or not word[0].isalpha() or known or word in FINITE | COPULAS:
            return False
        start = noun
        while start > 0 and (is_describing(low[start - 1]) or may_modify(low[start - 1])) and noun - start < 4:
            start -= 1
        return self.line.at(start - 1) in DETERMINERS and self.beings.is_leading(start - 1)

    def _listed(self, first: int) -> Being | None:
        """Whose list `, long hair` continues: of the being that its `with` belongs to."""
        for place in range(first - 1, -1, -1):
            word = self.line.low[place]
            if word == "with" or word in WITHS:
                return self.beings.before(place)
            if word in FINITE:
                return self.beings.subject(place)
        return None

    def _of_a_thing(self, start: int, head: int) -> bool:
        """`the legs of the table`, `a plane with long wings`."""
        line = self.line
        if line.at(head + 1) == "of" and line.at(head + 2) in {"the", "a", "an", "this"}:
            beyond = [line.at(n) for n in range(head + 3, head + 6)]
            if line.low[head] in _THINGS or line.low[head] in {"hair", "curls"}:
                return not any(is_person(word) for word in beyond)
        if line.at(head + 1) == "on" and line.at(head + 2) == "the" and not self._is_bodily(head + 3):
            return True
        if line.low[head] not in _THINGS:
            return False
        place = start - 1
        while place > 0 and line.low[place] not in {"with", "of"}:
            if line.low[place] in FINITE or line.low[place] in {".", ";"}:
                return False
            place -= 1
        word = line.at(place - 1)
        beastly = line.low[head] in {"ears", "horns", "tail", "wings"}
        if line.at(place) == "with" and (word in PARTED or beastly and word in CLOTHES):
            return True
        return (
            line.at(place) == "with"
            and word.isalpha()
            and not (is_person(word) or bare_of(word) in ANIMALS | CLOTHES or word in OBJECTS | FINITE | SUBJECTS)
            and not word.endswith(("ing", "ed", "ly"))
            and word not in HEADS
            and not is_describing(word)
            and word not in STATES | PREPOSITIONS | COPULAS | {"and", "seen", "shown", "drawn"}
            and not self._has_being_in_noun(place - 1)
        )

    def _is_bodily(self, place: int) -> bool:
        """Whether a place on a body or a being is named from `place` on."""
        near = self.line.low[place : place + 4]
        return any(word in vocabulary.BODY_PARTS or word in HEADS or is_person(word) for word in near) or not near

    def _has_being_in_noun(self, noun: int) -> bool:
        """Whether the thing before `with` only tells where a person is: `a woman on a bench with`."""
        start = noun
        while start > 0 and self.line.low[start - 1] not in DETERMINERS | PREPOSITIONS | FINITE:
            start -= 1
        governor = self.line.at(start - 2) if self.line.at(start - 1) in DETERMINERS else self.line.at(start - 1)
        earlier = any(being.ours and being.stands for being in self.beings.all if being.place < start)
        return earlier and (governor in PREPOSITIONS or governor.endswith("ing"))
