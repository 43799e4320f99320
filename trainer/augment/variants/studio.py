"""Draws variants and judges them; verdicts are remembered as the pictures are."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass

from ...errors import RunError
from ...generate.render_cache import Canvas, Easel, Order
from ...generate.shot import Shot
from ...images.store import ImageStore, StoredImage
from ...storage.values import key_of
from .judge import Judge, Verdict
from .plan import Job, VariantPlan, seed_for
from .source import Source
from .words import asked_for

_Asked = tuple[Job, Source]


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """One picture of a job, what it was made with, and what was found. `is_new`: drawn now, not remembered."""

    job: Job
    source: Source
    denoise: float
    seed: int
    kept: StoredImage
    verdict: Verdict
    is_new: bool
    seconds: float


class Studio:
    """`easel` and `shelf` are of one folder."""

    def __init__(self, plan: VariantPlan, trigger: str, easel: Easel, judge: Judge, shelf: ImageStore) -> None:
        self._plan, self._trigger, self._easel, self._judge, self._shelf = plan, trigger, easel, judge, shelf

    def attempts(self, jobs: Sequence[_Asked], denoise: Callable[[Job], float], number: int) -> Iterator[Attempt]:
        """The `number`-th attempt of every job, remembered ones first; raises as the easel does."""
        orders = [self._order(job, source, denoise(job), number) for job, source in jobs]
        for canvas in self._easel.draw(orders):
            yield self._judged(canvas)

    def _order(self, job: Job, source: Source, denoise: float, number: int) -> Order[_Asked]:
        files = (source.sha256, *(["edit"] if self._plan.edits else []), *([source.hint.sha256] if source.hint else []))
        return Order(what=(job, source), shot=self._shot(job, source, denoise, number), files=files)

    def _judged(self, canvas: Canvas[_Asked]) -> Attempt:
        job, source = canvas.order.what
        return Attempt(
            job=job,
            source=source,
            denoise=canvas.order.shot.denoise,
            seed=canvas.order.shot.seed,
            kept=canvas.kept,
            verdict=self._verdict(canvas, job, source),
            is_new=canvas.is_new,
            seconds=canvas.seconds,
        )

    def _verdict(self, canvas: Canvas[_Asked], job: Job, source: Source) -> Verdict:
        style = job.style
        key = key_of("verdict", canvas.kept.sha256, source.sha256, style.prompt, style.face, self._judge.name)
        note = self._shelf.note(key)
        if note is not None:
            try:
                return Verdict.from_json(note)
            except (RunError, TypeError):
                pass
        verdict = self._judge.verdict(source.face, canvas.image, style)
        self._shelf.keep_note(key, asdict(verdict))
        return verdict

    def _shot(self, job: Job, source: Source, denoise: float, number: int) -> Shot:
        plan, style = self._plan, job.style.prompt
        words = asked_for(job.source.caption, style, self._trigger, plan.looks)
        return Shot(
            prompt=plan.edit.replace("{style}", style) if plan.edits else words,
            negative=job.style.negative,
            seed=seed_for(plan, job, number),
            width=source.size[0],
            height=source.size[1],
            steps=plan.steps,
            guidance=plan.guidance,
            start=None if plan.edits else source.start,
            denoise=denoise,
            references=(source.start,) if plan.edits else (),
            hint=None if source.hint is None else self._shelf.path(source.hint),
        )
