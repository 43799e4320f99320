"""The demo: learn a character, compare the checkpoints, choose one; then over-train on purpose and see it caught."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..dataset.dataset import Dataset
from ..families.base import Base
from ..generate.local import LocalGenerator
from ..recipe.recipe import Recipe
from ..scoring import Compared, Report, compare
from ..scoring.plan import ComparePlan
from ..scoring.subject import Subject
from ..training.job import Job
from ..training.run.events import Event
from ..training.run.folder import Checkpoint, RunFolder
from ..training.train import train
from .assets import demo_base, demo_reader, other_people
from .character import draw_character
from .settings import demo_plan, demo_recipe

Never = Callable[[], bool]


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
    out: Path, number: int = 0, *, seed: int = 0, cancelled: Never = lambda: False
) -> Iterator[Event | Compared | Outcome]:
    """Train demo character `number` on its 16 pictures and compare the checkpoints; the last item is the Outcome."""
    dataset = draw_character(out / "dataset", number)
    return _learn(out, dataset, demo_recipe(seed=seed), cancelled)


def overdo(
    out: Path, number: int = 0, *, seed: int = 0, cancelled: Never = lambda: False
) -> Iterator[Event | Compared | Outcome]:
    """Train far too long on three pictures, with nothing that keeps other people: what over-training looks like."""
    dataset = draw_character(out / "dataset", number, train=3)
    recipe = demo_recipe(steps=600, lr=6e-3, seed=seed)
    data = recipe.to_json()
    data["prior"]["images"] = 0
    data["output"]["sample_every"] = 0
    return _learn(out, dataset, Recipe.from_json(data), cancelled)


def _learn(out: Path, dataset: Dataset, recipe: Recipe, cancelled: Never) -> Iterator[Event | Compared | Outcome]:
    started = time.monotonic()
    base = demo_base()
    job = Job(recipe=recipe, dataset=dataset, base=base, run=out / "run", name=dataset.trigger)
    yield from train(job, cancelled=cancelled)
    trained = time.monotonic()
    checkpoints = RunFolder(job.run).checkpoints()
    for item in judge(base, dataset, checkpoints, out / "report", cancelled=cancelled):
        if isinstance(item, Report):
            now = time.monotonic()
            yield Outcome(
                dataset=dataset,
                run=job.run,
                checkpoints=checkpoints,
                report=item,
                seconds_training=trained - started,
                seconds=now - started,
            )
        else:
            yield item


def judge(  # noqa: PLR0913
    base: Base,
    dataset: Dataset,
    checkpoints: Sequence[Checkpoint],
    out: Path,
    *,
    plan: ComparePlan | None = None,
    cancelled: Never = lambda: False,
) -> Iterator[Compared | Report]:
    """Compare checkpoints trained on the demo base against the dataset's held-out drawings."""
    reader = demo_reader()
    subject = Subject(
        trigger=dataset.trigger,
        references=dataset.held_out,
        training=dataset.train,
        others=other_people(),
    )
    yield from compare(
        plan or demo_plan(dataset.trigger),
        checkpoints,
        subject,
        generator=LocalGenerator(base),
        faces=reader,
        attributes=reader,
        out=out,
        cancelled=cancelled,
        base=base.sha256,
    )
