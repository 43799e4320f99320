"""The runs that `bench watch` judges: a good one, one that learns by heart, and one with planted faults."""

import shutil
import time
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from ..dataset.dataset import Dataset
from ..demo.assets import demo_base, demo_reader
from ..demo.characters.character import draw_character
from ..demo.settings import demo_recipe
from ..recipe.recipe import Recipe
from ..runtime.work import follow
from ..scoring.likeness import Likeness
from ..training.job import Job
from ..training.run.events import Event, Stepped, read_events
from ..training.run.folder import RunFolder
from ..training.step.answer import Answer
from ..training.train import train
from ..training.watch.watcher import Watchers
from . import Sink
from .inputs.planted import draw_planted

Kind = Literal["good", "overfit", "planted"]
_FEW = 3
_STEPS: Mapping[Kind, int] = {"good": 190, "overfit": 600, "planted": 300}


@dataclass(frozen=True, kw_only=True)
class Watched:
    """What a run told, the verdicts that fit it, and `cost`, the part of its steps' time that watching took; None of a
    run that was only read."""

    events: list[Event]
    faults: Mapping[str, str]
    cost: float | None


@dataclass
class Clock:
    """Seconds that all watchers took."""

    seconds: float = 0.0

    def share(self, events: Sequence[Event]) -> float | None:
        """Of the steps that a run's events tell."""
        learning = sum(event.seconds_per_step for event in events if isinstance(event, Stepped))
        return self.seconds / learning if self.seconds and learning else None


def watched(kind: Kind, number: int, seed: int, root: Path, sink: Sink) -> Watched:
    """One run, in a folder of its own; a finished one is read instead, and tells no times again."""
    folder = root / f"{kind}_{number}_{seed}"
    dataset, faults = _pictures(kind, number, seed, folder / "dataset")
    run = folder / "run"
    if kind == "planted" and not run.exists():
        _lend(root, number, seed, run)
    job = Job(
        recipe=_recipe(kind, seed),
        dataset=dataset,
        base=demo_base(),
        run=run,
        name=dataset.trigger,
        # Strangers are told by their faces; what is learned by heart is told without any, at the whole of the time.
        likeness=Likeness(demo_reader(), dataset) if kind == "planted" else None,
    )
    with timed() as clock:
        follow(train(job), sink)
    events = read_events(RunFolder(job.run).log)
    return Watched(events=events, faults=faults, cost=clock.share(events))


def _pictures(kind: Kind, number: int, seed: int, folder: Path) -> tuple[Dataset, Mapping[str, str]]:
    if kind == "planted":
        planted = draw_planted(folder, number, seed)
        return planted.dataset, planted.faults
    return draw_character(folder, number, **({"train": _FEW} if kind == "overfit" else {})), {}


def _recipe(kind: Kind, seed: int) -> Recipe:
    """The demo's; what over-trains is that of `demo.run.overdo`, on three pictures."""
    lr = 6e-3 if kind == "overfit" else None
    data: dict[str, Any] = demo_recipe(steps=_STEPS[kind], lr=lr, seed=seed).to_json()
    data["output"] |= {"save_every": _STEPS[kind], "held_out_every": _STEPS[kind], "sample_every": 0}
    if kind == "overfit":
        data["prior"]["images"] = 0
    return Recipe.from_json(data)


def _lend(root: Path, number: int, seed: int, run: Path) -> None:
    """The good run's pictures of other people: they are kept by what made them, and most are the same."""
    drawn = root / f"good_{number}_{seed}" / "run" / "prior"
    if drawn.exists():
        shutil.copytree(drawn, run / "prior")


@contextmanager
def timed() -> Generator[Clock]:
    """Inside, what all watchers take is counted: they are made within a run, where nobody else can reach them."""
    clock, look, tell = Clock(), Watchers.look, Watchers.tell

    def timed_look(self: Watchers, answer: Answer) -> None:
        began = time.monotonic()
        look(self, answer)
        clock.seconds += time.monotonic() - began

    def timed_tell(self: Watchers, step: int) -> Iterator[Event]:
        began = time.monotonic()
        told = list(tell(self, step))
        clock.seconds += time.monotonic() - began
        return iter(told)

    Watchers.look, Watchers.tell = timed_look, timed_tell
    try:
        yield clock
    finally:
        Watchers.look, Watchers.tell = look, tell
