"""A host trains for weeks in one process: many runs, some cancelled at any moment, leave nothing behind in it."""

import ctypes
import gc
import os
import random
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

import pytest
import torch

from tests.conftest import one_held_out
from trainer.dataset.dataset import Dataset
from trainer.families.base import Base
from trainer.training.job import Job
from trainer.training.run.events import Finished
from trainer.training.train import train

from .test_train import RECIPE, checkpoints

_RUNS, _SEEN = int(os.environ.get("SOAK_RUNS", "40")), 8


@dataclass(frozen=True)
class Held:
    """By the process: resident bytes, live tensors, objects, open files, threads."""

    rss: int
    tensors: int
    objects: int
    files: int
    threads: int


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_many_runs_with_random_cancels_leave_nothing_and_end_with_the_same_bytes(
    tiny_base: Base, tiny_dataset: Dataset, tmp_path: Path
) -> None:
    chance, seen = random.Random(5), list[Held]()
    dataset, stopped = one_held_out(tiny_dataset), list[Job]()
    for number in range(_RUNS):
        job = _drawn(chance, Job(recipe=RECIPE, dataset=dataset, base=tiny_base, run=tmp_path / f"{number}", name="a"))
        if chance.random() < 0.35:
            stopped += _cancelled(job, chance.randrange(16))
        else:
            list(train(job))
        if (number + 1) % (_RUNS // _SEEN) == 0:
            seen.append(_held())
            sys.stderr.write(f"{number + 1} {seen[-1]}\n")
    first, last = seen[_SEEN // 2], seen[-1]
    assert (last.tensors, last.files, last.threads) == (first.tensors, first.files, first.threads), seen
    assert abs(last.rss - first.rss) < 20e6 and last.objects - first.objects < 40 * _RUNS, seen
    assert stopped and not [*tmp_path.rglob("*.part")] and not [*tmp_path.rglob("state.tmp")]
    for job in stopped[:3]:
        assert isinstance(list(train(job))[-1], Finished)
        list(train(straight := replace(job, run=job.run.with_name(f"{job.run.name} straight"))))
        assert checkpoints(job.run) == checkpoints(straight.run)


def _drawn(chance: random.Random, job: Job) -> Job:
    """With a recipe of its own."""
    recipe = replace(
        RECIPE,
        seed=chance.randrange(1000),
        schedule=replace(RECIPE.schedule, steps=chance.randint(1, 5), batch=chance.randint(1, 2)),
        output=replace(RECIPE.output, save_every=chance.randint(1, 3), held_out_every=chance.randint(1, 4)),
    )
    return replace(job, recipe=recipe)


def _cancelled(job: Job, after: int) -> Iterator[Job]:
    """Dropped after so many events, as a host's Cancel does; nothing where it ended before."""
    events = train(job)
    told = list(islice(events, after))
    events.close()
    if not any(isinstance(event, Finished) for event in told):
        yield job


def _held() -> Held:
    for _ in range(3):
        gc.collect()
    ctypes.CDLL("libc.so.6").malloc_trim(0)
    objects = gc.get_objects()
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return Held(
        rss=pages * os.sysconf("SC_PAGE_SIZE"),
        tensors=sum(issubclass(type(each), torch.Tensor) for each in objects),
        objects=len(objects),
        files=len(os.listdir("/proc/self/fd")),  # noqa: PTH208
        threads=threading.active_count(),
    )
