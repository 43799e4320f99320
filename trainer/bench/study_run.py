"""One training of `bench study`: drawn, trained, judged at each of its passes, and kept as one file of figures."""

import json
import time
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np

from ..dataset.dataset import Dataset
from ..demo.assets import demo_base
from ..demo.characters.character import balanced_looks
from ..demo.figures import mean_of, rounded
from ..demo.run import demo_subject, demo_tools
from ..demo.settings import SIZE, asked, demo_plan
from ..demo.world.captions import SUBJECT, caption
from ..demo.world.look import Look
from ..runtime.work import follow, ignore
from ..scoring import candidates_of_run, compare
from ..scoring.plan.compare_plan import ComparePlan, Kind, Probe
from ..scoring.scores import Scores
from ..storage.atomic import write_atomically
from ..training.job import Job
from ..training.run.folder import RunFolder
from ..training.train import train
from . import Sink
from .inputs.study_set import draw_study_set
from .study_design import Arm, Replicate

MEASURES = (
    "identity",
    "trigger_only",
    "untriggered",
    "top1",
    "following",
    "variety",
    "copies",
    "nearest",
)
_FIRST_SEED: dict[Kind, int] = {"prompt": 100, "class": 200}
_STEPS = 10
"""Half of the demo's, as `bench choose` draws: a checkpoint looks the same."""


def study_row(arm: Arm, replicate: Replicate, folder: Path, sink: Sink = ignore) -> dict[str, Any]:
    """The figures of one training, from its file where it was made before."""
    kept = folder / "rows" / f"{replicate.name}_{arm.name}.json"
    if kept.is_file():
        return json.loads(kept.read_text(encoding="utf-8"))
    row = _made(arm, replicate, folder, sink)
    kept.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(kept, json.dumps(row, indent=1).encode())
    return row


def _made(arm: Arm, replicate: Replicate, folder: Path, sink: Sink) -> dict[str, Any]:
    started, spent = time.monotonic(), time.process_time()
    dataset, run = _trained(arm, replicate, folder, sink)
    chosen = [each for each in RunFolder(run).checkpoints() if each.step in arm.steps]
    # One folder a character: what the bare base draws is the same for all sets.
    tools = demo_tools(demo_base(), folder / "compared" / str(replicate.character))
    plan = study_plan(dataset.trigger)
    report = follow(compare(plan, candidates_of_run(chosen), demo_subject(dataset), tools), sink)
    columns = [
        {"step": each.step, "passes": arm.passes(each.step or 0), **_scored(each)} for each in report.checkpoints
    ]
    return {
        "arm": arm.name,
        "images": arm.images,
        "close": arm.close,
        **asdict(replicate),
        "reference": rounded(report.reference),
        "control": _scored(report.control),
        "columns": columns,
        "seconds": round(time.monotonic() - started, 1),
        "processor_seconds": round(time.process_time() - spent, 1),
    }


def _trained(arm: Arm, replicate: Replicate, folder: Path, sink: Sink) -> tuple[Dataset, Path]:
    place = folder / "runs" / f"{replicate.name}_{arm.name}"
    dataset = draw_study_set(place / "dataset", replicate.character, replicate.seed, arm.images, arm.close)
    job = Job(
        recipe=arm.recipe(replicate.seed),
        dataset=dataset,
        base=demo_base(),
        run=place / "run",
        name=dataset.trigger,
    )
    follow(train(job), sink)
    return dataset, job.run


def study_plan(trigger: str) -> ComparePlan:
    """22 pictures a checkpoint, all as the base frames people: six of the bare trigger, twelve contexts, four that do
    not name it."""
    rng = np.random.default_rng(6)
    contexts, without = (balanced_looks(count, rng) for count in (12, 4))
    probes = [Probe(kind="trigger", prompt=f"{trigger}, {SUBJECT}", seeds=tuple(range(1, 7)))]
    probes += _contexts("prompt", [trigger], contexts)
    probes += _contexts("class", [], without)
    return replace(demo_plan(trigger), probes=tuple(probes), size=(SIZE, SIZE), steps=_STEPS)


def _contexts(kind: Kind, who: list[str], looks: Sequence[Look]) -> list[Probe]:
    first = _FIRST_SEED[kind]
    return [
        Probe(kind=kind, prompt=caption(who, look), asked=asked(look), seeds=(first + n,))
        for n, look in enumerate(looks)
    ]


def _scored(scores: Scores) -> dict[str, Any]:
    """Means of a column."""
    row: dict[str, Any] = {name: mean_of(scores.measures.get(name)) for name in MEASURES}
    return {**row, "faults": [flag.kind for flag in scores.flags]}
