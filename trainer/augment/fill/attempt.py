"""One try at filling a gap: what is asked of the generator, and the picture as a sample with what was seen in it."""

from dataclasses import dataclass, replace

from ...dataset.audit.observation import Observation
from ...dataset.dataset import Dataset
from ...dataset.sample import Likeness, Sample
from ...generate.attachments import Attachment, Control, Reference, Start
from ...generate.render_cache import Rendering, RenderRequest
from ...generate.shot import Shot
from ...images.store import ImageStore
from ..rounds import Attempt, seed_for
from .judge import FillJudge, FillVerdict
from .plan import FillJob, FillPlan, shape_of
from .pose import pose_for
from .reference import SetReference
from .view import View
from .words import captioned, prompt_for


@dataclass(frozen=True, kw_only=True, eq=False)
class FillAttempt(Attempt[FillJob, FillVerdict]):
    """One picture of a job, as a sample, with what was found and seen in it."""

    view: View
    references: tuple[SetReference, ...]
    sample: Sample
    seen: Observation


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What a request is for: a job, in one of its views, from these pictures of the set."""

    job: FillJob
    view: View
    references: tuple[SetReference, ...]


class FillRequestBuilder:
    """Requests for the pictures that fill gaps of `dataset`, and samples of what came of them."""

    def __init__(self, dataset: Dataset, plan: FillPlan, shelf: ImageStore) -> None:
        self._dataset, self._plan, self._shelf = dataset, plan, shelf

    def request(self, job: FillJob, references: tuple[SetReference, ...], attempt: int) -> RenderRequest[Asked]:
        view, first, plan = job.view(attempt), references[0], self._plan
        width, height = shape_of(view, *first.size, plan)
        shot = Shot(
            prompt=prompt_for(first.sample.caption, view, self._dataset.trigger, plan),
            negative=view.negative,
            seed=seed_for(plan.seed, job, attempt),
            width=width,
            height=height,
            steps=plan.steps,
            guidance=plan.guidance,
            attachments=(*self._shown(references), *self._pose(view, (width, height))),
        )
        return RenderRequest(what=Asked(job=job, view=view, references=references), shot=shot)

    def attempt(self, rendering: Rendering[Asked], judge: FillJudge) -> FillAttempt:
        """The finished picture, judged."""
        asked, sample = rendering.request.what, self._sample(rendering)
        verdict, seen = judge.verdict(sample, asked.job.gap, asked.references)
        if rendering.is_blank:
            verdict = FillVerdict(fault="it came out blank")
        likeness = None if verdict.identity is None else Likeness(
            value=verdict.identity, reader=judge.reader, against=verdict.against)  # fmt: skip
        return FillAttempt(
            job=asked.job,
            view=asked.view,
            references=asked.references,
            sample=replace(sample, face=seen.mark, likeness=likeness),
            verdict=verdict,
            seen=seen,
            seconds=rendering.seconds,
        )

    def _shown(self, references: tuple[SetReference, ...]) -> tuple[Attachment, ...]:
        if self._plan.way == "edit":
            return tuple(Reference(path=one.path) for one in references)
        if self._plan.way == "image to image":
            return (Start(path=references[0].path, denoise=self._plan.denoise),)
        return ()

    def _pose(self, view: View, size: tuple[int, int]) -> tuple[Attachment, ...]:
        pose = pose_for(view.axis, view.bucket, size) if self._plan.posed else None
        return () if pose is None else (Control(path=self._shelf.path(self._shelf.put(pose))),)

    def _sample(self, rendering: Rendering[Asked]) -> Sample:
        asked, kept = rendering.request.what, rendering.kept
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
            seed=rendering.request.shot.seed,
        )
