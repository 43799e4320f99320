"""Draws variants and judges them; verdicts are remembered as the pictures are."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from ...errors import RunError
from ...generate.attachments import Attachment, Control, Reference, Start
from ...generate.render_cache import RenderCache, Rendering, RenderRequest
from ...generate.shot import Shot
from ...images.store import ImageStore, StoredImage
from ...storage.values import key_of
from ..rounds import Attempt, seed_for
from .judge import VariantJudge, VariantVerdict
from .plan import VariantJob, VariantPlan
from .source import Source
from .words import asked_for

_Asked = tuple[VariantJob, Source]


@dataclass(frozen=True, kw_only=True, eq=False)
class VariantAttempt(Attempt[VariantJob, VariantVerdict]):
    """A picture, in the file `path`, of a render, and what it was made with."""

    source: Source
    denoise: float
    seed: int
    kept: StoredImage
    path: Path


class VariantRenderer:
    """`cache` and `shelf` are of one folder."""

    def __init__(
        self, plan: VariantPlan, trigger: str, cache: RenderCache, judge: VariantJudge, shelf: ImageStore
    ) -> None:
        self._plan, self._trigger, self._cache, self._judge, self._shelf = plan, trigger, cache, judge, shelf

    def attempts(
        self, jobs: Sequence[_Asked], denoise: Callable[[VariantJob], float], number: int
    ) -> Iterator[VariantAttempt]:
        """The `number`-th attempt of every job, remembered ones first; raises as the cache does."""
        requests = [
            RenderRequest(what=(job, source), shot=self._shot(job, source, denoise(job), number))
            for job, source in jobs
        ]
        for rendering in self._cache.render(requests):
            job, source = rendering.request.what
            shot = rendering.request.shot
            yield VariantAttempt(
                job=job,
                source=source,
                denoise=denoise(job),
                seed=shot.seed,
                kept=rendering.kept,
                path=self._shelf.path(rendering.kept),
                verdict=self._verdict(rendering, job, source),
                seconds=rendering.seconds,
            )

    def _verdict(self, rendering: Rendering[_Asked], job: VariantJob, source: Source) -> VariantVerdict:
        style = job.style
        key = key_of("verdict", rendering.kept.sha256, source.sha256, style.prompt, style.face, self._judge.name)
        note = self._shelf.note(key)
        if note is not None:
            try:
                return VariantVerdict.from_json(note)
            except (RunError, TypeError):
                pass
        verdict = self._judge.verdict(source.face, rendering.image, style)
        self._shelf.keep_note(key, asdict(verdict))
        return verdict

    def _shot(self, job: VariantJob, source: Source, denoise: float, number: int) -> Shot:
        plan, style = self._plan, job.style.prompt
        words = asked_for(job.source.caption, style, self._trigger, plan.looks)
        return Shot(
            prompt=plan.edit.replace("{style}", style) if plan.edits else words,
            negative=job.style.negative,
            seed=seed_for(plan.seed, job, number),
            width=source.size[0],
            height=source.size[1],
            steps=plan.steps,
            guidance=plan.guidance,
            attachments=self._attachments(source, denoise),
        )

    def _attachments(self, source: Source, denoise: float) -> tuple[Attachment, ...]:
        shown = Reference(path=source.start) if self._plan.edits else Start(path=source.start, denoise=denoise)
        return (shown,) if source.hint is None else (shown, Control(path=source.hint))
