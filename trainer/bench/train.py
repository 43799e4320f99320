"""`bench train`: our step beside diffusers' example, what the loop adds to it, and how soon training begins."""

import statistics
import tempfile
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from ..dataset.dataset import Dataset
from ..demo.assets import demo_base
from ..demo.characters.character import draw_character
from ..errors import LikenessError
from ..families.base import Base
from ..families.registry import describe_base, load_family
from ..families.residence import Residence
from ..families.sd.model import StableDiffusion
from ..planning.warm_up import synchronise
from ..recipe.buckets import Buckets
from ..recipe.lora import Lora
from ..recipe.loss import Loss
from ..recipe.memory import Memory
from ..recipe.optim import Optim, Schedule
from ..recipe.output import Output
from ..recipe.recipe import Recipe
from ..runtime.peak import peak_mb
from ..runtime.work import follow
from ..training.data.prepare import Preparation, prepare
from ..training.data.training_set import TrainingSet
from ..training.job import Job
from ..training.run.events import Finished, Prepared, Stepped
from ..training.run.folder import RunFolder
from ..training.step.train_step import TrainStep
from ..training.train import train
from .diffusers_step import DiffusersLoop
from .inputs.random_sdxl import write_random_sdxl

_ROUNDS, _STEPS = 8, 6
_STEPS_OF_A_RUN = 24


@dataclass(frozen=True, kw_only=True)
class _Set:
    """What is trained, on what."""

    base: Base
    dataset: Dataset
    recipe: Recipe
    device: str


def bench_train(out: Path | None = None, device: str = "cpu") -> dict[str, Any]:
    """Ratio of our step's time to that of diffusers' example (medians of interleaved rounds), and the rest of a run.

    On a processor the demo base at 128 px, batch 4; on a GPU SDXL at its real size with random weights, 1024 px,
    batch 1, bf16 with checkpointing, whose file of 7 GB is kept in `out`.
    """
    with tempfile.TemporaryDirectory() as scratch:
        folder = out or Path(scratch)
        given = _given(folder, device)
        ours, theirs = _side_by_side(given, folder / "side_by_side")
        run = _whole_run(given, folder / f"run_{time.time_ns()}")
    return {
        "device": torch.cuda.get_device_name(device) if device.startswith("cuda") else "cpu",
        "model": given.base.name,
        "resolution": given.recipe.buckets.resolution,
        "batch": given.recipe.schedule.batch,
        "ratio_vs_diffusers": round(ours / theirs, 3),
        "seconds_per_step": round(ours, 4),
        "diffusers_seconds_per_step": round(theirs, 4),
        **run,
        "peak_mb": peak_mb(),
    }


def _given(folder: Path, device: str) -> _Set:
    dataset = draw_character(folder / "dataset", 0)
    recipe = Recipe(
        lora=Lora(rank=16, alpha=16.0),
        optim=Optim(lr=1e-4),
        schedule=Schedule(steps=_STEPS_OF_A_RUN, batch=4),
        loss=Loss(min_snr_gamma=5.0),
        buckets=Buckets(resolution=128, step=64, shortest=64, longest=256),
        memory=Memory(precision="fp32", gradient_checkpointing=False),
        output=Output(save_every=_STEPS_OF_A_RUN, sample_every=0, held_out_every=_STEPS_OF_A_RUN),
    )
    if device == "cpu":
        return _Set(base=demo_base(), dataset=dataset, recipe=recipe, device=device)
    if not torch.cuda.is_available():
        raise LikenessError(f"There is no device {device!r} on this machine; leave --device out for the processor.")
    recipe = replace(
        recipe,
        schedule=replace(recipe.schedule, batch=1),
        buckets=Buckets(resolution=1024, step=64, shortest=512, longest=2048),
        memory=Memory(precision="bf16", gradient_checkpointing=True),
    )
    path = folder / "random_sdxl.safetensors"
    if not path.is_file():
        write_random_sdxl(path)
    return _Set(base=describe_base(path), dataset=dataset, recipe=recipe, device=device)


def _side_by_side(given: _Set, folder: Path) -> tuple[float, float]:
    """Seconds a step, ours and theirs: medians over rounds that take turns, so that a busy moment hits both."""
    ours = _train_step(given, folder)
    theirs = _diffusers(given, ours[1])
    seconds: tuple[list[float], list[float]] = ([], [])
    number = 0
    for round_number in range(_ROUNDS + 1):
        for kind in (0, 1) if round_number % 2 else (1, 0):
            started = time.monotonic()
            for _ in range(_STEPS):
                if kind:
                    theirs.step()
                else:
                    ours[0].update(number % _STEPS_OF_A_RUN)
                    number += 1
            synchronise(given.device)
            if round_number:
                seconds[kind].append((time.monotonic() - started) / _STEPS)
    return statistics.median(seconds[0]), statistics.median(seconds[1])


def _train_step(given: _Set, folder: Path) -> tuple[TrainStep, TrainingSet]:
    recipe = given.recipe
    family = load_family(given.base, Residence.of(recipe.memory, given.device))
    work = Preparation(
        recipe=recipe,
        dataset=given.dataset,
        base=given.base,
        run=RunFolder(folder),
        family=family,
        regularisation=None,
        prompts=(),
        cancelled=lambda: False,
    )
    training_set = follow(prepare(work))
    return TrainStep(family, training_set, recipe), training_set


def _diffusers(given: _Set, training_set: TrainingSet) -> DiffusersLoop:
    family = load_family(given.base, Residence.of(given.recipe.memory, given.device))
    assert isinstance(family, StableDiffusion)
    cache = training_set.cache
    pictures: list[tuple[Tensor, Any, Any]] = [
        (cache.latents(item.sample, item.placement), cache.condition(item.caption), item.placement)
        for item in training_set.train
    ]
    return DiffusersLoop(family, given.recipe, pictures)


def _whole_run(given: _Set, folder: Path) -> dict[str, Any]:
    """A short run as users start it: time to the first step, caching, and what the loop takes besides the step."""
    job = Job(
        recipe=given.recipe, dataset=given.dataset, base=given.base, run=folder, name="bench", device=given.device
    )
    started, first = time.monotonic(), 0.0
    encoding: list[float] = []
    stepped: list[float] = []
    with _timed_work() as busy:
        for event in train(job):
            now = time.monotonic()
            if isinstance(event, Prepared) and event.what == "encoding pictures":
                encoding.append(now)
            elif isinstance(event, Stepped):
                first = first or now - started
                stepped.append(now)
            elif isinstance(event, Finished):
                break
    wall = stepped[-1] - stepped[0]
    worked = sum(busy[1:]) if len(busy) > 1 else 0.0
    pictures = len(given.dataset.train) + len(given.dataset.held_out)
    return {
        "overhead_fraction": round(max(0.0, 1 - worked / wall), 4),
        "seconds_to_first_step": round(first, 2),
        "cached_pictures_per_second": round(pictures / (encoding[-1] - encoding[0]), 2),
    }


@contextmanager
def _timed_work() -> Generator[list[float]]:
    """Seconds of each update's forward and backward passes and optimizer step: all else is the loop's own."""
    learn, update = TrainStep.learn, TrainStep.update
    each: list[float] = []
    spent = [0.0]

    def learning(self: TrainStep, *given: Any) -> Tensor:
        with _added_to(spent):
            return learn(self, *given)

    def updating(self: TrainStep, step: int) -> tuple[float, float]:
        spent[0] = 0.0
        inner = self.optimizer.step

        def stepping(*given: Any) -> None:
            with _added_to(spent):
                inner(*given)

        self.optimizer.step = stepping  # type: ignore[method-assign]
        try:
            return update(self, step)
        finally:
            self.optimizer.step = inner  # type: ignore[method-assign]
            each.append(spent[0])

    TrainStep.learn, TrainStep.update = learning, updating  # type: ignore[method-assign]
    try:
        yield each
    finally:
        TrainStep.learn, TrainStep.update = learn, update  # type: ignore[method-assign]


@contextmanager
def _added_to(spent: list[float]) -> Generator[None]:
    """Adds the block's seconds to the first of `spent`."""
    started = time.monotonic()
    try:
        yield
    finally:
        spent[0] += time.monotonic() - started
