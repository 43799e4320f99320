"""Training on a CUDA device; skipped where there is none."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from PIL import Image
from safetensors.torch import load_file

from trainer.dataset.dataset import Dataset
from trainer.families.base import Base
from trainer.planning.plan import Plan, plan_run
from trainer.recipe.buckets import Buckets
from trainer.recipe.lora import Lora
from trainer.recipe.memory import Memory, Precision
from trainer.recipe.optim import Optim, Schedule
from trainer.recipe.output import Output
from trainer.recipe.recipe import Recipe
from trainer.training.job import Job
from trainer.training.run.events import LiveLikeness, Stepped
from trainer.training.run.folder import RunFolder
from trainer.training.train import train

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device"),
]
RECIPE = Recipe(
    lora=Lora(rank=4, alpha=4.0),
    optim=Optim(lr=1e-3),
    schedule=Schedule(steps=6, batch=2),
    buckets=Buckets(resolution=64, step=8, shortest=32, longest=128),
    memory=Memory(precision="bf16", gradient_checkpointing=True, deterministic=True),
    output=Output(save_every=3, sample_every=3, held_out_every=3),
)


@pytest.fixture
def job(tiny_base: Base, tiny_dataset: Dataset, tmp_path: Path) -> Job:
    run = tmp_path / "run"
    return Job(recipe=RECIPE, dataset=tiny_dataset, base=tiny_base, run=run, name="sage", device="cuda")


@pytest.mark.parametrize("precision", ["fp32", "bf16", "fp16"])
def test_every_precision_trains(job: Job, precision: Precision) -> None:
    recipe = replace(RECIPE, memory=replace(RECIPE.memory, precision=precision))
    losses = [event.loss for event in train(replace(job, recipe=recipe)) if isinstance(event, Stepped)]
    assert len(losses) == 6
    assert all(loss == loss for loss in losses)


def test_deterministic_runs_give_the_same_bytes(job: Job) -> None:
    files: list[bytes] = []
    for name in ("first", "second"):
        run = job.run.with_name(name)
        list(train(replace(job, run=run)))
        files.append(RunFolder(run).checkpoints()[-1].path.read_bytes())
    assert files[0] == files[1]


def test_live_likeness_is_told_and_changes_nothing_that_is_learned(job: Job) -> None:
    def read(images: Sequence[Image.Image]) -> list[float | None]:
        return [0.5] * len(images)

    learned: list[dict[str, torch.Tensor]] = []
    for name, likeness in (("watched", read), ("plain", None)):
        run = job.run.with_name(name)
        events = list(train(replace(job, run=run, likeness=likeness)))
        assert any(isinstance(event, LiveLikeness) for event in events) == (likeness is not None)
        learned.append(load_file(RunFolder(run).checkpoints()[-1].path))
    assert learned[0].keys() == learned[1].keys()
    assert all(torch.equal(learned[0][key], learned[1][key]) for key in learned[0])


@pytest.mark.parametrize("optimizer", ["adamw", "adamw8bit", "lion8bit", "adafactor", "prodigy", "schedulefree"])
def test_every_optimizer_steps(job: Job, optimizer: str) -> None:
    data = RECIPE.to_json()
    data["optim"] |= {"optimizer": optimizer, "lr": 1.0 if optimizer == "prodigy" else 1e-3}
    data["optim"]["beta2"] = 0.99 if optimizer == "lion8bit" else 0.999
    data["schedule"]["curve"] = "constant"
    assert list(train(replace(job, recipe=Recipe.from_json(data))))


def test_a_plan_tells_the_peak(job: Job) -> None:
    work = plan_run(job)
    plan: Plan | None = None
    while plan is None:
        try:
            next(work)
        except StopIteration as end:
            plan = end.value
    assert plan.warm_up is not None and plan.warm_up.peak is not None
    assert plan.warm_up.peak >= dict(plan.warm_up.parts)["base, frozen"]
