"""Who looks on at a run."""

from collections.abc import Mapping, Sequence
from functools import partial

from ...families.family import Family
from ..data.training_set import TrainingSet
from ..job import Job
from ..memory.advice import change_for
from ..memory.measured import machine_on
from ..run.events import Event, read_events
from ..run.folder import RunFolder
from ..step.conditioning import Conditioning
from ..step.train_step import TrainStep
from .budget import Budget
from .device_memory import DeviceMemoryWatch, gpu_reading
from .live_likeness import LiveLikenessWatch
from .live_plateau import LivePlateau
from .picture_watchers import picture_watchers
from .predicted_faces import PredictedFaces
from .untold import NO_READER, Untold
from .watcher import Watcher

_SHARE = 0.025
"""Of the time of steps, for live likeness."""
_WHOLE = 0.045
"""Of the time of steps, for all, so that it stays below a twentieth: what live likeness leaves is for looking at each
picture."""


def watchers_of(job: Job, family: Family, training_set: TrainingSet, train_step: TrainStep) -> Mapping[str, Watcher]:
    """By the name under which each keeps its tensors; a GPU's memory alone where the recipe wants none."""
    memory = _device_memory(job)
    if not job.recipe.output.watch:
        return memory
    live = _live_likeness(job, family, training_set, train_step)
    left = _WHOLE - _SHARE if live else _WHOLE
    watched, unscored = picture_watchers(job.recipe, family, training_set, train_step, left, job.likeness)
    whys = [why for why in ("" if live else NO_READER, unscored) if why]
    untold = {"untold": Untold(whys)} if whys else {}
    return {**memory, **live, **watched, **untold}


def _device_memory(job: Job) -> Mapping[str, Watcher]:
    if not job.device.startswith("cuda"):
        return {}
    run, context = RunFolder(job.run), machine_on(job.device, job.base.family).context
    watch = DeviceMemoryWatch(
        partial(gpu_reading, job.device), context, partial(change_for, job), lambda: read_events(run.log)
    )
    return {"device_memory": watch}


def _live_likeness(job: Job, family: Family, training_set: TrainingSet, train_step: TrainStep) -> Mapping[str, Watcher]:
    """Held-out pictures come first: nobody learns them by heart."""
    if job.likeness is None:
        return {}
    recipe, adapter, run = job.recipe, train_step.adapter, RunFolder(job.run)
    conditioning = Conditioning(family, recipe.text, training_set.cache.condition, adapter.off)

    def log() -> Sequence[Event]:
        return read_events(run.log)

    watch = LiveLikenessWatch(
        PredictedFaces(family, training_set, conditioning, job.likeness, recipe.seed),
        [*training_set.held_out, *training_set.train],
        LivePlateau(recipe.early_stop, recipe.schedule.warmup, log),
        Budget(_SHARE, recipe.schedule.steps),
        recipe.output.watch_every,
        bare=adapter.off,
        settled=train_step.optimizer.eval_weights,
        log=log,
        reader=getattr(job.likeness, "name", ""),
    )
    return {"live_likeness": watch}
