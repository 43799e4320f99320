"""Whether pictures repeat what was trained on."""

from collections.abc import Sequence

import numpy as np

from ..intervals import Interval, share
from ..reading.observation import Batch, Observation, PictureScore, Scale
from .in_order import in_order
from .variety import distance

COPIED = 0.5
"""What a descriptor gives a training picture made over (mirrored, cut, recompressed), and hardly ever another one:
on photographs 99 % of those and 0 of 210 pairs of others, on drawings 99 % and under 1 % (docs/measures.md)."""
COPY = 0.03
"""Distance of small copies below which a picture is a training picture again, where no descriptor looked."""


def copied_of(seen: Observation, scale: Scale) -> float | None:
    """How much it repeats the training picture it repeats most, 0..1; None without a descriptor or any of them."""
    return seen.copied if seen.described is None else scale.nearest.copied(seen.described)


def nearest_of(picture: np.ndarray, training: Sequence[np.ndarray]) -> float | None:
    """Distance to the nearest training picture, both made small; None when there are none."""
    return min((distance(picture, other) for other in training), default=None)


def nearest(batch: Batch) -> Interval | None:
    """Mean distance to the nearest training picture, where the trigger is named."""
    return in_order({each.key: each.nearest for each in batch.triggered if each.nearest is not None})


def copies(batch: Batch) -> Interval | None:
    """Part of the pictures that repeat a training picture; None when there is nothing to compare with."""
    return share(_is_copy(picture) for picture in batch.pictures)


def _is_copy(picture: PictureScore) -> bool | None:
    if picture.copied is not None:
        return picture.copied >= COPIED
    return None if picture.nearest is None else picture.nearest < COPY
