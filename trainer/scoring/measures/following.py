"""Whether pictures show what their prompts asked for."""

from collections.abc import Iterable, Mapping

from ..intervals import Interval, Key
from ..observation import Batch, PictureScore
from .in_order import in_order


def followed(asked: Mapping[str, str], read: Mapping[str, str]) -> dict[str, bool]:
    """By slot, whether the reader read what was asked; slots it does not read are left out."""
    return {slot: read[slot] == word for slot, word in asked.items() if slot in read}


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
