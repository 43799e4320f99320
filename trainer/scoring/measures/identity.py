"""How much the faces are the character's: likeness to its centroid, by kind of prompt."""

from collections.abc import Iterable

from ...faces.metric import alike
from ..intervals import Interval, Key, paired
from ..plan.compare_plan import Kind
from ..reading.observation import Batch, Observation, PictureScore, Scale
from .in_order import in_order


def identity_of(seen: Observation, scale: Scale) -> float | None:
    """Likeness of the picture's face to the character by the reader's metric; None without a face."""
    return None if seen.embedding is None else alike(scale.metric, seen.embedding, scale.character)


def identities(pictures: Iterable[PictureScore]) -> dict[Key, float]:
    """Likeness by picture that names the trigger and shows a face."""
    return _likenesses(picture for picture in pictures if picture.triggered)


def identity(batch: Batch) -> Interval | None:
    """Over all pictures that name the trigger."""
    return in_order(identities(batch.pictures))


def trigger_only(batch: Batch) -> Interval | None:
    """With the trigger alone, no scene."""
    return in_order(_of_kind(batch.pictures, "trigger"))


def untriggered(batch: Batch) -> Interval | None:
    """Without the trigger, where the character should not appear."""
    return in_order(_of_kind(batch.pictures, "class"))


def leak(batch: Batch) -> Interval | None:
    """Identity without the trigger above the control's, picture by picture."""
    return paired(_of_kind(batch.pictures, "class"), _of_kind(batch.control, "class"))


def _of_kind(pictures: Iterable[PictureScore], kind: Kind) -> dict[Key, float]:
    return _likenesses(picture for picture in pictures if picture.kind == kind)


def _likenesses(pictures: Iterable[PictureScore]) -> dict[Key, float]:
    return {picture.key: picture.identity for picture in pictures if picture.identity is not None}
