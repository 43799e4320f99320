"""How alike two embeddings are, in the measure that their reader was trained for."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np

_CHUNK = 512


class Metric(Protocol):
    """Likeness of embeddings (d,) of one and the same reader: 1 for one and the same, more is more alike."""

    @property
    def name(self) -> str:
        """A measure of another name gives other numbers, which never mix with these."""
        ...

    @property
    def strangers(self) -> float:
        """What two people have on average: the bottom of the scale, from which floors are counted."""
        ...

    def between(self, rows: np.ndarray, others: np.ndarray) -> np.ndarray:
        """(n, m) of (n, d) and (m, d)."""
        ...

    def mean(self, rows: np.ndarray) -> np.ndarray:
        """What (n, d) have in common, (d,): an embedding too."""
        ...

    def to_the_others(self, rows: np.ndarray, members: np.ndarray | None = None) -> np.ndarray:
        """(n,): of each of (n, d) to the mean of those of `members` (n,) bool, all without it, other than itself."""
        ...


@dataclass(frozen=True)
class Cosine:
    """Of unit rows: their dot product, and the unit-length mean."""

    name: str = "cosine"
    strangers: float = 0.0

    def between(self, rows: np.ndarray, others: np.ndarray) -> np.ndarray:
        return rows @ others.T

    def mean(self, rows: np.ndarray) -> np.ndarray:
        mean = rows.mean(axis=0)
        return mean / max(float(np.linalg.norm(mean)), 1e-12)

    def to_the_others(self, rows: np.ndarray, members: np.ndarray | None = None) -> np.ndarray:
        inside = np.ones(len(rows), bool) if members is None else members
        others = rows[inside].sum(axis=0)[None] - rows * inside[:, None]
        return (rows * others).sum(axis=1) / np.maximum(np.linalg.norm(others, axis=1), 1e-9)


@dataclass(frozen=True)
class Euclidean:
    """Of rows as they are: 1 less their distance, and the plain mean."""

    strangers: float
    name: str = "1 - distance"

    def between(self, rows: np.ndarray, others: np.ndarray) -> np.ndarray:
        # In parts: all differences of a few thousand faces would be gigabytes.
        starts = range(0, len(rows), _CHUNK)
        parts = [np.linalg.norm(rows[start : start + _CHUNK, None] - others[None], axis=2) for start in starts]
        return 1.0 - np.concatenate(parts)

    def mean(self, rows: np.ndarray) -> np.ndarray:
        return rows.mean(axis=0)

    def to_the_others(self, rows: np.ndarray, members: np.ndarray | None = None) -> np.ndarray:
        inside = np.ones(len(rows), bool) if members is None else members
        count = np.maximum(inside.sum() - inside, 1)[:, None]
        others = (rows[inside].sum(axis=0)[None] - rows * inside[:, None]) / count
        return 1.0 - np.linalg.norm(rows - others, axis=1)


COSINE = Cosine()


def alike(metric: Metric, one: np.ndarray, other: np.ndarray) -> float:
    """Likeness of two embeddings (d,)."""
    return float(metric.between(one[None], other[None])[0, 0])


def part_of(metric: Metric, likeness: float, part: float) -> float:
    """What lies so far from what strangers have (0) to a likeness (1), or beyond it."""
    return metric.strangers + part * (likeness - metric.strangers)
