"""How far a recipe goes on a dataset: what its updates mean in pictures shown, epochs and passes."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import ceil

from ..recipe.recipe import Recipe
from .placed_sample import PlacedSample, place_samples, shown_by_bucket
from .sample import Sample

_NOTICED = 0.03
"""Share of the epochs asked for by which those made may differ without a word."""


@dataclass(frozen=True, kw_only=True)
class StepBudget:
    """Optimizer updates, pictures shown in all, rounds of the dataset with its repeats, and times each picture is seen.

    A round shows each picture at up to `sizes` resolutions; `passes` counts all of them. Prior pictures come beside
    these and change none of them. `asked` are the epochs of the recipe, 0 where it has steps; `batches` make one, and
    an update takes `accumulation` of them. `is_most`: the run may stop before.
    """

    updates: int
    presentations: int
    epochs: float
    passes: float
    asked: int = 0
    batches: int = 1
    accumulation: int = 1
    sizes: int = 1
    is_most: bool = False

    @property
    def sentence(self) -> str:
        return f"{self.shown}: each about {self.passes:.0f} times{self.at_sizes}."

    @property
    def shown(self) -> str:
        """The beginning of a sentence: how many updates show how many pictures."""
        most = "At most " if self.is_most else ""
        return f"{most}{self.updates} updates show {self.presentations} pictures in {self.epochs:.1f} epochs"

    @property
    def at_sizes(self) -> str:
        """For a sentence, behind the number of times; "" for one size."""
        return f", at {self.sizes} sizes together" if self.sizes > 1 else ""

    @property
    def caution(self) -> str:
        """What is made in place of what was asked; "" where that is the same, as far as anybody would notice."""
        if not self.asked or abs(self.epochs - self.asked) < _NOTICED * self.asked:
            return ""
        steps = max(1, round(self.asked * self.batches / self.accumulation))
        return (
            f"{self.asked} epochs were asked for and {self.epochs:.1f} are made: an update takes {self.accumulation} "
            f"batches, an epoch has {self.batches}, and each begins with an update of its own. "
            f"{steps} steps in place of epochs would be nearest."
        )


def with_steps(recipe: Recipe, train: Sequence[Sample]) -> Recipe:
    """The recipe with its epochs counted out in steps, by kohya's rule: epochs × ceil(batches / accumulation)."""
    return count_epochs(recipe, place_samples(train, recipe.buckets))


def step_budget(train: Sequence[Sample], recipe: Recipe) -> StepBudget:
    """Of the recipe's steps on these pictures."""
    return budget_of(place_samples(train, recipe.buckets), recipe)


def count_epochs(recipe: Recipe, placed: Sequence[PlacedSample]) -> Recipe:
    """`with_steps` of pictures that have their places."""
    schedule = recipe.schedule
    if not schedule.epochs:
        return _with_shares(recipe)
    if not placed:
        return recipe
    per_epoch = ceil(batches_per_epoch(placed, schedule.batch) / schedule.accumulation)
    counted = replace(schedule, steps=schedule.epochs * per_epoch, epochs=0)
    return _with_shares(replace(recipe, schedule=counted))


def _with_shares(recipe: Recipe) -> Recipe:
    """The recipe with what are shares of its steps counted out, now that there are so many."""
    schedule, text = recipe.schedule, recipe.text
    if not (schedule.warmup_share or text.encoder_share):
        return recipe
    warmup = schedule.warmup or int(schedule.warmup_share * schedule.steps)
    encoder_steps = text.encoder_steps or ceil(text.encoder_share * schedule.steps)
    return replace(
        recipe,
        schedule=replace(schedule, warmup=warmup, warmup_share=0.0),
        text=replace(text, encoder_steps=encoder_steps, encoder_share=0.0),
    )


def budget_of(placed: Sequence[PlacedSample], recipe: Recipe) -> StepBudget:
    """`step_budget` of pictures that have their places; a broken round counts its batches at their mean size."""
    schedule = count_epochs(recipe, placed).schedule
    batches = batches_per_epoch(placed, schedule.batch)
    epochs = schedule.steps * schedule.accumulation / batches
    presentations = round(epochs * sum(one.repeats for one in placed))
    # A picture is one object at all its sizes.
    shown = Counter(id(one.sample) for one in placed)
    return StepBudget(
        updates=schedule.steps,
        presentations=presentations,
        epochs=epochs,
        passes=presentations / len(shown),
        asked=recipe.schedule.epochs,
        batches=batches,
        accumulation=schedule.accumulation,
        sizes=max(shown.values()),
        is_most=recipe.early_stop.patience > 0,
    )


def batches_per_epoch(placed: Sequence[PlacedSample], batch: int) -> int:
    """Each bucket's last batch may be short, as kohya's: Σ ceil(n / batch)."""
    return sum(ceil(count / batch) for count in shown_by_bucket(placed).values())
