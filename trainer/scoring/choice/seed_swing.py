"""Training seeds: which columns are the same step of several trainings, and how much a seed alone changes."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from math import sqrt

import numpy as np

from ..scores import Scores
from .merit import lag

_QUANTILES = (12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228)
"""Student's t at 97.5 % for 1 to 10 degrees of freedom."""


@dataclass(frozen=True, kw_only=True)
class SeedSwing:
    """Standard deviation of merit between training seeds at the same step, pooled over steps, and its `freedom`.

    Pooled as analysis of variance does: squares about each step's mean, summed, over seeds - 1 summed. Checkpoints of
    one training are no fresh draws, so that the degrees of freedom are rather too many.
    """

    deviation: float
    freedom: int

    def half_width(self, one: int, other: int) -> float:
        """Half of the 95 % interval that seeds give the difference of two means over so many seeds."""
        return self._t * self.deviation * sqrt(1 / one + 1 / other)

    @property
    def sentence(self) -> str:
        return (
            f"Training seeds alone change likeness and flexibility together by {self.deviation:.3f} (pooled standard "
            f"deviation within steps, {self.freedom} degrees of freedom); smaller differences are not separable."
        )

    @property
    def _t(self) -> float:
        if self.freedom <= len(_QUANTILES):
            return _QUANTILES[self.freedom - 1]
        # Cornish and Fisher's expansion about the normal, right to three digits from here on.
        z, v = 1.959964, self.freedom
        return z + (z**3 + z) / (4 * v) + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * v**2)


@dataclass(frozen=True, eq=False)
class Group:
    """Columns that are one step of trainings with different seeds; most often a single column. `merits` are theirs,
    (n, 1 + DRAWS)."""

    columns: tuple[Scores, ...]
    merits: np.ndarray

    @property
    def size(self) -> int:
        return len(self.columns)

    @property
    def step(self) -> int | None:
        return self.columns[0].step

    @property
    def label(self) -> str:
        first = self.columns[0]
        return first.label if self.size == 1 else f"Step {first.step} of {self.size} seeds"

    @property
    def order(self) -> tuple[bool, int, str]:
        """Earliest first; files that tell no step come last, by name."""
        return self.step is None, self.step or 0, self.columns[0].label

    @cached_property
    def mean(self) -> np.ndarray:
        """Merit of the step, (1 + DRAWS,)."""
        return self.merits.mean(axis=0)

    @cached_property
    def taken(self) -> Scores:
        """The file of the group: the lowest seed of those that pass and cannot be told from the best of them.

        Among files that are there, each is what its pictures show; the swing is about trainings yet to come.
        """
        passing = [index for index, column in enumerate(self.columns) if not column.flags]
        best = max(passing, key=lambda index: float(self.merits[index, 0]))
        return self.columns[next(i for i in passing if lag(self.merits[best], self.merits[i]).low <= 0)]


def grouped(columns: Sequence[Scores], merits: np.ndarray) -> list[Group]:
    """The columns by step, earliest first; those of which a training seed and a step are known belong together.

    Where a seed comes twice at one step there were two runs: the second begins a group of its own.
    """
    found: dict[object, list[int]] = defaultdict(list)
    for index in sorted(range(len(columns)), key=lambda index: (columns[index].seed or 0, columns[index].label)):
        column = columns[index]
        key: object = index
        if column.seed is not None and column.step is not None:
            again = sum(columns[i].seed == column.seed for number in _runs(found, column) for i in found[number])
            key = (column.step, again)
        found[key].append(index)
    groups = [Group(tuple(columns[i] for i in held), merits[held]) for held in found.values()]
    return sorted(groups, key=lambda group: group.order)


def _runs(found: dict[object, list[int]], column: Scores) -> list[object]:
    return [key for key in found if isinstance(key, tuple) and key[0] == column.step]


def seed_swing(groups: Sequence[Group]) -> SeedSwing | None:
    """None where no step has two seeds: then it was not measured."""
    several = [group for group in groups if group.size > 1]
    freedom = sum(group.size - 1 for group in several)
    if not freedom:
        return None
    squares = sum(float(((group.merits[:, 0] - group.mean[0]) ** 2).sum()) for group in several)
    return SeedSwing(deviation=sqrt(squares / freedom), freedom=freedom)
