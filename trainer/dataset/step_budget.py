"""How far a recipe goes on a dataset: what its updates mean in pictures shown, epochs and passes."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import ceil

from ..recipe.buckets import placement
from ..recipe.recipe import Recipe
from .sample import Sample


@dataclass(frozen=True, kw_only=True)
class StepBudget:
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


def with_steps(recipe: Recipe, train: Sequence[Sample]) -> Recipe:
    """The recipe with its epochs counted out in steps, by kohya's rule: epochs × ceil(batches / accumulation)."""
    schedule = recipe.schedule
    if not schedule.epochs or not train:
        return recipe
    per_epoch = ceil(_batches(_shown(train, recipe), schedule.batch) / schedule.accumulation)
    return replace(recipe, schedule=replace(schedule, steps=schedule.epochs * per_epoch, epochs=0))


def step_budget(train: Sequence[Sample], recipe: Recipe) -> StepBudget:
    """Of the recipe's steps on these pictures. Each bucket's last batch may be short, as kohya's: Σ ceil(n / batch);
    a broken round counts its batches at their mean size."""
    recipe = with_steps(recipe, train)
    shown = _shown(train, recipe)
    schedule = recipe.schedule
    epochs = schedule.steps * schedule.accumulation / _batches(shown, schedule.batch)
    presentations = round(epochs * shown.total())
    return StepBudget(
        updates=schedule.steps, presentations=presentations, epochs=epochs, passes=presentations / len(train)
    )


def _shown(train: Sequence[Sample], recipe: Recipe) -> Counter[tuple[int, int]]:
    """Pictures of one round in each bucket, repeats counted."""
    shown: Counter[tuple[int, int]] = Counter()
    for sample in train:
        shown[placement((sample.width, sample.height), recipe.buckets).bucket] += sample.repeats
    return shown


def _batches(shown: Counter[tuple[int, int]], batch: int) -> int:
    return sum(ceil(count / batch) for count in shown.values())
