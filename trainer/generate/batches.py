"""Which shots may be drawn together."""

from collections.abc import Iterator, Sequence
from itertools import groupby, islice

from .shot import Shot

LARGEST = 8


def batches(shots: Sequence[Shot], largest: int = LARGEST) -> Iterator[tuple[Shot, ...]]:
    """Neighbours that differ only in words, seed and starting picture, at most `largest` together, in order."""
    for _, group in groupby(shots, key=lambda shot: shot.apart):
        while batch := tuple(islice(group, largest)):
            yield batch
