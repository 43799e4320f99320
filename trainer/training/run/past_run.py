"""A run as its folder tells it afterwards: what it was made of, and what came of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import isfinite
from pathlib import Path
from statistics import fmean, median
from typing import Any, TypeVar, cast

from ...dataset.dataset import Dataset
from ...errors import LikenessError, RunError
from ...families.base import Base
from ...recipe.recipe import Recipe
from ...storage.values import json_file
from .events import (
    Event,
    Finished,
    HeldOut,
    LiveLikeness,
    MemoryScored,
    MemoryUsed,
    Sampled,
    Settled,
    Stepped,
    StoppedEarly,
    read_events,
)
from .folder import RunFolder, read_run

Kind = TypeVar("Kind", bound=Event)
Curve = tuple[tuple[int, float], ...]
"""Values by step, in order."""
_LAST = 0.1
"""Share of the updates whose mean is called the last loss: of one update it is noise."""


@dataclass(frozen=True, kw_only=True)
class PastRun:
    """What a run was made of and what it logged. `inputs` names what it took in beside its dataset, by content."""

    folder: Path
    recipe: Recipe
    dataset: Dataset
    base: Base
    inputs: Mapping[str, str | None]
    events: tuple[Event, ...]

    @property
    def name(self) -> str:
        return self.folder.name

    @property
    def result(self) -> "RunResult":
        return RunResult.of(self)


@dataclass(frozen=True, kw_only=True)
class Chosen:
    """What the run's comparison chose, and the means of its measures; of a choice that none passed the label is ""."""

    label: str
    step: int | None = None
    measures: Mapping[str, float] = field(default_factory=dict[str, float])


@dataclass(frozen=True, kw_only=True)
class RunResult:
    """What came of a run. None and empty curves: not measured.

    `step` of `steps` were made. `seconds` is what its updates took, without loading, samples and saves. `peak` and
    `planned` are bytes on its device. `reader` measured the likeness of samples.
    """

    step: int
    steps: int
    is_finished: bool
    stopped_early: bool
    loss: Curve
    held_out: Curve
    likeness: Curve
    live: Curve
    reader: str = ""
    last_loss: float | None = None
    memory_score: float | None = None
    seconds: float | None = None
    seconds_per_step: float | None = None
    peak: int | None = None
    planned: int | None = None
    compiled: str = ""
    chosen: Chosen | None = None

    @classmethod
    def of(cls, run: PastRun) -> "RunResult":
        steps = _by_step(run.events, Stepped)
        last = next(reversed(steps.values()), None)
        loss = _curve({step: each.loss for step, each in steps.items()})
        sampled = _by_step(run.events, Sampled)
        paces = [each.seconds_per_step for each in steps.values()]
        settled = _last(run.events, Settled)
        scored = _last(run.events, MemoryScored)
        return cls(
            step=last.step if last else 0,
            steps=last.steps if last else run.recipe.schedule.steps,
            is_finished=_last(run.events, Finished) is not None,
            stopped_early=_last(run.events, StoppedEarly) is not None,
            loss=loss,
            held_out=_curve({step: each.held_out for step, each in _by_step(run.events, HeldOut).items()}),
            likeness=_curve({step: mean for step, each in sampled.items() if (mean := mean_of(each)) is not None}),
            live=_curve({step: each.likeness for step, each in _by_step(run.events, LiveLikeness).items()}),
            reader=next((each.reader for each in reversed(sampled.values()) if each.reader), ""),
            last_loss=fmean(value for _, value in loss[-max(round(len(loss) * _LAST), 1) :]) if loss else None,
            memory_score=scored.score if scored else None,
            seconds=sum(paces) if paces else None,
            seconds_per_step=median(paces) if paces else None,
            peak=max((each.peak for each in run.events if isinstance(each, MemoryUsed)), default=None),
            planned=settled.planned if settled else None,
            compiled=settled.compiled if settled else "",
            chosen=_chosen(run.folder),
        )

    @property
    def last_likeness(self) -> float | None:
        return self.likeness[-1][1] if self.likeness else None


def read_past_run(folder: Path) -> PastRun:
    """The run in `folder`; RunError when there is none or it is damaged."""
    dataset, base = read_run(folder)
    return PastRun(
        folder=folder,
        recipe=read_recipe(folder),
        dataset=dataset,
        base=base,
        inputs=_inputs(folder),
        events=tuple(read_events(RunFolder(folder).log)),
    )


def read_recipe(folder: Path) -> Recipe:
    """Of the run in `folder`; RunError where it has none that can be read."""
    try:
        return Recipe.from_json(json_file(folder / "recipe.json"))
    except (OSError, ValueError, TypeError, LikenessError) as error:
        raise RunError(f"{folder / 'recipe.json'} cannot be read ({error}); give the folder of a training.") from error


def chosen_label(folder: Path) -> str:
    """Which checkpoint the run's newest comparison chose; "" for none."""
    chosen = _chosen(folder)
    return chosen.label if chosen else ""


def thinned(curve: Curve, most: int = 240) -> Curve:
    """Means of neighbours, so that a trend is seen in what jumps from update to update; the steps are their last."""
    size = -(-len(curve) // most)
    groups = [curve[start : start + size] for start in range(0, len(curve), max(size, 1))]
    return tuple((group[-1][0], fmean(value for _, value in group)) for group in groups)


def _inputs(folder: Path) -> Mapping[str, str | None]:
    try:
        return cast(dict[str, str | None], json_file(folder / "inputs.json"))
    except (OSError, ValueError):  # runs of before have none
        return {}


def _by_step(events: Sequence[Event], kind: type[Kind]) -> dict[int, Kind]:
    """By step, in order; one that was logged twice (a resumed run) counts as logged last."""
    found = {cast(Any, event).step: event for event in events if isinstance(event, kind)}
    return {step: found[step] for step in sorted(found)}


def _last(events: Sequence[Event], kind: type[Kind]) -> Kind | None:
    return next((event for event in reversed(events) if isinstance(event, kind)), None)


def _curve(values: Mapping[int, float]) -> Curve:
    return tuple((step, value) for step, value in values.items() if isfinite(value))


def mean_of(sampled: Sampled) -> float | None:
    """Of the samples in which it was measured; None where it was in none."""
    measured = [value for value in sampled.likeness if value is not None and isfinite(value)]
    return fmean(measured) if measured else None


def _chosen(folder: Path) -> Chosen | None:
    """Of the newest report in the run's folder; None where it was not compared, or the report cannot be read."""
    reports = sorted(folder.glob("report*/report.json"), key=lambda path: path.stat().st_mtime)
    if not reports:
        return None
    try:
        data = json_file(reports[-1])
        label, columns = str(data["chosen"] or ""), cast(list[dict[str, Any]], data["checkpoints"])
        column = next((each for each in columns if each["label"] == label), dict[str, Any]())
        measured = cast(dict[str, Any], column.get("measures", {}))
        means = {name: float(value["value"]) for name, value in measured.items() if value}
        return Chosen(label=label, step=column.get("step"), measures=means)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
