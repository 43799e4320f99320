"""Shares of pictures by whose face is in them: anybody's, the character's before all others', the wrong person's."""

from ...faces.identity import cosine, is_first
from ..intervals import Interval, share
from ..observation import Batch, Observation, Scale


def is_top1(seen: Observation, scale: Scale) -> bool | None:
    """Whether the character is nearest of all people; None without a face or without others."""
    if seen.embedding is None or scale.others is None:
        return None
    return is_first(seen.embedding, scale.character, scale.others)


def bleeds(seen: Observation, control: Observation | None, scale: Scale) -> bool | None:
    """Whether the face is nearer to the character than to whom the control drew there; None without both faces."""
    if seen.embedding is None or control is None or control.embedding is None:
        return None
    return cosine(seen.embedding, scale.character) > cosine(seen.embedding, control.embedding)


def face_rate(batch: Batch) -> Interval | None:
    """Pictures in which a face is found."""
    return share(picture.identity is not None for picture in batch.pictures)


def top1(batch: Batch) -> Interval | None:
    """Of pictures that name the trigger, those nearest to the character of all people."""
    return share(picture.top1 for picture in batch.triggered)


def bleed(batch: Batch) -> Interval | None:
    """Described other people who turned into the character."""
    return share(picture.bleed for picture in batch.pictures)
