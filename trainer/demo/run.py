"""The demo: learn a character, compare the checkpoints, choose one; then over-train on purpose and see it caught."""

import time
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path

from ..dataset.dataset import Dataset
from ..families.base import Base
from ..generate.local import LocalGenerator
from ..recipe.recipe import Recipe
from ..runtime.work import Ask, never
from ..scoring import Compared, Report, Subject, Tools, candidates_of_run, compare
from ..scoring.likeness import Likeness
from ..training.job import Job
from ..training.run.events import Event
from ..training.run.folder import Checkpoint, RunFolder
from ..training.train import train
from .assets import demo_base, demo_reader, other_people
from .characters.character import draw_character
from .family import DemoFamily
from .settings import demo_plan, demo_recipe


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """A trained and compared run. Seconds are of training alone and of all."""

    dataset: Dataset
    run: Path
    checkpoints: tuple[Checkpoint, ...]
    report: Report
    seconds_training: float
    seconds: float


def learn(
    out: Path, number: int = 0, *, family: DemoFamily = "sdxl", seed: int = 0, cancelled: Ask = never
) -> Generator[Event | Compared, None, Outcome]:
    """Train demo character `number` on its 16 pictures and compare the checkpoints; returns the Outcome."""
    dataset = draw_character(out / "dataset", number)
    return _learn(out, dataset, family, demo_recipe(family=family, seed=seed), cancelled)


def overdo(
    out: Path, number: int = 0, *, family: DemoFamily = "sdxl", seed: int = 0, cancelled: Ask = never
) -> Generator[Event | Compared, None, Outcome]:
    """Train far too long on three pictures, with nothing that keeps other people: what over-training looks like."""
    dataset = draw_character(out / "dataset", number, train=3)
    recipe = demo_recipe(family=family, steps=600, lr=6e-3, seed=seed)
    data = recipe.to_json()
    data["prior"]["images"] = 0
    data["output"]["sample_every"] = 0
    return _learn(out, dataset, family, Recipe.from_json(data), cancelled)


def _learn(
    out: Path, dataset: Dataset, family: DemoFamily, recipe: Recipe, cancelled: Ask
) -> Generator[Event | Compared, None, Outcome]:
    started = time.monotonic()
    base = demo_base(family=family)
    likeness = Likeness(demo_reader(), dataset)
    job = Job(recipe=recipe, dataset=dataset, base=base, run=out / "run", name=dataset.trigger, likeness=likeness)
    yield from train(job, cancelled=cancelled)
    trained = time.monotonic()
    checkpoints = RunFolder(job.run).checkpoints()
    plan, tools = demo_plan(dataset.trigger, family), demo_tools(base, out / "report")
    report = yield from compare(plan, candidates_of_run(checkpoints), demo_subject(dataset), tools, cancelled)
    now = time.monotonic()
    return Outcome(
        dataset=dataset,
        run=job.run,
        checkpoints=checkpoints,
        report=report,
        seconds_training=trained - started,
        seconds=now - started,
    )


def demo_subject(dataset: Dataset) -> Subject:
    """The dataset's character among the people the demo's reader knows."""
    return Subject(trigger=dataset.trigger, references=dataset.held_out, training=dataset.train, others=other_people())


def demo_tools(base: Base, out: Path) -> Tools:
    """Draws with a demo base and reads with the demo's reader."""
    reader = demo_reader()
    return Tools(generator=LocalGenerator(base), faces=reader, attributes=reader, out=out, base=base.sha256)
