"""Whole runs with every optimizer: cut and resumed they end as if never stopped."""

from dataclasses import replace
from pathlib import Path
from typing import get_args

import pytest
import torch

from tests.trainer.training.ready import made_ready
from trainer.dataset.dataset import Dataset
from trainer.errors import Cancelled, RecipeError
from trainer.families.base import Base
from trainer.recipe.buckets import Buckets
from trainer.recipe.lora import Lora
from trainer.recipe.memory import Memory
from trainer.recipe.optim import OWN_CURVES, OWN_NUMBERS, Optim, Optimizer, Schedule
from trainer.recipe.output import Output
from trainer.recipe.recipe import Recipe
from trainer.training.job import Job
from trainer.training.run.events import Stepped
from trainer.training.step import optimizers
from trainer.training.step.flat_optimizer import FlatOptimizer
from trainer.training.step.schedule import lr_at
from trainer.training.train import train


def recipe_of(name: str) -> Recipe:
    numbers = {"lr": 1e-3, **OWN_NUMBERS.get(name, {})}
    return Recipe(
        lora=Lora(rank=4, alpha=4.0),
        optim=Optim(optimizer=name, **numbers),  # type: ignore[arg-type]
        schedule=Schedule(steps=4, warmup=1, curve=OWN_CURVES.get(name, "rex"), lr_floor=0.1),
        buckets=Buckets(resolution=64, step=16, shortest=48, longest=96),
        memory=Memory(precision="fp32", gradient_checkpointing=False),
        output=Output(save_every=4, sample_every=0, held_out_every=4, watch=False),
        seed=1,
    )


def job_of(name: str, base: Base, dataset: Dataset, run: Path) -> Job:
    return Job(recipe=recipe_of(name), dataset=dataset.with_samples(dataset.train), base=base, run=run, name="sage")


def made(job: Job) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted((job.run / "checkpoints").iterdir())}


@pytest.mark.parametrize("name", [name for name in get_args(Optimizer) if name != "adamw"])
def test_cancelled_and_resumed_ends_as_if_never_stopped(
    name: str, tiny_base: Base, tiny_dataset: Dataset, tmp_path: Path
) -> None:
    straight = job_of(name, tiny_base, tiny_dataset, tmp_path / "straight")
    rates = [event.lr for event in train(straight) if isinstance(event, Stepped)]
    assert rates == [lr_at(step, straight.recipe.optim, straight.recipe.schedule) for step in range(4)]
    cut = replace(straight, run=tmp_path / "cut")
    made_ready(straight.run, cut.run)
    steps: list[int] = []
    with pytest.raises(Cancelled, match="step 2 of 4"):
        for event in train(cut, cancelled=lambda: len(steps) == 2):
            if isinstance(event, Stepped):
                steps.append(event.step)
    assert [event.step for event in train(cut) if isinstance(event, Stepped)] == [3, 4]
    assert made(cut) == made(straight)


def test_the_rate_told_is_the_rate_used(
    tiny_base: Base, tiny_dataset: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    used: list[float] = []
    real = FlatOptimizer.step

    def spied(self: FlatOptimizer, lrs: list[float], norm: torch.Tensor) -> None:
        real(self, lrs, norm)
        used.append(self.inner.param_groups[0]["lr"])

    monkeypatch.setattr(FlatOptimizer, "step", spied)
    job = job_of("adamw", tiny_base, tiny_dataset, tmp_path / "run")
    assert [event.lr for event in train(job) if isinstance(event, Stepped)] == used


def test_schedule_free_saves_the_mean_and_not_what_it_trains_on(
    tiny_base: Base, tiny_dataset: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = job_of("schedulefree", tiny_base, tiny_dataset, tmp_path / "mean")
    list(train(job))
    monkeypatch.setattr("schedulefree.AdamWScheduleFree.eval", lambda _self: None)
    monkeypatch.setattr("schedulefree.AdamWScheduleFree.train", _only_switch)
    other = replace(job, run=tmp_path / "fast")
    list(train(other))
    assert made(other) != made(job)


def _only_switch(self: torch.optim.Optimizer) -> None:
    for group in self.param_groups:
        group["train_mode"] = True


def test_a_missing_library_is_told_before_anything_is_made(
    tiny_base: Base, tiny_dataset: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(module: str) -> None:
        raise ImportError(f"No module named {module!r}")

    monkeypatch.setattr(optimizers, "import_module", missing)
    with pytest.raises(RecipeError, match="pip install -U prodigyopt"):
        next(train(job_of("prodigy", tiny_base, tiny_dataset, tmp_path / "run")))
