"""Whether pictures show what their prompts asked for."""

from collections.abc import Iterable, Mapping

from ..intervals import Interval, Key
from ..reading.observation import Batch, Observation, PictureScore
from .expression import SLOT as EXPRESSION
from .expression import is_shown
from .in_order import in_order
from .pose import asked_turn, turn_slot


def followed(asked: Mapping[str, str], read: Mapping[str, str]) -> dict[str, bool]:
    """By slot, whether the reader read what was asked; slots it does not read are left out."""
    return {slot: read[slot] == word for slot, word in asked.items() if slot in read}


def followed_of(seen: Observation, asked: Mapping[str, str]) -> dict[str, bool]:
    """By slot, whether the picture shows what was asked: as its words say, and as its face does.

    Mouth and eyes go before words where they were measured, angles where no reader read the turn.
    """
    found = followed(asked, seen.read)
    turn, slot = asked_turn(asked), turn_slot(asked)
    if turn and slot and slot not in found and seen.yaw is not None:
        is_so = turn.is_in(seen.yaw, seen.pitch)
        found |= {} if is_so is None else {slot: is_so}
    if (is_so := is_shown(asked, seen.mouth_open, seen.eyes_closed, found.get(EXPRESSION))) is not None:
        found[EXPRESSION] = is_so
    return found


def followings(pictures: Iterable[PictureScore]) -> dict[Key, float]:
    """Part of what was asked, by picture that names the trigger."""
    return {
        picture.key: sum(picture.followed.values()) / len(picture.followed)
        for picture in pictures
        if picture.triggered and picture.followed
    }


def following(batch: Batch) -> Interval | None:
    """Part of what was asked, over pictures that name the trigger."""
    return in_order(followings(batch.pictures))


def by_slot(pictures: Iterable[PictureScore]) -> dict[str, float]:
    """Part of the pictures with the trigger that followed, a slot."""
    hits: dict[str, list[bool]] = {}
    for picture in pictures:
        for slot, hit in picture.followed.items() if picture.triggered else ():
            hits.setdefault(slot, []).append(hit)
    return {slot: sum(values) / len(values) for slot, values in hits.items()}


def slot_followed(pictures: Iterable[PictureScore], slot: str) -> dict[Key, float]:
    """1 where the picture followed the slot and 0 where not, by picture that names the trigger and was asked for it."""
    return {each.key: float(each.followed[slot]) for each in pictures if each.triggered and slot in each.followed}
