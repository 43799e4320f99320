"""`bench watch`: is what a run tells of itself true, and what does telling cost?"""

import statistics
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import RecipeError
from ..runtime.work import ignore
from ..training.run.events import Event, MemoryScored, PicturesWatched, read_events
from ..training.run.folder import RunFolder
from . import Sink
from .watch_likeness import Followed, followed
from .watch_runs import Kind, Watched, timed, watched

SEEDS = ((0, 90), (1, 91), (2, 92), (3, 93), (4, 94))
"""Demo character and training seed. Rules and thresholds were made on the seeds 50 to 84, some of which were to be
reported and did not reach what was wanted; these five were first run when nothing was changed any more."""
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


def bench_watch(out: Path | None = None, only: tuple[str, ...] = (), sink: Sink = ignore) -> dict[str, Any]:
    """Four runs for each of five seeds. `only` names others as CHARACTER_SEED; a stopped bench with a folder `out`
    goes on from there."""
    pairs = [_pair(name) for name in only] or SEEDS
    with tempfile.TemporaryDirectory() as scratch:
        rows = [_row(number, seed, out or Path(scratch), sink) for number, seed in pairs]
    return summary(rows)


def _pair(name: str) -> tuple[int, int]:
    number, _, seed = name.partition("_")
    if not (number.isdecimal() and seed.isdecimal()):
        raise RecipeError(f"{name!r} is no CHARACTER_SEED, such as 0_90.")
    return int(number), int(seed)


@dataclass(frozen=True, kw_only=True)
class Row:
    """What the runs of one seed told."""

    seed: str
    followed: Followed
    found: Found
    memory_good: MemoryScored | None
    memory_overfit: MemoryScored | None
    costs: Sequence[float | None]
    """Of watching, by run; the one that likeness is told of last."""


def _row(number: int, seed: int, root: Path, sink: Sink) -> Row:
    kinds: tuple[Kind, ...] = ("good", "overfit", "planted")
    good, overfit, planted = (watched(kind, number, seed, root, sink) for kind in kinds)
    with timed() as clock:
        likeness = followed(number, seed, root, sink)
    log = read_events(RunFolder(root / f"likeness_{number}_{seed}" / "run").log)
    return Row(
        seed=f"{number}_{seed}",
        followed=likeness,
        found=found_in(planted),
        memory_good=_last_score(good.events),
        memory_overfit=_last_score(overfit.events),
        costs=(good.cost, overfit.cost, planted.cost, clock.share(log)),
    )


def summary(rows: Sequence[Row]) -> dict[str, Any]:
    """Means over the seeds; shares over all their pictures."""
    planted = sum(len(row.found.faults) for row in rows)
    clean = sum(row.found.clean for row in rows)
    return {
        "seeds": len(rows),
        "likeness_rank_correlation": _mean([row.followed.correlation for row in rows]),
        "planted_found": round(sum(row.found.found for row in rows) / planted, 3),
        "false_alarms": round(sum(row.found.false_alarms for row in rows) / clean, 3),
        "memory_overfit": _mean([row.memory_overfit.score if row.memory_overfit else None for row in rows]),
        "memory_good": _mean([row.memory_good.score if row.memory_good else None for row in rows]),
        "cost_of_watching": _mean([cost for row in rows for cost in row.costs]),
        "rows": [_row_json(row) for row in rows],
    }


def _row_json(row: Row) -> dict[str, Any]:
    scores = {"memory_good": row.memory_good, "memory_overfit": row.memory_overfit}
    told = {name: [each.score, each.low, each.high] if each else None for name, each in scores.items()}
    planted = {name: f"{fault}: {row.found.said.get(name, '')}" for name, fault in row.found.faults.items()}
    wrong = {name: said for name, said in row.found.said.items() if name not in row.found.faults}
    costs = [None if cost is None else round(cost, 4) for cost in row.costs]
    return {
        "seed": row.seed,
        "likeness": row.followed.correlation,
        "likeness_of_halves": row.followed.halves,
        "samplings": row.followed.samplings,
        **told,
        "planted": planted,
        "false_alarms": wrong,
        "costs": costs,
    }


def found_in(run: Watched) -> Found:
    """By what the run told last."""
    told = next(event for event in reversed(run.events) if isinstance(event, PicturesWatched))
    said = {name: verdict for name, verdict in zip(told.names, told.verdicts, strict=True) if verdict not in _FINE}
    return Found(faults=run.faults, said=said, pictures=len(told.names))


def _last_score(events: Sequence[Event]) -> MemoryScored | None:
    return next((event for event in reversed(events) if isinstance(event, MemoryScored)), None)


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return round(statistics.fmean(known), 3) if known else None
