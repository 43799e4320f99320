"""How far a recipe goes on a dataset: what its updates mean in pictures shown, epochs and passes."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

from ..dataset.sample import Sample
from ..recipe.recipe import Recipe
from .buckets import placement


@dataclass(frozen=True, kw_only=True)
class Reach:
    """Optimizer updates, pictures shown in all, rounds of the dataset with its repeats, and times each picture is seen.

    Prior pictures come beside these and change none of them.
    """

    updates: int
    presentations: int
    epochs: float
    passes: float

    @property
    def sentence(self) -> str:
        return (
            f"{self.updates} updates show {self.presentations} pictures in {self.epochs:.1f} epochs: each about "
            f"{self.passes:.0f} times."
        )


def reach(train: Sequence[Sample], recipe: Recipe) -> Reach:
    """Of the recipe's steps on these pictures. Each bucket's last batch may be short, as kohya's: Σ ceil(n / batch);
    a broken round counts its batches at their mean size."""
    shown: Counter[tuple[int, int]] = Counter()
    for sample in train:
        shown[placement((sample.width, sample.height), recipe.buckets).bucket] += sample.repeats
    schedule = recipe.schedule
    batches = sum(ceil(count / schedule.batch) for count in shown.values())
    epochs = schedule.steps * schedule.accumulation / batches
    presentations = round(epochs * shown.total())
    return Reach(updates=schedule.steps, presentations=presentations, epochs=epochs, passes=presentations / len(train))
