"""Two processes train what one does, however they are stopped, and say together what is wrong."""

import json
import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from tests.conftest import one_held_out, write_tiny_dataset
from tests.together import Said, Together
from tests.trainer.training.ready import made_ready
from tests.trainer.training.test_train import RECIPE
from trainer.families.base import Base
from trainer.recipe.early_stop import EarlyStop
from trainer.recipe.optim import Schedule
from trainer.runtime.group import ALONE, Group
from trainer.training.job import Job
from trainer.training.run.events import Finished, Stepped, read_events
from trainer.training.run.folder import RunFolder
from trainer.training.step.train_step import TrainStep
from trainer.training.train import train

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="forks its processes")
STEPS = 6


@pytest.fixture(scope="module")
def job(tiny_base: Base, tmp_path_factory: pytest.TempPathFactory) -> Job:
    """Four micro-batches an update, two a process."""
    folder = tmp_path_factory.mktemp("together")
    recipe = replace(
        RECIPE,
        schedule=Schedule(steps=STEPS, batch=1, accumulation=4),
        output=replace(RECIPE.output, save_every=3, held_out_every=STEPS),
    )
    dataset = one_held_out(write_tiny_dataset(folder / "pictures"))
    return Job(recipe=recipe, dataset=dataset, base=tiny_base, run=folder / "one", name="sage")


@pytest.fixture(scope="module")
def one(job: Job) -> Path:
    """The run that one process made."""
    list(train(job))
    return job.run


def trained(job: Job, group: Group = ALONE, *, cancelled: Callable[[], bool] = lambda: False) -> list[str]:
    return [type(event).__name__ for event in train(job, cancelled=cancelled, group=group)]


def losses(run: Path) -> list[float]:
    return [event.loss for event in read_events(run / "events.jsonl") if isinstance(event, Stepped)]


def assert_like(run: Path, one: Path) -> None:
    """The issue's bounds: losses within 1e-6, weights within 1e-5."""
    assert len(losses(run)) == STEPS
    assert max(abs(a - b) for a, b in zip(losses(run), losses(one), strict=True)) < 1e-6
    name = "checkpoints/sage_step000006.safetensors"
    there, here = load_file(run / name), load_file(one / name)
    assert there.keys() == here.keys()
    print("LOSS", max(abs(a - b) for a, b in zip(losses(run), losses(one), strict=True)), "W", max(float((there[key].float() - here[key].float()).abs().max()) for key in here))
    assert max(float((there[key].float() - here[key].float()).abs().max()) for key in here) < 1e-5


def test_two_processes_encode_once_and_learn_what_one_does(job: Job, one: Path, tmp_path: Path) -> None:
    here = replace(job, run=tmp_path / "two")
    first, other = Together(lambda group: trained(here, group), tmp_path).said()
    assert_like(here.run, one)
    assert first["returned"].count("Stepped") == other["returned"].count("Stepped") == STEPS
    assert ("Prepared" in first["returned"]) and ("Saved" not in other["returned"])
    assert {path.name for path in (here.run / "cache").iterdir()} == {path.name for path in (one / "cache").iterdir()}
    kinds = [type(event) for event in read_events(here.run / "events.jsonl")]
    assert kinds == [type(event) for event in read_events(one / "events.jsonl")]
