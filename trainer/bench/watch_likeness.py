"""Live likeness beside that of samples, over the samplings of runs that learn slowly enough to be followed.

The demo's own rate has learned the face by the second or third sampling; from there its samples' likeness moves by
chance alone, and two halves of one sampling's prompts rank the steps alike no better than 0.6 to 0.7.
"""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..demo.assets import demo_base, demo_reader
from ..demo.characters.character import draw_character
from ..demo.settings import demo_plan, demo_recipe
from ..recipe.recipe import Recipe
from ..runtime.work import follow
from ..scoring.likeness import Likeness
from ..training.job import Job
from ..training.run.events import Event, LiveLikeness, Sampled, read_events
from ..training.run.folder import RunFolder
from ..training.train import train
from . import Sink

STEPS, SAMPLE_EVERY, LR = 240, 20, 5e-4
_BARE, _CONTEXTS = 2, 4


@dataclass(frozen=True, kw_only=True)
class Followed:
    """What a run told of likeness. `halves` is how alike the two halves of each sampling's prompts rank the steps: what
    nobody can beat."""

    correlation: float | None
    halves: float | None
    samplings: int


def followed(number: int, seed: int, root: Path, sink: Sink) -> Followed:
    """Of demo character `number`, trained in a folder of its own in `root`; a finished run is read instead."""
    folder = root / f"likeness_{number}_{seed}"
    dataset = draw_character(folder / "dataset", number)
    data: dict[str, Any] = demo_recipe(steps=STEPS, lr=LR, seed=seed).to_json()
    contexts = [probe.prompt for probe in demo_plan(dataset.trigger).probes if probe.kind == "prompt"][:_CONTEXTS]
    data["output"] |= {"save_every": STEPS, "sample_every": SAMPLE_EVERY}
    data["output"]["samples"] = ["{trigger}, {subject}"] * _BARE + contexts
    job = Job(
        recipe=Recipe.from_json(data),
        dataset=dataset,
        base=demo_base(),
        run=folder / "run",
        name=dataset.trigger,
        likeness=Likeness(demo_reader(), dataset),
    )
    follow(train(job), sink)
    pairs = _pairs(read_events(RunFolder(job.run).log))
    return Followed(
        correlation=rank_correlation([(live, statistics.fmean(seen)) for live, seen in pairs]),
        halves=rank_correlation([(statistics.fmean(s[::2]), statistics.fmean(s[1::2])) for _, s in pairs if s[1:]]),
        samplings=len(pairs),
    )


def _pairs(events: Sequence[Event]) -> list[tuple[float, list[float]]]:
    """At each sampling with faces the live likeness last told, and each picture's."""
    live: float | None = None
    pairs: list[tuple[float, list[float]]] = []
    for event in events:
        if isinstance(event, LiveLikeness):
            live = event.likeness
        if isinstance(event, Sampled) and live is not None:
            seen = [value for value in event.likeness if value is not None]
            pairs += [(live, seen)] if seen else []
    return pairs


def rank_correlation(pairs: Sequence[tuple[float, float]]) -> float | None:
    """Spearman's, ties sharing their mean rank; None where either side never moves."""
    ours, others = ([pair[side] for pair in pairs] for side in (0, 1))
    if len(set(ours)) < 2 or len(set(others)) < 2:
        return None
    return round(statistics.correlation(_ranks(ours), _ranks(others)), 3)


def _ranks(values: Sequence[float]) -> list[float]:
    return [sum(other < value for other in values) + sum(other == value for other in values) / 2 for value in values]
