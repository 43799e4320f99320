"""Draws variants and judges them, each picture once: what was drawn or judged before is taken from the shelf."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from PIL import Image

from ..errors import Cancelled, ModelError
from ..generate.shot import Generator, Shot
from ..values import key_of
from .judge import Judge, Verdict, is_blank
from .plan import Job, VariantPlan, seed_for
from .shelf import Kept, VariantShelf
from .source import Source
from .words import asked_for

_BLANK_AT_FIRST = 3
_STOPPED = "Stopped after {done} pictures; they are kept, and the same settings go on from there."
_ALL_BLANK = (
    "The model returned {count} blank pictures in a row. Its numbers overflow: use a VAE that bears half precision, or "
    "start ComfyUI with --fp32-vae, and check that the model draws at all."
)


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """One picture of a job, what it was made with, and what was found. `is_new`: drawn now, not remembered."""

    job: Job
    source: Source
    denoise: float
    seed: int
    kept: Kept
    verdict: Verdict
    is_new: bool
    seconds: float


class Studio:
    """`fingerprint` names the generator's weights: pictures of another model are never taken for this one's."""

    def __init__(  # noqa: PLR0913
        self,
        plan: VariantPlan,
        trigger: str,
        generator: Generator,
        judge: Judge,
        shelf: VariantShelf,
        *,
        fingerprint: str,
        cancelled: Callable[[], bool],
    ) -> None:
        self._plan, self._trigger, self._generator, self._judge, self._shelf = plan, trigger, generator, judge, shelf
        self._fingerprint, self._cancelled = fingerprint, cancelled
        self.drawn = 0
        self._blank = 0

    def attempts(
        self, jobs: Sequence[tuple[Job, Source]], denoise: Callable[[Job], float], number: int
    ) -> Iterator[Attempt]:
        """The `number`-th attempt of every job, remembered ones first; Cancelled between two pictures."""
        planned = [(job, source, self._shot(job, source, denoise(job), number)) for job, source in jobs]
        missing: list[tuple[Job, Source, Shot]] = []
        for job, source, shot in planned:
            known = self._shelf.picture(self._key(source, shot))
            if known is None:
                missing.append((job, source, shot))
            else:
                yield self._judged(job, source, shot, *known, seconds=0.0)
        yield from self._draw(missing)

    def _draw(self, missing: Sequence[tuple[Job, Source, Shot]]) -> Iterator[Attempt]:
        self._stop_if_asked()
        for job, source, shot in missing:
            before = time.monotonic()
            # Alone: a batch rounds otherwise than its pictures do, and what is missing differs after a Cancel.
            image = next(iter(self._generator.generate([shot])))
            # A blank picture is not remembered: the next run may have a VAE that bears its numbers.
            kept = self._shelf.put(image) if is_blank(image) else self._shelf.keep(self._key(source, shot), image)
            self.drawn += 1
            made = self._judged(job, source, shot, kept, image, seconds=max(time.monotonic() - before, 1e-6))
            self._refuse_blanks(made.verdict)
            yield made
            self._stop_if_asked()

    def _judged(  # noqa: PLR0913
        self, job: Job, source: Source, shot: Shot, kept: Kept, image: Image.Image, *, seconds: float
    ) -> Attempt:
        style = job.style
        key = key_of("verdict", kept.sha256, source.sha256, style.prompt, style.face, self._judge.name)
        verdict = self._shelf.verdict(key)
        if verdict is None:
            verdict = self._judge.verdict(source.face, image, style)
            self._shelf.keep_verdict(key, verdict)
        return Attempt(
            job=job,
            source=source,
            denoise=shot.denoise,
            seed=shot.seed,
            kept=kept,
            verdict=verdict,
            is_new=seconds > 0,
            seconds=seconds,
        )

    def _shot(self, job: Job, source: Source, denoise: float, number: int) -> Shot:
        plan = self._plan
        return Shot(
            prompt=asked_for(job.source.caption, job.style.prompt, self._trigger, plan.looks),
            negative=job.style.negative,
            seed=seed_for(plan, job, number),
            width=source.size[0],
            height=source.size[1],
            steps=plan.steps,
            guidance=plan.guidance,
            start=source.start,
            denoise=denoise,
        )

    def _key(self, source: Source, shot: Shot) -> str:
        numbers = (shot.seed, shot.steps, shot.guidance, shot.denoise)
        return key_of("drawn", self._fingerprint, source.sha256, shot.prompt, shot.negative, *numbers)

    def _refuse_blanks(self, verdict: Verdict) -> None:
        self._blank = self._blank + 1 if verdict.is_blank else 0
        if self._blank >= _BLANK_AT_FIRST:
            raise ModelError(_ALL_BLANK.format(count=self._blank))

    def _stop_if_asked(self) -> None:
        if self._cancelled():
            raise Cancelled(_STOPPED.format(done=self.drawn))
