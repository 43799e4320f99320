"""Which pictures each step sees and the randomness it draws, both pure functions of seed and step number.

Nothing here has a state of its own, so a resumed run needs only its step number to continue exactly.
"""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any

import torch

from ...storage.seeding import random_source


@dataclass(frozen=True)
class Order:
    """Batches of item numbers: every epoch shuffles each item `repeats` times and batches within buckets.

    A bucket's last batch may be short. `buckets` and `repeats` run in step with the items.
    """

    buckets: Sequence[Hashable]
    repeats: Sequence[int]
    batch: int
    seed: int

    @property
    def batches_per_epoch(self) -> int:
        sizes = [
            sum(times for of, times in zip(self.buckets, self.repeats, strict=True) if of == bucket)
            for bucket in set(self.buckets)
        ]
        return sum(-(-size // self.batch) for size in sizes)

    def epoch(self, number: int) -> list[tuple[int, ...]]:
        """The batches of one epoch, shuffled within and among themselves."""
        source = random_source(self.seed, "order", number)
        items = [item for item, times in enumerate(self.repeats) for _ in range(times)]
        shuffled = [items[place] for place in _shuffle(len(items), source)]
        by_bucket: dict[Hashable, list[int]] = {}
        for item in shuffled:
            by_bucket.setdefault(self.buckets[item], []).append(item)
        batches = [
            tuple(group[start : start + self.batch])
            for group in by_bucket.values()
            for start in range(0, len(group), self.batch)
        ]
        return [batches[place] for place in _shuffle(len(batches), source)]

    def at(self, number: int) -> tuple[int, ...]:
        """Batch 0, 1, … of the whole run."""
        epoch, position = divmod(number, self.batches_per_epoch)
        return self.epoch(epoch)[position]


def stream(count: int, start: int, length: int, seed: int) -> list[int]:
    """Items `start` to `start + length` of an endless stream of shuffles of `count` items."""
    picked: list[int] = []
    while len(picked) < length:
        shuffle, position = divmod(start + len(picked), count)
        items = _shuffle(count, random_source(seed, "stream", shuffle))
        picked += items[position : position + length - len(picked)]
    return picked


def _shuffle(count: int, source: torch.Generator) -> list[int]:
    places: Any = torch.randperm(count, generator=source)
    return places.tolist()
