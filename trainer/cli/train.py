"""`train`: a folder of pictures becomes a LoRA; the same command resumes."""

import logging
import signal
import time
from argparse import Namespace
from dataclasses import replace
from typing import TYPE_CHECKING

from ..dataset.step_budget import step_budget
from ..runtime.peak import peak_mb
from ..runtime.signals import stopping
from ..runtime.work import follow
from .command import AddParser, Figures
from .folder import add_readers, face_reader, say_unused
from .job import add_job, job_of
from .progress import following, say

if TYPE_CHECKING:
    from ..runtime.group import Group
    from ..scoring.likeness import Likeness
    from ..training.job import Job


_SIGNALS = (signal.SIGTERM, signal.SIGINT)
"""Those upon which a run saves before it ends."""
_SEVERAL = (
    "Several GPUs train one LoRA: accelerate launch --multi_gpu --num_processes 2 -m trainer train ... --device cuda, "
    "or torchrun --nproc-per-node 2 -m trainer train ... --device cuda. They share the recipe's accumulation, which is "
    "to be a multiple of their number; docs/clusters.md has more."
)


def add(command: AddParser) -> None:
    train = command("train", help="train a character LoRA")
    train.set_defaults(command=_train)
    train.epilog = _SEVERAL
    add_job(train)
    add_readers(train)


def _train(options: Namespace) -> Figures | None:
    from ..runtime.processes import joined
    from ..training.lead import together

    with joined(options.device) as (group, device):
        job = replace(together(group, lambda: job_of(options)), device=device)
        return _as_first(options, job, group) if group.rank == 0 else _as_other(job, group)


def _as_first(options: Namespace, job: "Job", group: "Group") -> Figures:
    """The process that says how it goes, which most runs have alone."""
    from ..training.run.folder import RunFolder
    from ..training.run.last_error import errors_kept
    from ..training.seeds import train_seeds

    say_unused(job.dataset)
    if job.dataset.train:
        budget = step_budget(job.dataset.train, job.recipe)
        say(budget.sentence)
        if budget.caution:
            say(budget.caution, "yellow")
    job = replace(job, likeness=likeness_of(options, job))
    started = time.monotonic()
    with following() as follower, stopping(*_SIGNALS, said=_said(group)) as asked, errors_kept(options.out):
        follow(train_seeds(job, cancelled=asked, group=group), follower.show)
    run = RunFolder(options.out)
    last = run.checkpoints()[-1]
    return {
        "checkpoint": str(last.path),
        "step": last.step,
        "stopped_early": run.stopped_early is not None,
        "seconds_total": round(time.monotonic() - started, 1),
        "peak_mb": peak_mb(),
        "processes": group.world,
    }


def _as_other(job: "Job", group: "Group") -> None:
    """A process that helps the first one, which says for both what there is to say."""
    from ..training.seeds import train_seeds

    logging.disable(logging.WARNING)
    with stopping(*_SIGNALS) as asked:
        follow(train_seeds(job, cancelled=asked, group=group))


def _said(group: "Group") -> str:
    """Upon the first signal. Of several processes none ends by itself, or each would stop at another step."""
    return "Stopping after this step. Ctrl+C again ends at once." if group.world == 1 else ""


def likeness_of(options: Namespace, job: "Job") -> "Likeness | None":
    """Who measures faces: the reader asked for, on a demo base the demo's own; None where none are looked at."""
    from ..demo.assets import demo_family
    from ..scoring.likeness import Likeness

    output = job.recipe.output
    if not (output.watch or (output.sample_every and output.samples)):
        return None
    if options.faces == "auto" and demo_family(job.base) is not None:
        options.faces = "demo"
    reader = face_reader(options)
    return None if reader is None else Likeness(reader, job.dataset)
