"""Whether training, drawing and measuring work here as they did when this version was made."""

import json
import tempfile
import time
from collections.abc import Generator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from PIL import Image

from ..families.residence import Residence
from ..generate.local import LocalGenerator
from ..images.pixels import load_rgb
from ..recipe.recipe import Recipe
from ..runtime.work import Ask, never
from ..scoring import Compared, Report, Subject, Tools, candidates_of_run, compare
from ..scoring.plan.compare_plan import ComparePlan
from ..scoring.scores import Scores
from ..training.job import Job
from ..training.run.events import Event, Stepped, read_events
from ..training.run.folder import RunFolder
from ..training.train import train
from .assets import demo_base, demo_reader, other_people
from .characters.character import draw_character
from .figures import mean_of
from .settings import demo_plan, demo_recipe

SCORES = Path(__file__).with_name("check_scores.json")
_STEPS, _LAST = 150, 50
_WITHIN: Mapping[str, float] = {"loss": 0.01, "identity_control": 0.1, "identity": 0.1, "following": 0.15}
"""How far a score may be from the stored one: devices and versions of torch round in other ways."""
_TITLES: Mapping[str, str] = {
    "loss": "loss",
    "identity_control": "likeness without the LoRA",
    "identity": "likeness with it",
    "following": "share of prompts followed",
}


@dataclass(frozen=True, kw_only=True)
class Score:
    """What was measured here, None where nothing could be, and what this version's own machine measured."""

    name: str
    here: float | None
    stored: float

    @property
    def title(self) -> str:
        """The name as a person says it."""
        return _TITLES[self.name]

    @property
    def is_alike(self) -> bool:
        return self.here is not None and abs(self.here - self.stored) <= _WITHIN[self.name]


@dataclass(frozen=True, kw_only=True)
class Checkup:
    """The scores, the seconds of training and of all, on `device`, and pictures of the same prompts before and after
    learning."""

    scores: tuple[Score, ...]
    before: tuple[Image.Image, ...]
    after: tuple[Image.Image, ...]
    seconds_training: float
    seconds: float
    device: str

    @property
    def is_well(self) -> bool:
        return all(score.is_alike for score in self.scores)

    @property
    def sentence(self) -> str:
        spent = f"{self.seconds:.0f} s on {self.device}, {self.seconds_training:.0f} of them training"
        if self.is_well:
            return f"All is well: the demo character was learned, drawn and measured as it should be ({spent})."
        words = [f"{score.title} is {_said(score.here)} where {score.stored:.3f} is stored" for score in self.scores]
        wrong = [word for word, score in zip(words, self.scores, strict=True) if not score.is_alike]
        return (
            f"Something is wrong here ({spent}): {'; '.join(wrong)}. Check it on the processor too (ComfyUI with "
            "--cpu, --device cpu): if that is well, it is the GPU's driver or torch; else reinstall requirements.txt."
        )


def check_installation(*, device: str = "cpu", cancelled: Ask = never) -> Generator[Event | Compared, None, Checkup]:
    """Learn the demo character, about a minute on a processor, and hold its scores against the stored ones. Nothing is
    left behind."""
    started = time.monotonic()
    stored: dict[str, float] = json.loads(SCORES.read_text(encoding="utf-8"))
    with tempfile.TemporaryDirectory(prefix="likeness_check_") as scratch:
        out = Path(scratch)
        report, losses, trained = yield from _measured(out, device, cancelled)
        here = {"loss": sum(losses) / len(losses), **_figures(report)}
        return Checkup(
            scores=tuple(Score(name=name, here=here[name], stored=stored[name]) for name in _WITHIN),
            before=_pictures(report.control, out),
            after=_pictures(report.checkpoints[-1], out),
            seconds_training=trained,
            seconds=time.monotonic() - started,
            device=device,
        )


def _measured(
    out: Path, device: str, cancelled: Ask
) -> Generator[Event | Compared, None, tuple[Report, list[float], float]]:
    """The report on what was learned, the last losses and the seconds of training."""
    dataset, base, started = draw_character(out / "dataset"), demo_base(), time.monotonic()
    job = Job(recipe=_recipe(), dataset=dataset, base=base, run=out / "run", name=dataset.trigger, device=device)
    yield from train(job, cancelled=cancelled)
    trained, run, reader = time.monotonic() - started, RunFolder(job.run), demo_reader()
    tools = Tools(
        generator=LocalGenerator(base, Residence(device=device), cancelled=cancelled),
        faces=reader,
        attributes=reader,
        out=out / "report",
        base=base.sha256,
    )
    subject = Subject(
        trigger=dataset.trigger, references=dataset.held_out, training=dataset.train, others=other_people()
    )
    report = yield from compare(_plan(dataset.trigger), candidates_of_run(run.checkpoints()), subject, tools, cancelled)
    losses = [event.loss for event in read_events(run.log) if isinstance(event, Stepped)][-_LAST:]
    return report, losses, trained


def _recipe() -> Recipe:
    """The demo's, shorter, with nothing drawn on the way."""
    recipe = demo_recipe(steps=_STEPS)
    output = replace(recipe.output, save_every=_STEPS, sample_every=0, held_out_every=_STEPS)
    return replace(recipe, prior=replace(recipe.prior, images=8), output=output)


def _plan(trigger: str) -> ComparePlan:
    """Every third of the demo's own contexts, and its bare trigger."""
    plan = demo_plan(trigger)
    contexts = [probe for probe in plan.probes if probe.kind == "prompt"][::3]
    alone = [replace(probe, seeds=probe.seeds[:4]) for probe in plan.probes if probe.kind == "trigger"]
    return replace(plan, probes=(*alone, *contexts))


def _figures(report: Report) -> dict[str, Any]:
    last = report.checkpoints[-1]
    return {
        "identity_control": mean_of(report.control.identity),
        "identity": mean_of(last.identity),
        "following": mean_of(last.following),
    }


def _pictures(column: Scores, out: Path) -> tuple[Image.Image, ...]:
    return tuple(load_rgb(out / "report" / picture.path) for picture in column.pictures)


def _said(value: float | None) -> str:
    return "not measured" if value is None else f"{value:.3f}"
