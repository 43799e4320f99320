"""Whether pictures repeat what was trained on."""

from collections.abc import Sequence

import numpy as np

from ..intervals import Interval, interval, share
from ..observation import Batch
from .variety import distance

COPY = 0.03
"""Distance of small copies below which a picture is a training picture again."""


def nearest_of(picture: np.ndarray, training: Sequence[np.ndarray]) -> float | None:
    """Distance to the nearest training picture, both made small; None when there are none."""
    return min((distance(picture, other) for other in training), default=None)


def nearest(batch: Batch) -> Interval | None:
    """Mean distance to the nearest training picture, where the trigger is named."""
    return interval(picture.nearest for picture in batch.triggered if picture.nearest is not None)


def copies(batch: Batch) -> Interval | None:
    """Part of the pictures that repeat a training picture; None when there is nothing to compare with."""
    return share(None if picture.nearest is None else picture.nearest < COPY for picture in batch.pictures)
