"""`train`: a folder of pictures becomes a LoRA; the same command resumes."""

import time
from argparse import Namespace
from dataclasses import replace
from typing import TYPE_CHECKING

from ..dataset.step_budget import step_budget
from ..runtime.peak import peak_mb
from ..runtime.work import follow
from .command import AddParser, Figures
from .folder import add_readers, face_reader, say_unused
from .job import add_job, job_of
from .progress import following, say

if TYPE_CHECKING:
    from ..scoring.likeness import Likeness
    from ..training.job import Job


def add(command: AddParser) -> None:
    train = command("train", help="train a character LoRA")
    train.set_defaults(command=_train)
    add_job(train)
    add_readers(train)


def _train(options: Namespace) -> Figures:
    from ..training.run.folder import RunFolder
    from ..training.seeds import train_seeds

    job = job_of(options)
    say_unused(job.dataset)
    if job.dataset.train:
        budget = step_budget(job.dataset.train, job.recipe)
        say(budget.sentence)
        if budget.caution:
            say(budget.caution, "yellow")
    job = replace(job, likeness=likeness_of(options, job))
    started = time.monotonic()
    with following() as follower:
        follow(train_seeds(job), follower.show)
    run = RunFolder(options.out)
    last = run.checkpoints()[-1]
    return {
        "checkpoint": str(last.path),
        "step": last.step,
        "stopped_early": run.stopped_early is not None,
        "seconds_total": round(time.monotonic() - started, 1),
        "peak_mb": peak_mb(),
    }


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
