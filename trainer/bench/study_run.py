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
from ..scoring.plan.compare_plan import WITH_TRIGGER, ComparePlan, Kind, Probe
from ..scoring.reading.observation import PictureScore
from ..scoring.scores import Scores
from ..storage.atomic import write_atomically
from ..training.job import Job
from ..training.run.folder import RunFolder
from ..training.train import train
from . import Sink
from .inputs.study_set import AFAR, NEAR, draw_study_others, draw_study_set, framed
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
    tools = demo_tools(demo_base(), folder / "compared" / f"{replicate.character}_{arm.close is None}")
    plan = study_plan(dataset.trigger, is_framed=arm.close is not None)
    report = follow(compare(plan, candidates_of_run(chosen), demo_subject(dataset), tools), sink)
    columns = [
        {"step": each.step, "passes": arm.passes(each.step or 0), **_scored(each, plan)} for each in report.checkpoints
    ]
    return {
        "arm": arm.name,
        "images": arm.images,
        "close": arm.close,
        **asdict(replicate),
        "reference": rounded(report.reference),
        "control": _scored(report.control, plan),
        "columns": columns,
        "seconds": round(time.monotonic() - started, 1),
        "processor_seconds": round(time.process_time() - spent, 1),
    }


def _trained(arm: Arm, replicate: Replicate, folder: Path, sink: Sink) -> tuple[Dataset, Path]:
    place = folder / "runs" / f"{replicate.name}_{arm.name}"
    is_framed = arm.close is not None
    dataset = draw_study_set(place / "dataset", replicate.character, replicate.seed, arm.images, arm.close)
    job = Job(
        recipe=arm.recipe(replicate.seed),
        dataset=dataset,
        base=demo_base(),
        run=place / "run",
        name=dataset.trigger,
        regularisation=draw_study_others(folder / "others", is_framed=True) if is_framed else None,
    )
    follow(train(job), sink)
    return dataset, job.run


def study_plan(trigger: str, *, is_framed: bool) -> ComparePlan:
    """22 pictures a checkpoint: six of the bare trigger, twelve contexts, four that do not name it.

    Of framed sets every second picture is a close-up and every second from afar.
    """
    rng = np.random.default_rng(6)
    contexts, without = (balanced_looks(count, rng) for count in (12, 4))
    bare = f"{trigger}, {SUBJECT}"
    prompts = [framed(bare, is_near=near) for near in (True, False)] if is_framed else [bare]
    probes = [Probe(kind="trigger", prompt=each, seeds=tuple(range(1, 1 + 6 // len(prompts)))) for each in prompts]
    probes += _contexts("prompt", [trigger], contexts, is_framed=is_framed)
    probes += _contexts("class", [], without, is_framed=is_framed)
    return replace(demo_plan(trigger), probes=tuple(probes), size=(SIZE, SIZE), steps=_STEPS)


def _contexts(kind: Kind, who: list[str], looks: Sequence[Look], *, is_framed: bool) -> list[Probe]:
    texts = [caption(who, look) for look in looks]
    if is_framed:
        texts = [framed(text, is_near=n % 2 == 0) for n, text in enumerate(texts)]
    first = _FIRST_SEED[kind]
    return [
        Probe(kind=kind, prompt=text, asked=asked(look), seeds=(first + n,))
        for n, (text, look) in enumerate(zip(texts, looks, strict=True))
    ]


def _scored(scores: Scores, plan: ComparePlan) -> dict[str, Any]:
    """Means of a column, those of close-ups and pictures from afar apart where the plan tells framing."""
    row: dict[str, Any] = {name: mean_of(scores.measures.get(name)) for name in MEASURES}
    row["faults"] = [flag.kind for flag in scores.flags]
    for name, words in (("near", NEAR), ("afar", AFAR)):
        shown = [
            each
            for each in scores.pictures
            if each.kind in WITH_TRIGGER and plan.probes[each.probe].prompt.endswith(words)
        ]
        if shown:
            row |= {f"{name}_{key}": value for key, value in _of_framing(shown).items()}
    return row


def _of_framing(pictures: Sequence[PictureScore]) -> dict[str, float | None]:
    likeness = [each.identity for each in pictures if each.identity is not None]
    followed = [hit for each in pictures for hit in each.followed.values()]
    return {
        "identity": rounded(float(np.mean(likeness))) if likeness else None,
        "faces": rounded(len(likeness) / len(pictures)),
        "following": rounded(float(np.mean(followed))) if followed else None,
    }
