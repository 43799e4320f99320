"""Fills what a set lacks with made pictures, kept only when they show the same person and what was asked for."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from ...dataset.audit.audit import Audit
from ...dataset.audit.observation import Observation
from ...dataset.coverage.coverage import cover
from ...dataset.sample import Likeness, Sample
from ...faces.face import AttributeReader, FaceReader
from ...generate.render_cache import Canvas, Easel, Order
from ...generate.shot import Generator, Shot
from ...images.store import ImageStore, StoredImage
from ...runtime.work import never
from ..variants.repeats import capped
from .filled import Filled, filled
from .gap import gaps_of
from .judge import FillJudge, Verdict, trained_rows
from .plan import FillPlan, Job, seed_for, shape_of
from .pose import pose_for
from .reference import Reference, chosen, references_of
from .view import View
from .words import captioned, prompt_for


@dataclass(frozen=True, kw_only=True, eq=False)
class Attempt:
    """One picture of a job, as a sample, with what was found and seen in it."""

    job: Job
    view: View
    references: tuple[Reference, ...]
    sample: Sample
    verdict: Verdict
    seen: Observation
    seconds: float


@dataclass(frozen=True, kw_only=True, eq=False)
class Drawn:
    """One picture, of `done` that are settled out of `total`."""

    attempt: Attempt
    done: int
    total: int
    seconds_left: float | None


@dataclass(frozen=True, kw_only=True)
class _Asked:
    job: Job
    view: View
    references: tuple[Reference, ...]


def fill_gaps(  # noqa: PLR0913
    audit: Audit,
    plan: FillPlan,
    generator: Generator,
    out: Path,
    *,
    faces: FaceReader | None = None,
    attributes: AttributeReader | None = None,
    fingerprint: str,
    posed: bool = False,
    cancelled: Callable[[], bool] = never,
) -> Iterator[Drawn | Filled]:
    """Make, judge and try again; every picture is a Drawn, the last item the Filled.

    `audit` is Check dataset's, by the same readers. `posed` gives the generator an OpenPose skeleton as hint where the
    view is one of angle or framing. Pictures lie in `out/<sha256>.png` and are drawn once; what was tried is judged
    again by the set as it is now. Raises Cancelled between pictures, DatasetError where nothing can be filled or used,
    ModelError when the model draws blanks.
    """
    shelf = ImageStore(out)
    before = cover(trained_rows(audit), audit.expressions)
    gaps = gaps_of(before, plan.views, plan.gaps)
    references = references_of(audit, plan, shelf) if gaps else []
    judge = FillJudge(audit, before, faces, attributes, plan.nearest)
    easel = Easel(generator, shelf, fingerprint=fingerprint, cancelled=cancelled)
    room = _Room(audit, plan, shelf, posed)
    pending: list[Job] = [Job(gap=gap, number=number) for gap in gaps for number in range(plan.per_gap)]
    order, total = {_name(job): place for place, job in enumerate(pending)}, len(pending)
    tried: list[Attempt] = []
    kept: dict[str, Attempt] = {}
    pace = _Pace()
    for number in range(1 + plan.retries):
        orders = [room.order(job, chosen(references, job, number, plan), number) for job in pending]
        for canvas in easel.draw(orders):
            attempt = _judged(canvas, room, judge)
            tried.append(attempt)
            if attempt.verdict.is_kept:
                kept[_name(attempt.job)] = attempt
            left = pace.left(attempt, total - len(kept))
            yield Drawn(attempt=attempt, done=len(kept), total=total, seconds_left=left)
        pending = [job for job in pending if _name(job) not in kept]
    made = [kept[name] for name in sorted(kept, key=order.__getitem__)]
    samples = capped((*audit.dataset.samples, *(one.sample for one in made)), plan.share)
    yield filled(audit, before, plan, gaps, made, tried, samples, judge.floor)


class _Room:
    """What orders and samples are made of."""

    def __init__(self, audit: Audit, plan: FillPlan, shelf: ImageStore, posed: bool) -> None:
        self._dataset, self._plan, self._shelf, self._posed = audit.dataset, plan, shelf, posed

    def order(self, job: Job, references: tuple[Reference, ...], attempt: int) -> Order[_Asked]:
        view, first, plan = job.view(attempt), references[0], self._plan
        width, height = shape_of(view, *first.size, plan)
        starts = plan.way == "image to image"
        hint = self._hint(view, width, height)
        shot = Shot(
            prompt=prompt_for(first.sample.caption, view, self._dataset.trigger, plan),
            negative=view.negative,
            seed=seed_for(plan, job, attempt),
            width=width,
            height=height,
            steps=plan.steps,
            guidance=plan.guidance,
            start=first.path if starts else None,
            denoise=plan.denoise if starts else 1.0,
            references=tuple(one.path for one in references) if plan.way == "edit" else (),
            hint=None if hint is None else self._shelf.path(hint),
        )
        used = () if plan.way == "words" else tuple(one.sha256 for one in references)
        files = (plan.way, *used, *([hint.sha256] if hint else ()))
        return Order(what=_Asked(job=job, view=view, references=references), shot=shot, files=files)

    def sample(self, canvas: Canvas[_Asked]) -> Sample:
        asked, kept = canvas.order.what, canvas.kept
        source, data = asked.references[0].sample, self._dataset
        return Sample(
            path=self._shelf.path(kept),
            sha256=kept.sha256,
            width=kept.width,
            height=kept.height,
            caption=captioned(source.caption, asked.view, data.trigger, data.subject),
            author=source.author,
            origin="filled",
            source=source.family,
            style=source.style,
            seed=canvas.order.shot.seed,
        )

    def _hint(self, view: View, width: int, height: int) -> StoredImage | None:
        pose = pose_for(view.axis, view.bucket, (width, height)) if self._posed else None
        return None if pose is None else self._shelf.put(pose)


class _Pace:
    """How long the rest may take at the pace so far."""

    def __init__(self) -> None:
        self._seconds = self._new = 0.0

    def left(self, attempt: Attempt, open_jobs: int) -> float | None:
        self._seconds += attempt.seconds
        self._new += attempt.seconds > 0
        return self._seconds / self._new * open_jobs if self._new else None


def _judged(canvas: Canvas[_Asked], room: _Room, judge: FillJudge) -> Attempt:
    asked, sample = canvas.order.what, room.sample(canvas)
    verdict, seen = judge.verdict(sample, asked.job.gap, asked.references)
    if canvas.is_blank:
        verdict = Verdict(fault="it came out blank")
    likeness = None if verdict.identity is None else Likeness(
        value=verdict.identity, reader=judge.reader, against=verdict.against)  # fmt: skip
    return Attempt(
        job=asked.job,
        view=asked.view,
        references=asked.references,
        sample=replace(sample, face=seen.mark, likeness=likeness),
        verdict=verdict,
        seen=seen,
        seconds=canvas.seconds,
    )


def _name(job: Job) -> str:
    return f"{job.gap.name}|{job.number}"
