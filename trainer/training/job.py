"""A run to make, and the samples that are drawn on the way."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from ..dataset.dataset import Dataset
from ..families.base import Base
from ..families.family import Family
from ..families.options import FamilyOptions
from ..families.recipe_fit import check_recipe
from ..families.registry import load_family, spec_of
from ..families.residence import Residence
from ..families.spec import FamilySpec
from ..generate.shot import Generator, Shot
from ..recipe.recipe import Recipe
from .run.identity import RunIdentity

Likeness = Callable[[Sequence[Image.Image]], Sequence[float | None]]


@dataclass(frozen=True, kw_only=True)
class Job:
    """A run to make in the folder `run`; `sampler` draws the samples in place of the base in training.

    `regularisation` are the user's own pictures of anybody, `start` a LoRA file to learn on from. `likeness` tells of
    each sample how like the character its face is; None where that cannot be measured. If it has a `name`, that is the
    reader's, and samples of two readers are never compared.
    """

    recipe: Recipe
    dataset: Dataset
    base: Base
    run: Path
    name: str
    device: str = "cpu"
    sampler: Generator | None = None
    regularisation: Dataset | None = None
    start: Path | None = None
    likeness: Likeness | None = None

    def family(self) -> Family:
        """The base as the recipe wants it; its parts load when first used."""
        recipe = self.recipe
        check_recipe(spec_of(self.base), recipe)
        return load_family(self.base, Residence.of(recipe.memory, self.device), FamilyOptions.of(recipe))

    @property
    def identity(self) -> RunIdentity:
        """What makes this run that one and no other."""
        return RunIdentity(
            recipe=self.recipe,
            dataset=self.dataset,
            base=self.base,
            regularisation=self.regularisation,
            start=self.start,
        )


def sample_shots(recipe: Recipe, dataset: Dataset, spec: FamilySpec) -> tuple[Shot, ...]:
    """The shots that are drawn at every sampling, the same seeds each time; none when sampling is off."""
    if not recipe.output.sample_every:
        return ()
    words = {"{trigger}": dataset.trigger, "{subject}": dataset.subject}
    side = recipe.buckets.resolution // recipe.buckets.step * recipe.buckets.step
    shots: list[Shot] = []
    for number, prompt in enumerate(recipe.output.samples):
        for mark, word in words.items():
            prompt = prompt.replace(mark, word)
        shots.append(
            Shot(
                prompt=prompt,
                seed=recipe.seed + number,
                width=side,
                height=side,
                steps=spec.drawn_steps,
                guidance=spec.drawn_guidance,
            )
        )
    return tuple(shots)
