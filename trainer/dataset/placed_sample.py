"""Samples with the place each takes in its bucket."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ..recipe.buckets import Buckets, Placement, at_side, placement, sides_of
from .sample import Sample


@dataclass(frozen=True)
class PlacedSample:
    """A picture on its way into its bucket."""

    sample: Sample
    placement: Placement

    @property
    def name(self) -> str:
        return self.sample.path.name

    @property
    def repeats(self) -> int:
        return self.sample.repeats


def place_samples(samples: Sequence[Sample], buckets: Buckets) -> tuple[PlacedSample, ...]:
    """Every sample with its placement, in order; those at further resolutions after all at the first."""
    placed: list[tuple[int, PlacedSample]] = []
    every = list(dict.fromkeys((buckets.resolution, *buckets.also)))
    for sample in samples:
        size = (sample.width, sample.height)
        for side in sides_of(size, buckets):
            of_side = at_side(buckets, side) if buckets.also else buckets
            placed.append((every.index(side), PlacedSample(sample, placement(size, of_side))))
    return tuple(one for _, one in sorted(placed, key=lambda row: row[0]))


def place_once(samples: Sequence[Sample], buckets: Buckets) -> tuple[PlacedSample, ...]:
    """Every sample at the first resolution alone: those that are looked at, or keep everybody else."""
    return place_samples(samples, replace(buckets, also=()))


def shown_by_bucket(placed: Sequence[PlacedSample]) -> dict[tuple[int, int], int]:
    """How many pictures one round shows of each bucket, repeats counted; in the order the buckets first come."""
    shown: dict[tuple[int, int], int] = {}
    for one in placed:
        shown[one.placement.bucket] = shown.get(one.placement.bucket, 0) + one.repeats
    return shown
