"""The mean of numbers by picture, whatever order the pictures come in."""

from collections.abc import Mapping

from ..intervals import Interval, Key, interval


def in_order(values: Mapping[Key, float]) -> Interval | None:
    """Resamples pick by place: the same pictures in another order would have slightly other ends."""
    return interval(values[key] for key in sorted(values))
