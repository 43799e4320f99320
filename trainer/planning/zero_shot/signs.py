"""What in a situation speaks for the one or the other: a number with its sentence, None where it does not show."""

from dataclasses import dataclass

from ...training.memory.cards import CARDS
from .goals import Goal
from .situation import Situation

VERY_FEW, LEAST, ENOUGH, MANY = 5, 10, 20, 50
"""Pictures, as the guide counts: 1 to 5 are for zero-shot, 10 to 15 the least to train on, 20 to 30 the best, 50 and
more for a LoRA that bends to everything."""
_ALIKE = 0.8
"""Share of one angle from which a LoRA takes it for the character, as coverage has it."""
_FEWEST_FACES = 3
_FOUND = 0.5
"""Part of the pictures that must show a face for an adapter to have something to go by."""


@dataclass(frozen=True)
class Sign:
    """`sentence` tells the number in words."""

    sentence: str
    number: float


def _wants(situation: Situation, goal: Goal) -> Sign | None:
    return Sign(f"What is wanted is {goal}", float(situation.pictures)) if situation.goal == goal else None


def one_picture(situation: Situation) -> Sign | None:
    return _wants(situation, "one picture")


def few_wanted(situation: Situation) -> Sign | None:
    return _wants(situation, "a few pictures")


def series(situation: Situation) -> Sign | None:
    return _wants(situation, "a series or a product")


def video(situation: Situation) -> Sign | None:
    return _wants(situation, "video")


def features(situation: Situation) -> Sign | None:
    return _wants(situation, "scars, clothes or other features")


def another_style(situation: Situation) -> Sign | None:
    return _wants(situation, "another style")


def a_test(situation: Situation) -> Sign | None:
    return _wants(situation, "a test of an idea")


def lasting(situation: Situation) -> Sign | None:
    """What is used more than once or twice."""
    return series(situation) or video(situation) or features(situation)


def no_pictures(situation: Situation) -> Sign | None:
    return _counted(situation, 0, 0)


def very_few(situation: Situation) -> Sign | None:
    return _counted(situation, 1, VERY_FEW)


def below_least(situation: Situation) -> Sign | None:
    return _counted(situation, VERY_FEW + 1, LEAST - 1)


def least(situation: Situation) -> Sign | None:
    return _counted(situation, LEAST, ENOUGH - 1)


def enough(situation: Situation) -> Sign | None:
    return _counted(situation, ENOUGH, None)


def many(situation: Situation) -> Sign | None:
    return _counted(situation, MANY, None)


def trainable(situation: Situation) -> Sign | None:
    return _counted(situation, LEAST, None)


def _counted(situation: Situation, low: int, high: int | None) -> Sign | None:
    count = situation.pictures
    if count < low or (high is not None and count > high):
        return None
    return Sign(f"{count} picture{'' if count == 1 else 's'}", float(count))


def one_view(situation: Situation) -> Sign | None:
    views = situation.views
    if views is None or views[2] < _FEWEST_FACES or views[1] <= _ALIKE:
        return None
    name, share, total = views
    return Sign(f"{round(share * total)} of {total} faces are of one angle, {name}", round(share, 3))


def drawn(situation: Situation) -> Sign | None:
    return Sign("The pictures are drawings or renders", float(situation.pictures)) if situation.is_drawn else None


def faceless(situation: Situation) -> Sign | None:
    if situation.faces is None or not situation.pictures or situation.faces >= _FOUND * situation.pictures:
        return None
    return Sign(f"A face was found in {situation.faces} of {situation.pictures} pictures", float(situation.faces))


def readable(situation: Situation) -> Sign | None:
    if situation.faces is None or not situation.faces or faceless(situation):
        return None
    return Sign(f"A face was found in {situation.faces} of {situation.pictures} pictures", float(situation.faces))


def small_card(situation: Situation) -> Sign | None:
    if not 0 < situation.card < min(CARDS):
        return None
    return Sign(f"The card has {situation.card:.3g} GB", situation.card)
