"""Who looks at each picture of a run, and at what it learns by heart."""

from collections.abc import Mapping, Sequence

from ...families.family import Family
from ...recipe.recipe import Recipe
from ..data.training_set import Example, TrainingSet
from ..step.train_step import TrainStep
from .fixed_noise import FixedNoise
from .memory_score import MemoryScore, why_unscored
from .picture_watch import PictureWatch
from .predicted_faces import Read
from .probes import Probes
from .watcher import Watcher

_PASSES, _PASSES_RECOMPUTED = 1.25, 1.9
"""Looks that cost as much as training on one picture does. A step is a forward pass, beside frozen weights as much
backward, and one more where activations are made anew; but looks are of few pictures, which is dearer: 1.25 measured.
"""
_TOLD_EVERY = 5


def picture_watchers(  # noqa: PLR0913
    recipe: Recipe,
    family: Family,
    training_set: TrainingSet,
    train_step: TrainStep,
    share: float,
    read: Read | None = None,
) -> tuple[Mapping[str, Watcher], str]:
    """By name; `probes` comes first, because the others read it. `share` of a run's time is theirs; `read` tells
    faces, as a Job's likeness. And why nothing is told of learning by heart, "" where it is."""
    train, held_out = _once(training_set.train), _once(training_set.held_out)
    noise = FixedNoise(family, training_set, train_step, recipe.text, recipe.seed)
    steps, every = recipe.schedule.steps, _TOLD_EVERY * recipe.output.watch_every
    each = _PASSES_RECOMPUTED if recipe.memory.gradient_checkpointing else _PASSES
    probes = Probes(noise, train, held_out, steps, share=share, each=each, batch=recipe.schedule.batch)
    watchers = {"probes": probes, "pictures": PictureWatch(training_set, train, probes, every, steps, read)}
    why = why_unscored(len(train), len(held_out))
    scored = {} if why else {"memory": MemoryScore(probes, len(train), every, steps)}
    return {**watchers, **scored}, why


def _once(examples: Sequence[Example]) -> list[Example]:
    """Every picture at the first of its resolutions."""
    return list({example.sample.path: example for example in reversed(examples)}.values())[::-1]
