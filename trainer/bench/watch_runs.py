"""The runs that `bench watch` judges: a good one, one that learns by heart, and one with planted faults."""

import time
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
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
_STEPS: Mapping[Kind, int] = {"good": 150, "overfit": 600, "planted": 300}
_SAMPLE_EVERY = 25
_PROMPTS = ("{trigger}, {subject}",) * 3
_CONTEXTS = (
    "{trigger}, {subject}, blue hoodie, smiling, looking at viewer, in a forest, yellow background, flat drawing",
    "{trigger}, {subject}, red scarf, surprised, looking left, in a city, purple background, 3d render",
    "{trigger}, {subject}, white shirt, neutral expression, looking right, in a studio, gray background, pencil sketch",
)


@dataclass(frozen=True, kw_only=True)
class Watched:
    """What a run told, and the seconds that it learned and was watched for."""

    events: list[Event]
    faults: Mapping[str, str]
    seconds_learning: float
    seconds_watching: float


@dataclass
class _Clock:
    seconds: dict[str, float] = field(default_factory=lambda: {"watching": 0.0})


def watched(kind: Kind, number: int, seed: int, root: Path, sink: Sink) -> Watched:
    """One run, in a folder of its own; a finished one is read instead, and tells no times again."""
    folder = root / f"{kind}_{number}_{seed}"
    dataset, faults = _pictures(kind, number, seed, folder / "dataset")
    reader = Likeness(demo_reader(), dataset) if kind == "good" else None
    job = Job(
        recipe=_recipe(kind, seed),
        dataset=dataset,
        base=demo_base(),
        run=folder / "run",
        name=dataset.trigger,
        likeness=reader,
    )
    with _timed() as clock:
        follow(train(job), sink)
    events = read_events(RunFolder(job.run).log)
    learning = sum(event.seconds_per_step for event in events if isinstance(event, Stepped))
    return Watched(
        events=events, faults=faults, seconds_learning=learning, seconds_watching=clock.seconds["watching"]
    )


def _pictures(kind: Kind, number: int, seed: int, folder: Path) -> tuple[Dataset, Mapping[str, str]]:
    if kind == "planted":
        planted = draw_planted(folder, number, seed)
        return planted.dataset, planted.faults
    return draw_character(folder, number, **({"train": _FEW} if kind == "overfit" else {})), {}


def _recipe(kind: Kind, seed: int) -> Recipe:
    """The demo's; what over-trains has three pictures and nothing that keeps other people, as in `demo.run.overdo`."""
    data: dict[str, Any] = demo_recipe(steps=_STEPS[kind], seed=seed).to_json()
    data["output"] |= {"save_every": _STEPS[kind], "held_out_every": _STEPS[kind], "sample_every": 0}
    if kind == "good":
        data["output"] |= {"sample_every": _SAMPLE_EVERY, "samples": [*_PROMPTS, *_CONTEXTS]}
    if kind == "overfit":
        data["prior"]["images"] = 0
    return Recipe.from_json(data)


@contextmanager
def _timed() -> Generator[_Clock]:
    """Inside, what all watchers take is counted: they are made within a run, where nobody else can reach them."""
    clock, look, tell = _Clock(), Watchers.look, Watchers.tell

    def timed_look(self: Watchers, answer: Answer) -> None:
        began = time.monotonic()
        look(self, answer)
        clock.seconds["watching"] += time.monotonic() - began

    def timed_tell(self: Watchers, step: int) -> Iterator[Event]:
        began = time.monotonic()
        told = list(tell(self, step))
        clock.seconds["watching"] += time.monotonic() - began
        return iter(told)

    Watchers.look, Watchers.tell = timed_look, timed_tell
    try:
        yield clock
    finally:
        Watchers.look, Watchers.tell = look, tell
