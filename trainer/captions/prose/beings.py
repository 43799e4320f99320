"""Who is on a picture, as far as a sentence says: each person, animal and likeness, and which is the character."""

from dataclasses import dataclass

from ..words import words
from ..words.beings import (
    ANIMALS,
    CHILDREN,
    EITHER,
    FIGURES,
    MANY,
    NO_PEOPLE,
    ONLY_PEOPLE,
    PICTURES,
)
from ..words.prose import (
    COPULAS,
    DETERMINERS,
    FINITE,
    HAVING,
    HEADS,
    PERSON_NOUNS,
    PREPOSITIONS,
    WITHS,
)
from .persons import JOINING, OBJECTS, SUBJECTS, bare_of, is_describing, is_person, may_be_people, may_modify, sex_of
from .phrase import Sentence

POSSESSIVES = words("her his their its my your hers")
_MENTIONS = (OBJECTS | POSSESSIVES) - {"my", "your"}
_ANOTHER = words("another other second third fourth fellow nearby each every")
_SEVERAL = words("two three four five six several many some both various few group crowd couple pair")
_BESIDE = words("beside behind with near opposite facing alongside by against before around")
_PLACED = words(
    "who is was are stands sits standing sitting seated walking lying kneeling on in at to next close holding"
)
_OPENS_PICTURE = words("a an the this close-up digital black-and-white oil pencil image photo picture is shows")

_SEXES = words("female male adult teenage teen woman girl boy")
_ENDS_NOUN = PREPOSITIONS | WITHS | FINITE | {",", ".", "with", "who"}


@dataclass(slots=True)
class Being:
    """One mention: the word that names it, where its phrase begins, and whether it is the character."""

    place: int
    start: int
    ours: bool
    leads: bool
    """Whether it may be what a verb after it speaks of: neither an object nor behind a preposition."""
    stands: bool = True
    """Whether `with …` after it may be its own: a noun, not `her` or `him`."""


class Beings:
    """The mentions of one sentence, in its order."""

    def __init__(self, line: Sentence, sex: str) -> None:
        self.line = line
        self.sex = sex
        self.all: list[Being] = []
        self._young = not ONLY_PEOPLE.isdisjoint(line.low)
        self._in_view = "background" in line.low or "distance" in line.low
        for place in range(len(line.low)):
            if (being := self._being(place)) is not None:
                self.all.append(being)

    def around(self, place: int) -> Being | None:
        """The being in whose noun phrase `place` stands."""
        return next((being for being in self.all if being.start <= place <= being.place), None)

    def before(self, place: int) -> Being | None:
        """The nearest being before `place` that things can belong to."""
        return next((being for being in reversed(self.all) if being.place < place and being.stands), None)

    def subject(self, verb: int) -> Being | None:
        """What a verb speaks of: behind `who` the nearest, else the nearest that is no object."""
        low = self.line.low
        for being in reversed(self.all):
            if being.place < verb:
                if being.leads:
                    return being
                follows = [word for word in low[being.place + 1 : being.place + 3] if word != ","][:1]
                if follows in (["who"], ["that"]) and being.stands:
                    return being
        return None

    def is_ours_by(self, owner: str) -> bool:
        if owner == "its":
            return False
        sex = sex_of(owner)
        return not sex or not self.sex or sex == self.sex

    def _being(self, place: int) -> Being | None:
        low = self.line.low
        word = low[place]
        if bare_of(word) in SUBJECTS:
            return Being(place, place, word != "it" and self.is_ours_by(word), leads=True)
        if word in _MENTIONS:
            return Being(place, place, self.is_ours_by(word), leads=False, stands=False)
        bare = bare_of(word)
        after = self.line.at(place + 1)
        if bare in ANIMALS and word == bare or bare in ANIMALS and bare != word:
            if after in HEADS and bare == word or is_person(after) or after in {"ear", "costume", "print", "mask"}:
                return None
            return Being(place, self._start(place), False, self.is_leading(self._start(place)))
        if is_person(word) and not (bare == word and self._is_modifier(after)):
            being = self._person(place)
            leads_on = may_modify(after) and is_person(self.line.at(place + 2))
            leads_on = leads_on or after in HEADS or may_modify(after) and not after.endswith("s") and after.isalpha()
            if bare in PERSON_NOUNS and (leads_on or low[being.start] not in DETERMINERS | _ANOTHER):
                return None
            return being
        if self._is_only_people(place):
            return self._person(place)
        if bare in FIGURES and not self._opens(place) and after != "frame":
            return Being(place, self._start(place), False, self.is_leading(self._start(place)))
        return None

    def _is_only_people(self, place: int) -> bool:
        """`a young lumberjack`: an unknown noun behind an adjective of people."""
        low = self.line.low
        word, after = low[place], self.line.at(place + 1)
        if not self._young or not may_be_people(word):
            return False
        if after and after not in _ENDS_NOUN and not after.endswith(("s", "ing")):
            return False
        start = place
        while start > 0 and (is_describing(low[start - 1]) or may_modify(low[start - 1]) and place - start < 2):
            start -= 1
        if not NO_PEOPLE.isdisjoint(low[start:place]):
            return False
        return self.line.at(start - 1) in DETERMINERS and not ONLY_PEOPLE.isdisjoint(low[start:place])

    def _is_modifier(self, after: str) -> bool:
        """Whether a word for a person only modifies the next: `police woman`, `knight armor`."""
        return is_person(after) and after not in FINITE

    def _opens(self, place: int) -> bool:
        """`A portrait of`, at the start of a sentence, is the picture itself."""
        low = self.line.low
        if place <= 2 and low[0] in _OPENS_PICTURE and self.line.at(place + 1) != "of":
            return True
        return self.line.at(place + 1) == "of" and not any(is_person(word) or word in SUBJECTS for word in low[:place])

    def _person(self, place: int) -> Being:
        start = self._start(place)
        leads = self.is_leading(start)
        being = Being(place, start, True, leads)
        being.ours = self._is_the_character(being)
        return being

    def _start(self, noun: int) -> int:
        """Where the noun phrase begins, its determiner included."""
        low = self.line.low
        start, unknown = noun, 0
        while start > 0:
            word = low[start - 1]
            joint = word in {",", "and", "or", "-"} and 1 < start < noun
            if is_describing(word) or joint and is_describing(low[start - 2]):
                start -= 1
            elif word in DETERMINERS or word in _SEVERAL or word in _ANOTHER or word.endswith(("'s", "’s")):
                return start - 1 - (word not in DETERMINERS and self.line.at(start - 2) in {"the", "her", "his"})
            elif start == noun and word in _SEXES and noun > 0:
                start -= 1
            elif unknown < 2 and (may_modify(word) or word.isdigit()) and self._reaches_determiner(start - 1):
                start, unknown = start - 1, unknown + 1
            else:
                break
        return start

    def _reaches_determiner(self, place: int) -> bool:
        low = self.line.low
        for _ in range(4):
            place -= 1
            if place < 0:
                return False
            if low[place] in DETERMINERS or low[place] in _ANOTHER:
                return True
            if not is_describing(low[place]) and not may_modify(low[place]) and low[place] != ",":
                return False
        return False

    def is_leading(self, start: int) -> bool:
        before = self.line.at(start - 1)
        return not before or not before[0].isalpha() or before in JOINING or before in {"stands", "sits", "is", "there"}

    def _is_the_character(self, being: Being) -> bool:
        low, place = self.line.low, being.place
        noun = bare_of(low[place])
        sex = sex_of(noun)
        if self.sex and sex and sex != self.sex or noun in MANY and noun not in {"others"} or noun == "others":
            return False
        plural = {"f": "women girls ladies", "m": "men boys gentlemen"}.get(sex, "").split()
        if any(word in plural for word in low[: being.start]):
            return False  # which of the two is told of, nobody knows
        inside = low[being.start : place]
        if not _ANOTHER.isdisjoint(inside) or not _SEVERAL.isdisjoint(inside):
            return False
        if low[being.start] in POSSESSIVES - {"my", "your"} or low[being.start].endswith(("'s", "’s")):
            return False
        same = self._same_as(being)
        if same is not None:
            return same.ours
        if self._is_shown(being.start) or self._is_beside(place, noun, sex) or self._is_behind(being):
            return False
        known = any(other.ours for other in self.all)
        if known and (low[being.start] != "the" or not sex and noun not in EITHER):
            return False
        small = not {"little", "small", "tiny"}.isdisjoint(inside) and noun in {"girl", "boy"} or noun in CHILDREN
        if small and not (POSSESSIVES | OBJECTS).isdisjoint(low[place:]):
            return False
        return not (noun in CHILDREN and known)

    def _same_as(self, being: Being) -> Being | None:
        """`She is a young woman`, `the man, a tall redhead,`: the being that this one is said to be."""
        before = self.line.at(being.start - 1)
        if not self.all:
            return None
        if before in COPULAS or before == "as":
            subject = self.subject(being.start)
            return subject if subject is not None and self.line.at(subject.place + 1) != "there" else None
        last = self.all[-1]
        if before == "," and last.place == being.start - 2 and last.stands and self._closes_aside(being):
            return last
        return None

    def _closes_aside(self, being: Being) -> bool:
        """Whether another comma follows: `Her friend, a tall girl with braids, laughs`, not a list of people."""
        return "," in self.line.low[being.place + 1 :] or being.place + 1 >= len(self.line.low) - 1

    def _is_shown(self, start: int) -> bool:
        """`a painting of a man`: shown on a picture in the picture."""
        if self.line.at(start - 1) != "of" or self.line.at(start - 2) not in PICTURES:
            return False
        return not self._opens(start - 2)

    def _is_beside(self, place: int, noun: str, sex: str) -> bool:
        """`the man beside her`, `the child in her arms`: told by where it is from the character."""
        low = self.line.low
        end = place + 1
        while end < len(low) and (low[end] in _PLACED or low[end] in _BESIDE):
            end += 1
        if end == place + 1 or self.line.at(end) not in OBJECTS | POSSESSIVES or not self.is_ours_by(low[end]):
            return False
        after = self.line.at(end + 1)
        alone = low[end] in OBJECTS and (not may_modify(after) or after in FINITE or after in HAVING)
        linked = not {"beside", "behind", "next", "near", "opposite", "facing", "alongside"}.isdisjoint(low[place:end])
        return alone and linked or not sex or noun in CHILDREN

    def _is_behind(self, being: Being) -> bool:
        """`In the background, a man …`, `Behind her stands a man`, and nobody else told before."""
        low = self.line.low
        lead = low[: being.start]
        if self._in_view and not any(other.ours for other in self.all) and low[0] in {"in", "behind"}:
            return True
        tail = low[being.place : being.place + 12]
        if self._in_view and "background" in tail and _may_be_far(tail):
            return bool(self.all) or low[being.start] not in {"the"}
        return bool(lead) and lead[0] in {"behind", "beside", "next", "around"} and any(o.ours for o in self.all)


def _may_be_far(tail: list[str]) -> bool:
    return "in" in tail[:8] and FINITE.isdisjoint(tail[1:3])
