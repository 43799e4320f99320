"""The procedure: draw the control and every checkpoint alike, read the pictures, score, choose, write the report."""

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from ..dataset.sample_pixels import open_sample
from ..errors import FaceError, LikenessError, RunError
from ..faces.face import AttributeReader, FaceReader
from ..faces.identity import CharacterIdentity
from ..generate.shot import Generator
from ..images.pixels import pixel_sha256
from ..storage.values import canonical_json
from ..training.run.folder import Checkpoint
from .advice import advise
from .choose import choose, judge
from .column import Column, Scale, Seen, score
from .drawing import Compared, Drawing, Order, orders
from .measures.memorisation import Recall, losses_of, recall
from .measures.variety import small
from .plan import ComparePlan
from .report.report import Report
from .report.write import REPORT, is_written, write_report
from .scores import Scores
from .shelf import Shelf
from .subject import Subject

CONTROL = "No LoRA"
_VERSION = 1


@dataclass(frozen=True, kw_only=True)
class _Eyes:
    """Both readers and the detector score a face needs."""

    faces: FaceReader
    attributes: AttributeReader | None
    floor: float

    def embedding(self, image: Image.Image) -> np.ndarray | None:
        """Of the largest face, (d,)."""
        found = [face for face in self.faces.faces(image) if face.score >= self.floor]
        return np.asarray(found[0].embedding, dtype=np.float64) if found else None

    def seen(self, order: Order, path: str, image: Image.Image) -> Seen:
        read = self.attributes.read([image])[0].values if self.attributes else dict[str, str]()
        return Seen(
            probe=order.probe,
            seed=order.shot.seed,
            path=path,
            embedding=self.embedding(image),
            read=read,
            small=small(image),
        )


@dataclass(frozen=True, kw_only=True)
class _Job:
    """A column to draw; `checkpoint` None for the control."""

    label: str
    checkpoint: Checkpoint | None
    orders: Sequence[Order]
    recall: Recall | None = None


def compare(  # noqa: PLR0913
    plan: ComparePlan,
    checkpoints: Sequence[Checkpoint],
    subject: Subject,
    *,
    generator: Generator,
    faces: FaceReader,
    attributes: AttributeReader | None,
    out: Path,
    cancelled: Callable[[], bool] = lambda: False,
    base: str = "",
) -> Iterator[Compared | Report]:
    """Yield one Compared a picture, the Report last, after writing report.json, report.html and report.png to `out`.

    `base` names what the generator draws with (a base's sha256) and must change with it: pictures are kept under it.
    The control comes first. Raises Cancelled between pictures; every finished one is kept and never made again.
    A second run of the same comparison answers from its report.
    """
    jobs = _jobs(plan, checkpoints, base)
    eyes = _Eyes(faces=faces, attributes=attributes, floor=plan.face_floor)
    key = _key(plan, jobs, subject, eyes)
    finished = _finished(out, key)
    if finished is not None:
        yield finished
        return
    scale, notes = _scale(plan, subject, eyes)
    columns: list[Column] = []
    for item in _draw(jobs, Shelf(out), generator, eyes, cancelled):
        if isinstance(item, Column):
            columns.append(item)
        else:
            yield item
    report = _report(plan, subject, columns, scale, eyes, key=key, notes=notes)
    write_report(report, out)
    yield report


def _jobs(plan: ComparePlan, checkpoints: Sequence[Checkpoint], base: str) -> list[_Job]:
    if not checkpoints:
        raise RunError("There are no checkpoints to compare; train first, or choose LoRA files.")
    steps = [checkpoint.step for checkpoint in checkpoints]
    if len(set(steps)) != len(steps):
        raise RunError(f"Two checkpoints have the same step ({steps}); compare the checkpoints of one run at a time.")
    jobs = [_Job(label=CONTROL, checkpoint=None, orders=orders(plan, None, base))]
    for checkpoint in sorted(checkpoints, key=lambda each: each.step):
        jobs.append(
            _Job(
                label=checkpoint.label,
                checkpoint=checkpoint,
                orders=orders(plan, checkpoint.path, base),
                recall=recall(losses_of(checkpoint.path), checkpoint.step),
            )
        )
    return jobs


def _draw(
    jobs: Sequence[_Job], shelf: Shelf, generator: Generator, eyes: _Eyes, cancelled: Callable[[], bool]
) -> Iterator[Compared | Column]:
    missing = [sum(not (shelf.out / shelf.path(order.key)).is_file() for order in job.orders) for job in jobs]
    drawing = Drawing(generator, shelf, sum(len(job.orders) for job in jobs), cancelled)
    for index, job in enumerate(jobs):
        seen: list[Seen] = []
        for order, compared in drawing.column(job.label, job.orders, sum(missing[index + 1 :])):
            seen.append(eyes.seen(order, shelf.path(order.key), compared.image))
            yield compared
        step, lora = (job.checkpoint.step, job.checkpoint.path.name) if job.checkpoint else (None, None)
        seen.sort(key=lambda each: each.key)
        yield Column(label=job.label, step=step, lora=lora, recall=job.recall, seen=seen)


def _scale(plan: ComparePlan, subject: Subject, eyes: _Eyes) -> tuple[Scale, tuple[str, ...]]:
    references = subject.references or subject.training
    notes: list[str] = []
    if not subject.references:
        notes.append("No pictures were held out: scores are against training pictures, which flatters memorising.")
    known = [eyes.embedding(open_sample(sample)) for sample in references]
    character = CharacterIdentity.of(known)
    if character is None:
        raise FaceError(
            f"{eyes.faces.name} finds no face in the {len(references)} reference pictures; hold out clear portraits."
        )
    if faceless := sum(embedding is None for embedding in known):
        notes.append(f"{faceless} of {len(references)} reference pictures have no face to score.")
    reference = character.self_likeness()
    if reference is None:
        notes.append("One reference face gives no upper end of the scale; hold out two or more.")
    training = [small(open_sample(sample)) for sample in subject.training]
    scale = Scale(
        probes=plan.probes,
        character=character.centroid,
        reference=reference,
        others=subject.others,
        training=training,
    )
    return scale, tuple(notes)


def _report(  # noqa: PLR0913
    plan: ComparePlan,
    subject: Subject,
    columns: Sequence[Column],
    scale: Scale,
    eyes: _Eyes,
    *,
    key: str,
    notes: tuple[str, ...],
) -> Report:
    control = score(columns[0], columns[0], scale)
    judged = judge(control, [score(column, columns[0], scale) for column in columns[1:]])
    choice = choose(control, judged, scale.reference)
    return Report(
        trigger=subject.trigger,
        plan=plan,
        control=control,
        checkpoints=judged,
        reference=scale.reference,
        chosen=choice.step,
        tied=choice.tied,
        reason=choice.reason,
        advice=advise(judged, choice.step),
        notes=(*notes, *_unmeasured(control)),
        readers={"faces": eyes.faces.name, "attributes": eyes.attributes.name if eyes.attributes else ""},
        key=key,
    )


def _unmeasured(control: Scores) -> list[str]:
    missing = {
        "Prompt following": control.following is None,
        "Variety": control.spread is None,
        "Leaking without the trigger": control.leak is None,
        "Nearest of all people": control.top1 is None,
    }
    return [f"{name} is not measured." for name, lacks in missing.items() if lacks]


def _key(plan: ComparePlan, jobs: Sequence[_Job], subject: Subject, eyes: _Eyes) -> str:
    """Names everything a report is made from: its pictures, references, readers and losses."""
    others = (
        "" if subject.others is None else hashlib.sha256(np.ascontiguousarray(subject.others).tobytes()).hexdigest()
    )
    parts = {
        "version": _VERSION,
        "plan": plan.to_json(),
        "trigger": subject.trigger,
        "pictures": [[order.key for order in job.orders] for job in jobs],
        "recall": [job.recall.to_json() if job.recall else None for job in jobs],
        "references": [pixel_sha256(open_sample(sample)) for sample in subject.references],
        "training": [pixel_sha256(open_sample(sample)) for sample in subject.training],
        "others": others,
        "readers": [eyes.faces.name, eyes.attributes.name if eyes.attributes else ""],
    }
    return hashlib.sha256(canonical_json(parts).encode()).hexdigest()


def _finished(out: Path, key: str) -> Report | None:
    """The report of this very comparison, if it is there whole."""
    if not is_written(out):
        return None
    try:
        report = Report.from_json(json.loads((out / REPORT).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError, KeyError, LikenessError):
        return None
    pictures = [out / picture.path for scores in report.columns for picture in scores.pictures]
    return report if report.key == key and all(path.is_file() for path in pictures) else None
