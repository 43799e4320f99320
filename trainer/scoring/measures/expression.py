"""Whether faces show the expression that prompts ask for, by mouth and eyes where landmarks tell of them."""

import re
from collections.abc import Iterable, Mapping

from ..intervals import Interval, Key, share
from ..reading.observation import Batch, PictureScore

SLOT = "expression"
OPEN = 0.2
"""Gap between the lips, in widths of the mouth, from which it is open: a smile that shows teeth stays below."""
SHUT = 0.5
"""How far eyes must be closed, half of the way from a mean face's to lids together."""
_ENDED = r"(?:s|ed|ing|ingly)?\b"
"""Verbs as prompts have them: `yell` is no part of `yellow`, nor `sing` of `single`."""
_OPENS = re.compile(
    r"\bopen[- ]mouth|\bmouth open\b|\bsurpris|\blaughter\b|\bsang\b|"
    rf"\b(?:laugh|shout|scream|yell|sing|yawn|gasp){_ENDED}"
)
_SHUTS = re.compile(rf"\beyes closed\b|\bclosed eyes\b|\b(?:a?sleep|blink){_ENDED}")
_CALM = re.compile(r"\bneutral|\bserious|\bstern\b|\bcalm|\bclosed mouth\b")


def is_shown(
    asked: Mapping[str, str], mouth_open: float | None, eyes_closed: float | None, read: bool | None
) -> bool | None:
    """Whether the asked expression is there; None where none was asked or nobody can tell.

    Mouth and eyes decide where the words speak of them and the face reader measures them; `read`, whether an attribute
    reader's word is the asked one, decides the rest: no landmark here tells a smile from sadness.
    """
    words = asked.get(SLOT, "").lower()
    if not words:
        return None
    if _SHUTS.search(words):
        return read if eyes_closed is None else eyes_closed >= SHUT
    if mouth_open is None:
        return read
    if _OPENS.search(words):
        return mouth_open >= OPEN
    if not _CALM.search(words):
        return read
    is_calm = mouth_open < OPEN and (eyes_closed is None or eyes_closed < SHUT)
    return is_calm and read is not False


def shown(picture: PictureScore) -> bool | None:
    """The same of a scored picture."""
    return is_shown(picture.asked, picture.mouth_open, picture.eyes_closed, picture.followed.get(SLOT))


def expressions(pictures: Iterable[PictureScore]) -> dict[Key, float]:
    """By picture with the trigger whose expression can be told: 1 where it is as asked."""
    found = {each.key: shown(each) for each in pictures if each.kind == "prompt"}
    return {key: float(is_so) for key, is_so in found.items() if is_so is not None}


def expression(batch: Batch) -> Interval | None:
    """Part of the pictures that show the asked expression."""
    return share(bool(each) for each in expressions(batch.pictures).values())
