"""`bench demo`: the demo's figures over three characters and three training seeds, so that luck shows."""

import tempfile
from pathlib import Path
from typing import Any

from ..demo.family import DemoFamily
from ..demo.figures import demo_figures, rounded
from ..demo.run import Outcome, learn, overdo
from ..runtime.work import follow, ignore
from . import Sink

CHARACTERS = (0, 1, 2)
SEEDS = (0, 1, 2)
_WORST = {
    "identity_control": max,
    "identity_chosen": min,
    "identity_without_trigger": max,
    "identity_reference": min,
    "top1": min,
    "following_control": min,
    "following_chosen": min,
}


def bench_demo(out: Path | None = None, sink: Sink = ignore, family: DemoFamily = "sdxl") -> dict[str, Any]:
    """Every run's figures under `runs`, and the worst of each over all of them (a null is the worst there is)."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = out or Path(scratch)
        runs = [
            demo_run(folder / f"{number}-{seed}", number, seed, family, sink) for number in CHARACTERS for seed in SEEDS
        ]
    worst = {name: _worst(name, [run[name] for run in runs]) for name in _WORST}
    flagged = all(run["overtrained_flagged"] for run in runs)
    return {**worst, "overtrained_flagged": flagged, "runs": runs}


def demo_run(folder: Path, number: int, seed: int, family: DemoFamily = "sdxl", sink: Sink = ignore) -> dict[str, Any]:
    """Figures of one character and seed, learned and overdone."""
    outcomes: list[Outcome] = []
    for name, way in (("learned", learn), ("overdone", overdo)):
        outcomes.append(follow(way(folder / name, number, family=family, seed=seed), sink))
    return {"character": number, "seed": seed, **demo_figures(outcomes[0], outcomes[1])}


def _worst(name: str, values: list[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return rounded(_WORST[name](known)) if len(known) == len(values) else None
