"""`train`: a folder of pictures becomes a LoRA; the same command resumes."""

import time
from argparse import Namespace

from ..dataset.step_budget import step_budget
from ..runtime.peak import peak_mb
from ..runtime.work import follow
from .command import AddParser, Figures
from .folder import say_unused
from .job import add_job, job_of
from .progress import following, say


def add(command: AddParser) -> None:
    train = command("train", help="train a character LoRA")
    train.set_defaults(command=_train)
    add_job(train)


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
    started = time.monotonic()
    with following() as follower:
        follow(train_seeds(job), follower.show)
    last = RunFolder(options.out).checkpoints()[-1]
    seconds = round(time.monotonic() - started, 1)
    return {"checkpoint": str(last.path), "step": last.step, "seconds_total": seconds, "peak_mb": peak_mb()}
