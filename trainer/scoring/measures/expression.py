"""Whether faces show the expression that prompts ask for, by mouth and eyes where landmarks tell of them."""

import re
from collections.abc import Iterable

from ..intervals import Interval, Key, share
from ..observation import Batch, PictureScore

SLOT = "expression"
OPEN = 0.2
"""Gap between the lips, in widths of the mouth, from which it is open: a smile that shows teeth stays below."""
SHUT = 0.5
"""How far eyes must be closed, half of the way from a mean face's to lids together."""
_OPENS = re.compile(r"open[- ]mouth|mouth open|laugh|shout|scream|yell|surpris|sing|yawn|gasp")
_SHUTS = re.compile(r"eyes closed|closed eyes|sleep|blink")
_CALM = re.compile(r"neutral|serious|stern|calm|closed mouth")


def shown(picture: PictureScore) -> bool | None:
    """Whether the asked expression is there; None where none was asked or nobody can tell.

    Mouth and eyes decide where the words speak of them and the face reader measures them; an attribute reader's word
    decides the rest: no landmark here tells a smile from sadness.
    """
    asked = picture.asked.get(SLOT, "").lower()
    told = _by_landmarks(picture, asked) if asked else None
    return picture.followed.get(SLOT) if told is None else told


def expressions(pictures: Iterable[PictureScore]) -> dict[Key, float]:
    """By picture with the trigger whose expression can be told: 1 where it is as asked."""
    found = {each.key: shown(each) for each in pictures if each.kind == "prompt"}
    return {key: float(is_so) for key, is_so in found.items() if is_so is not None}


def expression(batch: Batch) -> Interval | None:
    """Part of the pictures that show the asked expression."""
    return share(bool(each) for each in expressions(batch.pictures).values())


def _by_landmarks(picture: PictureScore, asked: str) -> bool | None:
    if _SHUTS.search(asked):
        return None if picture.eyes_closed is None else picture.eyes_closed >= SHUT
    if picture.mouth_open is None:
        return None
    if _OPENS.search(asked):
        return picture.mouth_open >= OPEN
    if not _CALM.search(asked):
        return None
    # A calm face may still be the wrong one: a reader's word that it is not decides first.
    is_calm = picture.mouth_open < OPEN and (picture.eyes_closed is None or picture.eyes_closed < SHUT)
    return is_calm and picture.followed.get(SLOT, True)
