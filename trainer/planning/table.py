"""The bucket table: which sizes are trained, how many pictures each has, and what every picture loses on its way."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

from ..dataset.placed_sample import PlacedSample, place_samples
from ..dataset.sample import Sample
from ..recipe.buckets import Placement, Size
from ..recipe.recipe import Recipe

MUCH = 0.15
"""Share of a picture whose loss is worth a word."""


@dataclass(frozen=True, kw_only=True)
class Cut:
    """One picture on its way into its bucket. `lost` is the share of its area that is cut off, 0 to 1."""

    placed: PlacedSample

    @property
    def sample(self) -> Sample:
        return self.placed.sample

    @property
    def place(self) -> Placement:
        return self.placed.placement

    @property
    def lost(self) -> float:
        return self.place.lost

    @property
    def scale(self) -> float:
        """Of its longer way: above 1 where pixels are invented."""
        return self.place.scale

    @property
    def is_scaled_up(self) -> bool:
        return self.place.scales_up


@dataclass(frozen=True, kw_only=True)
class Bucket:
    """One size: its pictures, how often they are shown in an epoch, in how many batches of `batch`."""

    size: Size
    cuts: tuple[Cut, ...]
    shown: int
    batches: int
    batch: int

    @property
    def last_batch(self) -> int:
        """Pictures in the last batch of an epoch."""
        return self.shown % self.batch or self.batch


def bucket_table(samples: Sequence[Sample], recipe: Recipe) -> tuple[Bucket, ...]:
    """Buckets by the number of times they are shown, most first."""
    return buckets_of(place_samples(samples, recipe.buckets), recipe.schedule.batch)


def buckets_of(samples: Sequence[PlacedSample], batch: int) -> tuple[Bucket, ...]:
    """`bucket_table` of pictures that have their places."""
    cuts: dict[Size, list[Cut]] = defaultdict(list)
    for placed in samples:
        cuts[placed.placement.bucket].append(Cut(placed=placed))
    made = [_bucket(size, found, batch) for size, found in cuts.items()]
    return tuple(sorted(made, key=lambda bucket: (-bucket.shown, bucket.size)))


def _bucket(size: Size, cuts: Sequence[Cut], batch: int) -> Bucket:
    shown = sum(cut.placed.repeats for cut in cuts)
    return Bucket(size=size, cuts=tuple(cuts), shown=shown, batches=ceil(shown / batch), batch=batch)
