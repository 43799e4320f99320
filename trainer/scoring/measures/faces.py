"""Shares of pictures by whose face is in them: anybody's, the character's before all others', the wrong person's."""

from ...faces.identity import is_first
from ...faces.metric import alike
from ..intervals import Interval, share
from ..reading.observation import Batch, Observation, PictureScore, Scale


def is_top1(seen: Observation, scale: Scale) -> bool | None:
    """Whether the character is nearest of all people; None without a face or without others."""
    if seen.embedding is None or scale.others is None:
        return None
    return is_first(seen.embedding, scale.character, scale.others, scale.metric)


def bleeds(seen: Observation, control: Observation | None, scale: Scale) -> bool | None:
    """Whether the face is nearer to the character than to whom the control drew there; None without both faces."""
    if seen.embedding is None or control is None or control.embedding is None:
        return None
    to_character = alike(scale.metric, seen.embedding, scale.character)
    return to_character > alike(scale.metric, seen.embedding, control.embedding)


def face_rate(batch: Batch) -> Interval | None:
    """Pictures in which a face is found; None where neither they nor the control's show any: nothing looks for them."""
    if not any(has_face(picture) for picture in (*batch.pictures, *batch.control)):
        return None
    return share(has_face(picture) for picture in batch.pictures)


def has_face(picture: PictureScore) -> bool:
    return picture.identity is not None or bool(picture.faces)


def top1(batch: Batch) -> Interval | None:
    """Of pictures that name the trigger, those nearest to the character of all people."""
    return share(picture.top1 for picture in batch.triggered)


def bleed(batch: Batch) -> Interval | None:
    """Described other people who turned into the character."""
    return share(picture.bleed for picture in batch.pictures)
