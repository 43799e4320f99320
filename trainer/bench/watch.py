"""`bench watch`: is what a run tells of itself true, and what does telling cost?"""

import statistics
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..runtime.work import ignore
from ..training.run.events import Event, LiveLikeness, MemoryScored, PicturesWatched, Sampled
from . import Sink
from .watch_runs import Watched, watched

SEEDS = ((0, 60), (1, 61), (2, 62), (0, 63), (1, 64))
"""Demo character and training seed. Thresholds were made on the seeds 50 to 59."""
_FINE = ("", "learning")


@dataclass(frozen=True, kw_only=True)
class Found:
    """Of one run with planted faults: `said` by picture, where it is not merely learning."""

    faults: Mapping[str, str]
    said: Mapping[str, str]
    pictures: int

    @property
    def found(self) -> int:
        return sum(self.said.get(name) == fault for name, fault in self.faults.items())

    @property
    def false_alarms(self) -> int:
        return sum(name not in self.faults for name in self.said)

    @property
    def clean(self) -> int:
        return self.pictures - len(self.faults)


def bench_watch(
    out: Path | None = None, only: tuple[str, ...] = (), sink: Sink = ignore
) -> dict[str, Any]:
    """Three runs for each of five seeds. `only` names others as CHARACTER_SEED; a stopped bench with a folder `out`
    goes on from there."""
    pairs = [(int(number), int(seed)) for number, _, seed in (name.partition("_") for name in only)] or SEEDS
    with tempfile.TemporaryDirectory() as scratch:
        rows = [_row(number, seed, out or Path(scratch), sink) for number, seed in pairs]
    return summary(rows)


@dataclass(frozen=True, kw_only=True)
class Row:
    """What the runs of one seed told."""

    seed: str
    likeness: float | None
    found: Found
    memory_good: MemoryScored | None
    memory_overfit: MemoryScored | None
    learning: float
    watching: float


def _row(number: int, seed: int, root: Path, sink: Sink) -> Row:
    good, overfit, planted = (watched(kind, number, seed, root, sink) for kind in ("good", "overfit", "planted"))
    every = (good, overfit, planted)
    return Row(
        seed=f"{number}_{seed}",
        likeness=likeness_correlation(good.events),
        found=found_in(planted),
        memory_good=_last_score(good.events),
        memory_overfit=_last_score(overfit.events),
        learning=sum(run.seconds_learning for run in every),
        watching=sum(run.seconds_watching for run in every),
    )


def summary(rows: Sequence[Row]) -> dict[str, Any]:
    """Means over the seeds; shares over all their pictures."""
    planted = sum(len(row.found.faults) for row in rows)
    clean = sum(row.found.clean for row in rows)
    learning, watching = sum(row.learning for row in rows), sum(row.watching for row in rows)
    return {
        "seeds": len(rows),
        "likeness_rank_correlation": _mean([row.likeness for row in rows]),
        "planted_found": round(sum(row.found.found for row in rows) / planted, 3),
        "false_alarms": round(sum(row.found.false_alarms for row in rows) / clean, 3),
        "memory_overfit": _mean([row.memory_overfit.score if row.memory_overfit else None for row in rows]),
        "memory_good": _mean([row.memory_good.score if row.memory_good else None for row in rows]),
        "cost_of_watching": round(watching / learning, 4) if watching else None,
        "rows": [_row_json(row) for row in rows],
    }


def _row_json(row: Row) -> dict[str, Any]:
    scores = {"memory_good": row.memory_good, "memory_overfit": row.memory_overfit}
    told = {name: [each.score, each.low, each.high] if each else None for name, each in scores.items()}
    planted = {name: f"{fault}: {row.found.said.get(name, '')}" for name, fault in row.found.faults.items()}
    wrong = {name: said for name, said in row.found.said.items() if name not in row.found.faults}
    return {"seed": row.seed, "likeness": row.likeness, **told, "planted": planted, "false_alarms": wrong}


def found_in(run: Watched) -> Found:
    """By what the run told last."""
    told = next(event for event in reversed(run.events) if isinstance(event, PicturesWatched))
    said = {name: verdict for name, verdict in zip(told.names, told.verdicts, strict=True) if verdict not in _FINE}
    return Found(faults=run.faults, said=said, pictures=len(told.names))


def likeness_correlation(events: Sequence[Event]) -> float | None:
    """Spearman's, over a run's samplings, of their mean likeness and the live likeness told last before each."""
    live: float | None = None
    pairs: list[tuple[float, float]] = []
    for event in events:
        if isinstance(event, LiveLikeness):
            live = event.likeness
        if isinstance(event, Sampled) and live is not None:
            seen = [value for value in event.likeness if value is not None]
            pairs += [(live, statistics.fmean(seen))] if seen else []
    if len(pairs) < 3 or len({one for one, _ in pairs}) < 2:
        return None
    ours, drawn = zip(*pairs, strict=True)
    return round(spearman(ours, drawn), 3)


def _last_score(events: Sequence[Event]) -> MemoryScored | None:
    return next((event for event in reversed(events) if isinstance(event, MemoryScored)), None)


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return round(statistics.fmean(known), 3) if known else None
