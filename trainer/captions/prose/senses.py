"""Words for looks in another sense: a clock's hands, a tall glass, a picture frame, glasses that somebody cleans."""

from dataclasses import dataclass

from ..words import prose as vocabulary
from ..words import words
from ..words.prose import ADJECTIVES, HAVING, HEADS, PERSON_ROWS, WITHS
from .beings import Beings
from .persons import is_describing, may_modify
from .phrase import STOPS, Sentence
from .spans import JOINTS, Spans

_FAKE = words("fake false prosthetic artificial pretend")
_HOLDING = HAVING | WITHS | JOINTS | {"with", "in"}
_BUILDS = words("build height stature physique figure frame")
_HAIRLESS = words("bald shaved shaven hairless")
CUTS = words("cut crop fade")


@dataclass(slots=True)
class Senses:
    """Tells them in one sentence."""

    line: Sentence
    spans: Spans
    beings: Beings

    def is_compound(self, place: int) -> bool:
        """`hair ribbon`, `nose piercing`, `frame of the door`: a word for looks that is not the head."""
        line, after = self.line, self.line.at(place + 1)
        if after in vocabulary.COMPOUND or line.at(place - 1) == "of" and line.at(place) == "frame":
            return True
        return after in HEADS and after not in {"frame", "cut", "crop", "fade", "features"}

    def is_action(self, place: int) -> bool:
        """`The woman braids a rope`."""
        if self.line.low[place] == "frame" and self.line.at(place - 1) in HEADS:
            return True
        before = self.beings.around(place - 1)
        word = self.line.low[place]
        return (
            before is not None and before.place == place - 1 and before.leads and word.endswith("s") and before.stands
        )

    def is_plain_word(self, place: int) -> bool:
        """`a light tan suit`, `white marks on the floor`: words that are looks only in one use."""
        line, word = self.line, self.line.low[place]
        if not _FAKE.isdisjoint(line.low[max(0, place - 3) : place]):
            return True
        if not {"puts", "putting", "takes", "taking"}.isdisjoint(line.low[max(0, place - 6) : place]):
            return not {"on", "off"}.isdisjoint(line.low[max(0, place - 5) : place])
        if word in {"mark", "marks"}:
            return line.at(place - 1) not in {"beauty", "birth"}
        return word == "tan" and line.at(place + 1).isalpha() and line.at(place + 1) not in {"and", "with"}

    def stands_alone(self, start: int, place: int) -> bool:
        """`A thin figure stands`, `a white hand is painted`: a body's part without a body."""
        line = self.line
        if line.low[place] not in vocabulary.OFTEN_PLAIN:
            return False
        if (
            start == place
            and line.low[place] not in CUTS
            and may_modify(line.at(place - 1))
            and not is_describing(line.at(place - 1))
        ):
            return True  # `shower head`
        if line.at(start - 1) not in {"a", "an", "the"}:
            return False
        governor = line.at(start - 2)
        return governor not in _HOLDING and not (governor == "of" and line.low[place] in _BUILDS)

    def is_handled(self, start: int, place: int) -> bool:
        """`She holds a pair of glasses`: a thing that something is done to, not one that is worn."""
        line = self.line
        if HEADS[line.low[place]] != "glasses":
            return False
        first = self.spans.determiner(start)
        if line.at(first - 1) == "of" and line.at(first - 2) == "pair":
            first = self.spans.determiner(first - 2)
        governor = line.at(first - 1)
        worn = governor in HAVING | WITHS | JOINTS | STOPS | {"with", "in", "without", "behind", "through", "of"}
        return bool(governor) and not worn and governor not in ADJECTIVES

    def another_sense(self, place: int, words: list[str]) -> bool:
        """Heads with a second meaning: a figure in the distance, a smiling face, a picture frame."""
        head = self.line.low[place]
        if head in {"head", "scalp"}:
            return _HAIRLESS.isdisjoint(words)
        if head in CUTS:
            return vocabulary.HAIRCUTS.isdisjoint(self.line.low[max(0, place - 2) : place])
        known = [word for word in words if word in ADJECTIVES or word in PERSON_ROWS or word in vocabulary.BEASTS]
        if head in vocabulary.OFTEN_PLAIN:
            return not known
        if head == "glasses" and (words[:1] == ["tall"] or self.line.at(place - 1 - len(words)) in {"two", "several"}):
            return True
        if head == "glasses" and not known:
            return self.line.at(place - 1) in vocabulary.DRINKS or self.line.at(place + 1) == "of"
        return head in {"wings", "tail", "halo"} and self.line.at(place + 1) == "of"
