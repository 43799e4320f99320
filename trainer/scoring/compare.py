"""The procedure: draw the control and every checkpoint alike, read the pictures, score, choose, write the report."""

import hashlib
from collections.abc import Generator as Work
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from ..errors import RunError, few
from ..faces.face import AttributeReader, FaceReader
from ..generate.shot import Generator
from ..runtime.work import Ask, never
from ..storage.values import canonical_json
from ..training.run.events import HeldOut
from .advice import advice_of_run
from .candidate import Candidate
from .choose import choose
from .drawing import ColumnShots, Compared, Drawing
from .gates import flagged
from .measures.memorisation import losses_of_run, memorisation
from .observation import CheckpointImages, Observation, Scale
from .plan import ComparePlan
from .readers import Readers
from .report.kept import finished_report, write_report
from .report.report import Report
from .score import score
from .scores import Scores
from .subject import Subject, scale_of

CONTROL = "No LoRA"
_VERSION = 3
"""In every report's key: another one has all reports made anew, from kept pictures."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Tools:
    """Who draws, who reads, and the folder for pictures and report.

    `base` names what the generator draws with (a base's sha256) and must change with it: pictures are kept under it.
    """

    generator: Generator
    faces: FaceReader
    attributes: AttributeReader | None = None
    out: Path
    base: str = ""


@dataclass(frozen=True, kw_only=True)
class _Column:
    """What to draw with one candidate, None for the control. `losses` are those up to its step."""

    label: str
    candidate: Candidate | None
    shots: ColumnShots
    losses: tuple[HeldOut, ...] = ()

    def images(self, observations: Sequence[Observation]) -> CheckpointImages:
        seen = sorted(observations, key=lambda each: each.key)
        return CheckpointImages(
            label=self.label,
            step=self.candidate and self.candidate.step,
            seed=self.candidate and self.candidate.seed,
            strength=self.candidate.strength if self.candidate else 1.0,
            lora=self.candidate and self.candidate.path.name,
            losses=self.losses,
            observations=seen,
        )


def compare(
    plan: ComparePlan, candidates: Sequence[Candidate], subject: Subject, tools: Tools, cancelled: Ask = never
) -> Work[Compared, None, Report]:
    """Yield one Compared a picture, the control's first; return the Report, also written to the tools' folder.

    Raises Cancelled between pictures; every finished one is kept and never made again.
    A second run of the same comparison answers from its report.
    """
    work = _Comparison(plan=plan, columns=_columns(plan, candidates, tools.base), subject=subject, tools=tools)
    key = work.key()
    finished = finished_report(tools.out, key)
    if finished is not None:
        return finished
    scale, notes = scale_of(subject, plan, work.readers)
    images = yield from work.draw(scale.character, cancelled)
    report = work.report(images, scale, notes, key)
    write_report(report, tools.out)
    return report


@dataclass(frozen=True, kw_only=True, eq=False)
class _Comparison:
    """What is to be drawn, of whom, by whom."""

    plan: ComparePlan
    columns: Sequence[_Column]
    subject: Subject
    tools: Tools

    @property
    def readers(self) -> Readers:
        return Readers(faces=self.tools.faces, attributes=self.tools.attributes, floor=self.plan.face_floor)

    def key(self) -> str:
        """Names everything a report is made from: its pictures, references, readers and losses."""
        learned = [memorisation(each.losses) for each in self.columns]
        parts = {
            "version": _VERSION,
            "plan": self.plan.to_json(),
            "pictures": [list(each.shots.keys) for each in self.columns],
            "recall": [each and each.to_json() for each in learned],
            "readers": list(self.readers.names.values()),
            **self.subject.key_parts(),
        }
        return hashlib.sha256(canonical_json(parts).encode()).hexdigest()

    def run(self) -> Path | None:
        """Folder of the run whose checkpoints are compared; None for anybody's files."""
        return next((each.candidate.run for each in self.columns if each.candidate and each.candidate.run), None)

    def draw(self, character: np.ndarray, cancelled: Ask) -> Work[Compared, None, list[CheckpointImages]]:
        """Every column, the control's first, each picture read as it comes, by one rule: its face is the one most like
        `character`, (d,)."""
        drawing = Drawing([each.shots for each in self.columns], self.tools.generator, self.tools.out, cancelled)
        images: list[CheckpointImages] = []
        for column in self.columns:
            seen: list[Observation] = []
            for rendering, compared in drawing.column(column.label, column.shots):
                seen.append(self.readers.observe(rendering, compared.image, character))
                yield compared
            images.append(column.images(seen))
        return images

    def report(self, images: Sequence[CheckpointImages], scale: Scale, notes: Sequence[str], key: str) -> Report:
        """Scores of the images, the control's first; the choice among the checkpoints."""
        control, *scores = [score(each, images[0], scale) for each in images]
        checkpoints = tuple(flagged(each, control, scale.reference) for each in scores)
        choice = choose(control, checkpoints, scale.reference)
        report = Report(
            trigger=self.subject.trigger,
            plan=self.plan,
            control=control,
            checkpoints=checkpoints,
            reference=scale.reference,
            chosen=choice.label,
            tied=choice.tied,
            reason=choice.reason,
            advice=(),
            notes=(*notes, *choice.notes, *_several([control, *checkpoints]), *_unmeasured(control)),
            readers=self.readers.names,
            key=key,
        )
        return replace(report, advice=advice_of_run(report, self.run()))


def _columns(plan: ComparePlan, candidates: Sequence[Candidate], base: str) -> list[_Column]:
    if not candidates:
        raise RunError("There are no checkpoints to compare; train first, or choose LoRA files.")
    labels = [candidate.label for candidate in candidates]
    if len(set(labels)) != len(labels):
        raise RunError(f"Two of what is to be compared have the same name ({few(labels)}); compare each file once.")
    columns = [_Column(label=CONTROL, candidate=None, shots=ColumnShots.of(plan, None, base))]
    for candidate in sorted(candidates, key=lambda each: each.order):
        columns.append(
            _Column(
                label=candidate.label,
                candidate=candidate,
                shots=ColumnShots.of(plan, candidate.path, base),
                losses=_losses(candidate),
            )
        )
    return columns


def _losses(candidate: Candidate) -> tuple[HeldOut, ...]:
    """Those of its run up to its step."""
    if candidate.run is None or candidate.step is None:
        return ()
    return tuple(row for row in losses_of_run(candidate.path) if row.step <= candidate.step)


def _several(columns: Sequence[Scores]) -> list[str]:
    """How many pictures show several people, a column: the likeness of the likest flatters a little."""
    counts = {each.label: sum((picture.faces or 0) > 1 for picture in each.pictures) for each in columns}
    if not any(counts.values()):
        return []
    said = ", ".join(f"{label}: {count}" for label, count in counts.items() if count)
    return [
        f"Pictures with several faces ({said}) are measured, with and without LoRA, by the face most like the "
        "character; the other faces are not."
    ]


def _unmeasured(control: Scores) -> list[str]:
    missing = {
        "Prompt following": control.following is None,
        "Variety": control.variety is None,
        "Leaking without the trigger": control.leak is None,
        "Nearest of all people": control.top1 is None,
    }
    return [f"{name} is not measured." for name, lacks in missing.items() if lacks]
