"""Which shots may be drawn together."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby, islice

from .shot import Shot

LARGEST = 8


def batches(shots: Sequence[Shot], largest: int = LARGEST) -> Iterator[tuple[Shot, ...]]:
    """Neighbours that differ only in prompt, negative and seed, at most `largest` together, in order."""
    for _, group in groupby(shots, key=lambda shot: replace(shot, prompt="", negative="", seed=0)):
        while batch := tuple(islice(group, largest)):
            yield batch
