"""The arms of `bench identity`: a demo character by LoRA alone, by adapter alone and by both, drawn and measured.

The comparison draws, in a folder a weight of the adapter, so that a stopped bench goes on.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest
from pathlib import Path

import numpy as np
from PIL import Image

from ..dataset.dataset import Dataset
from ..demo.assets import demo_adapter, demo_base, demo_reader
from ..demo.characters.character import balanced_looks, draw_character
from ..demo.run import demo_subject, demo_tools
from ..demo.settings import asked, demo_plan, demo_recipe
from ..demo.world.captions import caption
from ..generate.attachments import Attachment, Identity
from ..generate.local import LocalGenerator
from ..generate.shot import Generator, Shot
from ..images.pixels import load_rgb
from ..recipe.recipe import Recipe
from ..runtime.work import follow
from ..scoring import Candidate, ComparePlan, Probe, Report, compare
from ..scoring.intervals import Interval, Key
from ..scoring.measures.following import followings
from ..scoring.measures.identity import identities
from ..scoring.measures.variety import distance_ratio
from ..scoring.reading.thumbnail import small
from ..scoring.scores import Scores
from ..training.job import Job
from ..training.run.folder import RunFolder
from ..training.train import train
from . import Sink
from .choose_run import STEPS
from .choose_truth import Truth, truth_of

SEEDS = (0, 1, 2)
"""Of training."""
REFERENCES = 4
"""Pictures that the adapter is shown, of the sixteen that the LoRA learns from."""
PLAIN, HARD = 12, 12
NEITHER, LORA, ADAPTER = "neither", "LoRA alone", "adapter alone"
GUIDE, FULL = "both at guide weights", "both at 1.0"
ARMS = (NEITHER, LORA, ADAPTER, GUIDE, FULL)
MEASURES = ("identity", "recognised", "likeness", "following", "asked")
"""The reader's likeness, and whether it is that of one person; likeness by the drawing program's parameters; the part
of what was asked that the reader sees, and whether by the parameters all of it is there."""
Table = Mapping[str, Mapping[Key, float]]
"""Values by measure and picture."""
_ROUNDS: tuple[tuple[float, float, str, str], ...] = (
    (0.0, 1.0, NEITHER, LORA),
    (0.6, 0.8, "adapter alone at 0.6", GUIDE),
    (1.0, 1.0, ADAPTER, FULL),
)
"""Weight of the adapter, strength of the LoRA, and what the columns without and with the LoRA are."""


@dataclass(frozen=True, kw_only=True)
class Column:
    """An arm's pictures of one character, and of one training seed where it has a LoRA; `variety` is over that of
    neither."""

    arm: str
    table: Table
    variety: Interval | None
    pictures: tuple[Path, ...]
    """In order of the plan."""


def columns(folder: Path, number: int, sink: Sink) -> Iterator[Column]:
    """Every arm of demo character `number`, trained, drawn and measured in `folder`."""
    dataset = draw_character(folder / "dataset", number)
    runs = [_trained(folder / f"run_{seed}", dataset, seed, sink) for seed in SEEDS]
    bare: list[np.ndarray] = []
    for weight, strength, without, with_lora in _ROUNDS:
        out = folder / f"adapter_{weight:g}"
        report = _compared(out, dataset, runs, weight, strength, sink)
        # The parameters are looked for in the pictures of one training alone: that takes longer than to draw them.
        control, truths = truth_of(replace(report, checkpoints=report.checkpoints[:1]), out, number)
        bare = bare or _smalls(report.control, out)
        for arm, scores, truth in [
            (without, report.control, control),
            *((with_lora, *pair) for pair in zip_longest(report.checkpoints, truths)),
        ]:
            yield Column(
                arm=arm,
                table=_table(scores, truth),
                variety=distance_ratio(_smalls(scores, out), bare),
                pictures=tuple(out / each.path for each in scores.pictures),
            )


def study_plan(trigger: str) -> ComparePlan:
    """The demo's bare trigger and half of its contexts, and as many of turned heads in other styles than the flat one,
    surprised, sad or angry."""
    plan = demo_plan(trigger)
    looks = [
        replace(
            look,
            turn=("left", "right")[n % 2],
            style=("sketch", "watercolor", "render")[n % 3],
            expression=("surprised", "sad", "angry")[n // 4],
        )
        for n, look in enumerate(balanced_looks(2 * HARD, np.random.default_rng(19))[:HARD])
    ]
    hard = [
        Probe(kind="prompt", prompt=caption([trigger], look), asked=asked(look), seeds=(400 + n,))
        for n, look in enumerate(looks)
    ]
    plain = [probe for probe in plan.probes if probe.kind == "prompt"][:PLAIN]
    return replace(plan, probes=(*(probe for probe in plan.probes if probe.kind == "trigger"), *plain, *hard))


def _trained(run: Path, dataset: Dataset, seed: int, sink: Sink) -> Candidate:
    """The demo's training; its last checkpoint."""
    data = demo_recipe(seed=seed).to_json()
    data["output"]["sample_every"] = 0
    job = Job(recipe=Recipe.from_json(data), dataset=dataset, base=demo_base(), run=run, name=dataset.trigger)
    follow(train(job), sink)
    last = max(RunFolder(run).checkpoints(), key=lambda each: each.step)
    return Candidate(label=f"seed {seed}", path=last.path, step=last.step, seed=seed)


def _compared(out: Path, dataset: Dataset, runs: list[Candidate], weight: float, strength: float, sink: Sink) -> Report:
    base = demo_base()
    tools = demo_tools(base, out)
    if weight:
        pictures = tuple(sample.path for sample in dataset.train[:REFERENCES])
        identity = Identity(adapter=demo_adapter(), references=pictures, weight=weight)
        generator = _WithIdentity(LocalGenerator(base, reader=lambda _: demo_reader()), identity)
        tools = replace(tools, generator=generator, base=f"{base.sha256} {identity.content_key} {weight:g}")
    plan = replace(study_plan(dataset.trigger), strength=strength, steps=STEPS)
    return follow(compare(plan, runs, demo_subject(dataset), tools), sink)


@dataclass(frozen=True)
class _WithIdentity:
    """`identity` on `generator`'s pictures, whatever their shots say."""

    generator: Generator
    identity: Identity

    @property
    def supports(self) -> frozenset[type[Attachment]]:
        return self.generator.supports

    def generate(self, shots: Sequence[Shot]) -> Iterator[Image.Image]:
        return self.generator.generate(
            [replace(shot, attachments=(*shot.attachments, self.identity)) for shot in shots]
        )


def _table(scores: Scores, truth: Truth | None) -> Table:
    likeness = identities(scores.pictures)
    seen = truth.seen if truth else ()
    return {
        "identity": likeness,
        "recognised": {key: float(value >= demo_reader().same_person) for key, value in likeness.items()},
        "likeness": {each.key: each.likeness for each in seen},
        "following": followings(scores.pictures),
        "asked": {each.key: float(each.asked) for each in seen if each.asked is not None},
    }


def _smalls(scores: Scores, out: Path) -> list[np.ndarray]:
    """The bare trigger's pictures, where all but the person is free."""
    return [small(load_rgb(out / each.path)) for each in scores.pictures if each.kind == "trigger"]
