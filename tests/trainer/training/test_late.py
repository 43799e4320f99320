"""Updates that are read one later, as on a GPU: the same run, and nothing broken is ever saved."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from tests.conftest import one_held_out
from trainer.dataset.dataset import Dataset
from trainer.errors import Cancelled, RunError
from trainer.families.base import Base
from trainer.recipe.buckets import Buckets
from trainer.recipe.lora import Lora
from trainer.recipe.memory import Memory
from trainer.recipe.optim import Optim, Schedule
from trainer.recipe.output import Output
from trainer.recipe.recipe import Recipe
from trainer.runtime.work import follow
from trainer.training.job import Job
from trainer.training.run.events import Event, HeldOut, Saved, Stepped, read_events
from trainer.training.run.folder import RunFolder
from trainer.training.step.train_step import TrainStep
from trainer.training.train import train

from .ready import made_ready

RECIPE = Recipe(
    lora=Lora(rank=2, alpha=1.0),
    optim=Optim(lr=1e-3),
    schedule=Schedule(steps=7, batch=2),
    buckets=Buckets(resolution=64, step=16, shortest=48, longest=96),
    memory=Memory(precision="fp32", gradient_checkpointing=False),
    output=Output(save_every=4, sample_every=0, held_out_every=3),
)
BROKEN = 6
"""The update whose loss is no number."""


@pytest.fixture
def job(tiny_base: Base, tiny_dataset: Dataset, tmp_path: Path) -> Job:
    return Job(recipe=RECIPE, dataset=one_held_out(tiny_dataset), base=tiny_base, run=tmp_path / "run", name="sage")


@pytest.fixture
def late(monkeypatch: pytest.MonkeyPatch) -> None:
    real = TrainStep.__init__

    def made(self: TrainStep, *given: Any, **named: Any) -> None:
        real(self, *given, **named)
        self.lag = 1

    monkeypatch.setattr(TrainStep, "__init__", made)


def told(events: Sequence[Event]) -> list[tuple[object, ...]]:
    """What does not depend on the clock."""
    return [
        (type(event), event.step, event.loss if isinstance(event, Stepped) else None)
        for event in events
        if isinstance(event, Stepped | HeldOut | Saved)
    ]


def last_bytes(run: Path) -> bytes:
    return RunFolder(run).checkpoints()[-1].path.read_bytes()


def test_a_run_that_reads_late_is_the_same(job: Job, request: pytest.FixtureRequest) -> None:
    follow(train(job))
    request.getfixturevalue("late")
    again = replace(job, run=job.run.with_name("late"))
    made_ready(job.run, again.run)
    follow(train(again))
    assert last_bytes(again.run) == last_bytes(job.run)
    assert told(read_events(RunFolder(again.run).log)) == told(read_events(RunFolder(job.run).log))


@pytest.mark.usefixtures("late")
def test_a_step_is_told_one_later_where_nothing_is_due(job: Job) -> None:
    steps: list[list[int]] = [[]]
    real = TrainStep.learned

    def learned(self: TrainStep, step: int) -> Any:
        steps.append([])
        return real(self, step)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TrainStep, "learned", learned)
        for event in train(job):
            if isinstance(event, Stepped):
                steps[-1].append(event.step)
    # Step 3 is held out, step 4 saved, step 6 held out; step 7 is the last.
    assert steps[1:] == [[], [1], [2, 3], [4], [], [5, 6], [7]]


@pytest.mark.usefixtures("late")
def test_what_was_stopped_is_read_and_goes_on_to_the_same_end(job: Job) -> None:
    whole = replace(job, run=job.run.with_name("whole"))
    follow(train(whole))
    made_ready(whole.run, job.run)
    seen: list[Event] = []
    with pytest.raises(Cancelled, match="at step 2"):
        for event in train(job, cancelled=lambda: sum(isinstance(event, Stepped) for event in seen) == 1):
            seen.append(event)
    assert [event.step for event in seen if isinstance(event, Stepped)] == [1, 2]
    follow(train(job))
    assert last_bytes(job.run) == last_bytes(whole.run)


@pytest.mark.usefixtures("late")
def test_a_run_that_is_dropped_keeps_what_it_learned(job: Job) -> None:
    running = train(job)
    for event in running:
        if isinstance(event, Stepped):
            break
    running.close()
    run = RunFolder(job.run)
    assert [checkpoint.step for checkpoint in run.checkpoints()] == [2]
    assert [event.step for event in read_events(run.log) if isinstance(event, Stepped)] == [1, 2]


@pytest.mark.usefixtures("late")
@pytest.mark.parametrize("is_dropped", [False, True])
def test_what_is_no_number_is_never_saved(job: Job, is_dropped: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    real = TrainStep.learn
    calls = [0]

    def learn(self: TrainStep, *given: Any) -> Any:
        calls[0] += 1
        losses, predicted = real(self, *given)
        return losses * (float("nan") if calls[0] >= BROKEN else 1.0), predicted

    monkeypatch.setattr(TrainStep, "learn", learn)
    recipe = replace(RECIPE, output=replace(RECIPE.output, held_out_every=100))
    # Of one bucket, so that an update is one pass.
    recipe = replace(recipe, schedule=replace(recipe.schedule, batch=1))
    running = train(replace(job, recipe=recipe))
    if is_dropped:
        for event in running:
            if isinstance(event, Stepped) and event.step == BROKEN - 1:
                break
        running.close()
    else:
        with pytest.raises(RunError, match=f"Step {BROKEN} "):
            follow(running)
    assert [checkpoint.step for checkpoint in RunFolder(job.run).checkpoints()] == [4]
    assert torch.is_grad_enabled()
