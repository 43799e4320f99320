"""Samples with the place each takes in its bucket."""

from collections.abc import Sequence
from dataclasses import dataclass

from ..recipe.buckets import Buckets, Placement, placement
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
    """Every sample with its placement, in order."""
    return tuple(PlacedSample(sample, placement((sample.width, sample.height), buckets)) for sample in samples)


def shown_by_bucket(placed: Sequence[PlacedSample]) -> dict[tuple[int, int], int]:
    """How many pictures one round shows of each bucket, repeats counted; in the order the buckets first come."""
    shown: dict[tuple[int, int], int] = {}
    for one in placed:
        shown[one.placement.bucket] = shown.get(one.placement.bucket, 0) + one.repeats
    return shown
