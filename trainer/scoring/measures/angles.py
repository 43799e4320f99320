"""Identity by how far the head is turned: likeness falls with it for everybody, so that angles are held apart."""

from collections.abc import Callable

import numpy as np

from ...faces.metric import alike
from ...faces.pose import angle_of
from ..intervals import Interval
from ..reading.observation import Batch, Observation, PictureScore, Scale
from .in_order import in_order

FEWEST = 2
"""References of an angle that stand for it: one alone may be blurred or lit oddly."""


def angle_group(yaw: float | None, pitch: float | None) -> str | None:
    """`front`, `three-quarter`, `profile` or `tilted`, left and right alike; None where yaw was not measured."""
    angle = angle_of(yaw, pitch)
    if angle is None:
        return None
    if angle.startswith("looking"):
        return "tilted"
    return next((group for group in ("three-quarter", "profile") if group in angle), "front")


def at_angle_of(seen: Observation, scale: Scale) -> float | None:
    """Likeness to the references of like angle; to all where there are fewer than two. None without face or angle."""
    group = angle_group(seen.yaw, seen.pitch)
    if seen.embedding is None or group is None:
        return None
    like = [face.embedding for face in scale.faces if angle_group(face.yaw, face.pitch) == group]
    whom = scale.metric.mean(np.stack(like)) if len(like) >= FEWEST else scale.character
    return alike(scale.metric, seen.embedding, whom)


def identity_at(group: str) -> Callable[[Batch], Interval | None]:
    """The measure of one group of angles, over pictures that name the trigger."""

    def measure(batch: Batch) -> Interval | None:
        return in_order({each.key: _likeness(each) for each in batch.triggered if _is_at(each, group)})

    return measure


def _is_at(picture: PictureScore, group: str) -> bool:
    return picture.identity is not None and angle_group(picture.yaw, picture.pitch) == group


def _likeness(picture: PictureScore) -> float:
    """Reports of before angles know the one to all."""
    return picture.at_angle if picture.at_angle is not None else (picture.identity or 0.0)
