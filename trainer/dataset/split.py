"""Which pictures are held out of training to measure it."""

from collections.abc import Sequence
from dataclasses import replace

from ..errors import DatasetError
from .sample import Sample

_SUGGESTED = ((30, 5), (20, 4), (10, 3))


def suggested_held_out(count: int) -> int:
    """How many of `count` pictures to hold out: 3 to 5, and none of fewer than 10, which need all for training."""
    return next((held for least, held in _SUGGESTED if count >= least), 0)


def hold_out(samples: Sequence[Sample], count: int) -> tuple[Sample, ...]:
    """Hold out the last `count` pictures in order, none of them cut or copied from the same original as one trained on.

    Families of pictures from one original go as a whole; one that would exceed `count` stays in training.
    Raises DatasetError when nothing would be left to train on, or no choice of whole families fits.
    """
    if count < 0:
        raise DatasetError(f"held_out is {count}; use 0 for none, or 3 to 8.")
    if count >= len(samples) > 0:
        raise DatasetError(f"held_out is {count} of {len(samples)} pictures; leave at least one to train on.")
    held = _last_families(samples, count)
    if count and not held:
        raise DatasetError(
            f"No {count} pictures can be held out without copies of them staying in training; add different pictures."
        )
    return tuple(replace(s, split="held_out" if s.family in held else "train") for s in samples)


def _last_families(samples: Sequence[Sample], count: int) -> set[str]:
    sizes: dict[str, int] = {}
    for sample in reversed(samples):
        sizes[sample.family] = sizes.get(sample.family, 0) + 1
    held: set[str] = set()
    left = count
    for family, size in sizes.items():
        if size <= left:
            held.add(family)
            left -= size
    return held
