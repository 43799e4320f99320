"""Training a character: from a job to checkpoints, in one generator of events that can stop and resume anywhere."""

from collections.abc import Callable
from collections.abc import Generator as EventGenerator
from contextlib import ExitStack
from dataclasses import replace
from functools import partial

import torch

from ..dataset.step_budget import with_steps
from ..errors import RunError
from ..families.family import Family
from ..families.registry import spec_of
from ..lora.assistant import Assistant
from ..lora.start import check_start, init_from_lora
from ..runtime.backends import Backends, attention_for, in_stretches
from ..runtime.group import ALONE, Group
from ..runtime.work import never
from .checkpoints import Checkpoints
from .data.prepare import Preparation
from .data.prepare_together import prepare_together
from .group_fit import check_group
from .job import Job, sample_shots
from .lead import lead, together
from .loop import TrainingLoop
from .memory.advice import change_for
from .out_of_memory import explain_out_of_memory
from .run.events import Event, Finished, Prepared
from .run.folder import RunFolder
from .samples import Samples
from .settle import Settling
from .step.optimizers import optimizer_class
from .step.train_step import TrainStep
from .step.trial import Trial
from .watch.watcher import Watchers
from .watch.watchers import watchers_of

_FINISHED = b"finished"


# Decorators, not `with`: a generator's body runs in its caller's mode, and the host's is inference_mode.
@torch.inference_mode(False)
@torch.enable_grad()
def train(
    job: Job, *, cancelled: Callable[[], bool] = never, group: Group = ALONE
) -> EventGenerator[Event, None, Finished]:
    """Train, or resume, or answer from a finished folder; the last event is returned too.

    Of a `group` of processes the first alone writes, and how many they are may change from one start to the next.

    Raises Cancelled with everything saved; RunError when the folder is in use, another job's, full or unwritable, when
    the loss is not a number, or when a process of the group has ended; in the others Echo of what the first raises.
    """
    memory = job.recipe.memory
    backends = Backends(
        device=job.device,
        exact=memory.precision == "fp32",
        is_deterministic=memory.deterministic,
        attention=attention_for(job.device, is_deterministic=memory.deterministic),
    )
    return (yield from in_stretches(_train(job, backends, group, cancelled), backends))


def _train(
    job: Job, backends: Backends, group: Group, cancelled: Callable[[], bool]
) -> EventGenerator[Event, None, Finished]:
    job = replace(job, recipe=with_steps(job.recipe, job.dataset.train))
    check_group(job, group)
    run = RunFolder(job.run)
    full = explain_out_of_memory(job.recipe, job.device, spec_of(job.base), partial(change_for, job))
    with ExitStack() as held, full:
        lead(group, lambda: held.enter_context(run.locked()) or b"")
        family = together(group, job.family)
        if lead(group, lambda: _claimed(job, run, family)) == _FINISHED:
            finished = Finished(checkpoints=run.paths(), answered=True)
            yield finished
            return finished
        optimizer_class(job.recipe.optim)  # a missing library is told before pictures are drawn and encoded
        loop = yield from _ready(job, run, family, backends, group, cancelled)
        try:
            return (yield from loop.events(cancelled))
        except RunError:
            raise
        except BaseException:  # a host may cancel by raising anywhere, or just drop this generator
            loop.save_if_whole()
            raise


def _claimed(job: Job, run: RunFolder, family: Family) -> bytes:
    """The folder is this job's from now on; _FINISHED when nothing is left to do in it."""
    if job.start is not None and not run.is_trained:
        # Before pictures are drawn and encoded.
        check_start(family, job.recipe, job.start)
    run.claim(job.name, job.identity)
    return _FINISHED if run.is_finished(job.name, job.recipe.schedule.steps) else b""


def _ready(  # noqa: PLR0913
    job: Job, run: RunFolder, family: Family, backends: Backends, group: Group, cancelled: Callable[[], bool]
) -> EventGenerator[Prepared, None, TrainingLoop]:
    """Everything loaded and encoded; returns the training."""
    recipe = job.recipe
    shots = sample_shots(recipe, job.dataset, family.spec) if group.rank == 0 else ()
    prompts = [""] + [shot.prompt for shot in shots] if shots and job.sampler is None else []
    work = Preparation(
        recipe=recipe,
        dataset=job.dataset,
        base=job.base,
        run=run,
        family=family,
        regularisation=job.regularisation,
        prompts=prompts,
        cancelled=cancelled,
    )
    training_set = yield from prepare_together(work, group)
    assistant = Assistant(family, job.base, recipe.flow)
    watchers = Watchers()
    train_step = TrainStep(family, training_set, recipe, group, watchers.look)
    if group.rank == 0:
        watchers.join(watchers_of(job, family, training_set, train_step))
    if job.start is not None:
        init_from_lora(train_step.adapter, family, job.start)
    checkpoints = Checkpoints(job, run, family, train_step)
    samples = Samples(job, run, family, train_step, assistant, checkpoints, cancelled)
    settling = Settling(job, family, Trial(family, training_set, recipe, train_step), backends)
    return TrainingLoop(job, run, train_step, checkpoints, samples, watchers, settling, group)
