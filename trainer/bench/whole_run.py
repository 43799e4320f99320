"""A short run as users start it: what the loop takes besides the step, and how soon it begins.

Without samples and watching, whose costs are told apart.
"""

import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from ..demo.assets import demo_base
from ..demo.characters.character import draw_character
from ..families.base import Base
from ..families.registry import describe_base
from ..recipe.buckets import Buckets
from ..recipe.lora import Lora
from ..recipe.memory import Memory
from ..recipe.optim import Optim, Schedule
from ..recipe.output import Output
from ..recipe.recipe import Recipe
from ..training.job import Job
from ..training.run.events import Finished, Prepared, Stepped
from ..training.step.answer import Learned, Updated
from ..training.step.train_step import TrainStep
from ..training.train import train

_STEPS = 12
_DEMO_STEPS = 24


def whole_run(base: Path, side: int, folder: Path, device: str) -> dict[str, Any]:
    """Batch 1."""
    recipe = _recipe(side, 1, _STEPS)
    if device != "cpu":
        recipe = replace(recipe, memory=Memory(precision="bf16", gradient_checkpointing=False))
    return _figures(describe_base(base), recipe, folder, device)


def demo_run(folder: Path) -> dict[str, Any]:
    """The demo base, batch 4 at 128 px: its steps are so short that whatever is beside them shows most."""
    return _figures(demo_base(), _recipe(128, 4, _DEMO_STEPS), folder, "cpu")


def _recipe(side: int, batch: int, steps: int) -> Recipe:
    return Recipe(
        lora=Lora(rank=16, alpha=16.0),
        optim=Optim(lr=1e-4),
        schedule=Schedule(steps=steps, batch=batch),
        buckets=Buckets(resolution=side, step=64, shortest=64, longest=2 * side),
        memory=Memory(precision="fp32", gradient_checkpointing=False),
        output=Output(save_every=steps, sample_every=0, held_out_every=steps, watch=False),
    )


def _figures(base: Base, recipe: Recipe, folder: Path, device: str) -> dict[str, Any]:
    run = folder.with_name(f"{folder.name}_{time.time_ns()}")
    drawn = draw_character(folder / "dataset", 0)
    dataset = replace(drawn, samples=drawn.train)
    job = Job(recipe=recipe, dataset=dataset, base=base, run=run, name="bench", device=device)
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
    wall, worked = stepped[-1] - stepped[0], sum(busy[1:])
    return {
        "overhead_fraction": round(max(0.0, 1 - worked / wall), 4),
        "seconds_to_first_step": round(first, 2),
        # Before the second picture libraries are imported and encoders are loaded.
        "cached_pictures_per_second": round((len(encoding) - 2) / (encoding[-1] - encoding[1]), 2),
    }


@contextmanager
def _timed_work() -> Generator[list[float]]:
    """Seconds of each update's forward and backward passes and optimizer step: all else is the loop's own.

    A GPU is waited for around each, so that its own time is counted and the loop's is not hidden behind it.
    """
    learn, learned, apply = TrainStep.learn, TrainStep.learned, TrainStep.apply
    each: list[float] = []
    spent = [0.0]

    def learning(self: TrainStep, *given: Any) -> Any:
        with _added_to(spent):
            return learn(self, *given)

    def beginning(self: TrainStep, step: int) -> Learned:
        spent[0] = 0.0
        return learned(self, step)

    def applying(self: TrainStep, gradients: Learned) -> Updated:
        inner = self.optimizer.step

        def stepping(*given: Any) -> None:
            with _added_to(spent):
                inner(*given)

        self.optimizer.step = stepping  # type: ignore[method-assign]
        try:
            return apply(self, gradients)
        finally:
            self.optimizer.step = inner  # type: ignore[method-assign]
            each.append(spent[0])

    TrainStep.learn, TrainStep.learned, TrainStep.apply = learning, beginning, applying  # type: ignore[method-assign]
    try:
        yield each
    finally:
        TrainStep.learn, TrainStep.learned, TrainStep.apply = learn, learned, apply  # type: ignore[method-assign]


@contextmanager
def _added_to(spent: list[float]) -> Generator[None]:
    """Adds the block's seconds to the first of `spent`."""
    _wait()
    started = time.monotonic()
    try:
        yield
    finally:
        _wait()
        spent[0] += time.monotonic() - started


def _wait() -> None:
    cuda: Any = torch.cuda
    if cuda.is_available() and cuda.is_initialized():
        cuda.synchronize()
