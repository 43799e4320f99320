"""Who looks on at a run."""

from collections.abc import Mapping

from ...families.family import Family
from ..data.training_set import TrainingSet
from ..job import Job
from ..step.train_step import TrainStep
from .picture_watchers import picture_watchers
from .watcher import Watcher


def watchers_of(job: Job, family: Family, training_set: TrainingSet, train_step: TrainStep) -> Mapping[str, Watcher]:
    """By the name under which each keeps its tensors; none where the recipe wants none."""
    if not job.recipe.output.watch:
        return {}
    return {**picture_watchers(job.recipe, family, training_set, train_step)}
