"""Whether pictures repeat what was trained on."""

from collections.abc import Sequence

import numpy as np

from .variety import distance

COPY = 0.03
"""Distance of small copies below which a picture is a training picture again."""


def nearest(picture: np.ndarray, training: Sequence[np.ndarray]) -> float | None:
    """Distance to the nearest training picture, both made small; None when there are none."""
    return min((distance(picture, other) for other in training), default=None)


def copied(distances: Sequence[float | None]) -> float | None:
    """Share of pictures that repeat a training picture; None when there is nothing to compare with."""
    known = [value for value in distances if value is not None]
    return sum(value < COPY for value in known) / len(known) if known else None
