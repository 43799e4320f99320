"""Makes a dataset of renders into one of originals and style variants."""

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, replace

from ...dataset.dataset import Dataset
from ...dataset.sample import FaceMark, Likeness, Sample
from ...errors import Cancelled, DatasetError
from ...faces.face import FaceReader
from ...faces.identity import made_face_floor
from ..rounds import Drawing, Drawn, Tally, draw_rounds
from .denoise import StyleDenoise, find_denoise
from .judge import LookReader, VariantJudge
from .plan import VariantJob, VariantPlan, jobs_for, spread
from .renderer import VariantAttempt, VariantRenderer
from .repeats import balanced, share_sentence
from .result import Dropped, StyleFigures, VariantResult, notes
from .source import Hints, Source, no_hint, ready
from .words import restyled, with_style


def make_variants(  # noqa: PLR0913
    dataset: Dataset,
    plan: VariantPlan,
    drawing: Drawing,
    *,
    faces: FaceReader | None = None,
    looks: LookReader | None = None,
    hints: Hints = no_hint,
) -> Generator[Drawn[VariantAttempt], None, VariantResult]:
    """Find each style's denoise, draw, judge, try again, and mix; every picture is a Drawn.

    Variants are made of originals and crops that are trained on: what is held out stays unseen. `hints` are for the
    generator's ControlNet. Raises Cancelled between pictures, with all of them kept, DatasetError where no render can
    be used, ModelError when the model draws blanks.
    """
    faces, looks = (faces, looks) if plan.check else (None, None)
    renders = _read_renders(dataset, plan, drawing, faces, hints)
    judge = VariantJudge(faces=faces, looks=looks, shift=plan.shift, same_person=_floor(renders.sources, faces))
    cache = drawing.cache()
    renderer = VariantRenderer(plan, dataset.trigger, cache, judge, drawing.shelf)
    tally = Tally[VariantAttempt](len(renders.sources) * plan.per_render, cache.pace)
    probes = spread(renders.sources, plan.probes)
    found: list[StyleDenoise] = []
    for style in plan.styles:
        found.append((yield from find_denoise(style, probes, plan, renderer, tally)))
    yield from _rounds(renders.sources, found, plan, renderer, tally)
    return _result(dataset, plan, renders, found, tally, faces.name if faces else "")


def _rounds(
    sources: Sequence[Source],
    found: Sequence[StyleDenoise],
    plan: VariantPlan,
    renderer: VariantRenderer,
    tally: Tally[VariantAttempt],
) -> Iterator[Drawn[VariantAttempt]]:
    usable = {one.style.prompt: one for one in found if one.denoise is not None}
    if not usable:
        return iter(())
    by_sha = {source.sample.sha256: source for source in sources}
    samples, styles = [source.sample for source in sources], [one.style for one in usable.values()]

    def attempts(jobs: Sequence[VariantJob], number: int) -> Iterator[VariantAttempt]:
        pairs = [(job, by_sha[job.source.sha256]) for job in jobs]
        return renderer.attempts(pairs, lambda job: usable[job.style.prompt].of_attempt(number), number)

    return draw_rounds(jobs_for(samples, styles, plan.per_render), plan.retries, attempts, tally)


@dataclass(frozen=True, kw_only=True)
class _Renders:
    """What variants are made of, and why other pictures are not among it."""

    sources: Sequence[Source]
    lost: Sequence[str]


def _read_renders(
    dataset: Dataset, plan: VariantPlan, drawing: Drawing, faces: FaceReader | None, hints: Hints
) -> _Renders:
    sources: list[Source] = []
    lost: list[str] = []
    seen: set[str] = set()
    held = {sample.family for sample in dataset.held_out}
    for sample in dataset.train:
        if sample.is_made or sample.family in held or sample.sha256 in seen:
            continue
        seen.add(sample.sha256)
        if drawing.cancelled():
            raise Cancelled("Stopped while reading the renders; the same settings go on from there.")
        try:
            sources.append(ready(sample, plan.resolution, faces, drawing.shelf, hints))
        except DatasetError as fault:
            lost.append(str(fault))
    if not sources:
        why = lost or ["There are none to train on."]
        raise DatasetError("\n".join(["No picture is left to make variants of.", *why]))
    return _Renders(sources=sources, lost=lost)


def _floor(sources: Sequence[Source], faces: FaceReader | None) -> float:
    """The least likeness at which two faces are the same person's, by what the renders are like among themselves."""
    own = [source.face.embedding for source in sources if source.face is not None]
    return 0.0 if faces is None else made_face_floor(own, faces.same_person, faces.metric)


def _result(  # noqa: PLR0913
    dataset: Dataset,
    plan: VariantPlan,
    renders: _Renders,
    found: Sequence[StyleDenoise],
    tally: Tally[VariantAttempt],
    reader: str,
) -> VariantResult:
    order = {source.sample.sha256: place for place, source in enumerate(renders.sources)}
    kept = sorted(tally.kept.values(), key=lambda one: (order[one.job.source.sha256], one.job.number))
    dropped = tuple(Dropped(job=one.job, why=one.verdict.fault or "") for one in tally.failed.values())
    originals = [_with_style(sample, plan.render_style) for sample in dataset.samples]
    samples = balanced((*originals, *(_sample(attempt, reader) for attempt in kept)), plan.share)
    styles = tuple(StyleFigures.of(one, tally.tried, kept, dropped) for one in found)
    return VariantResult(
        dataset=dataset.with_samples(samples),
        kept=tuple(kept),
        dropped=dropped,
        styles=styles,
        texts=(share_sentence(samples), *(style.sentence for style in styles), *notes(kept), *renders.lost),
    )


def _with_style(sample: Sample, style: str) -> Sample:
    caption, *others = (with_style(caption, style) for caption in sample.captions)
    return replace(sample, caption=caption, alternatives=tuple(others))


def _sample(attempt: VariantAttempt, reader: str) -> Sample:
    """A variant as a sample; the face is where its render's is, since it may not have moved."""
    source, style, face = attempt.job.source, attempt.job.style.prompt, attempt.source.face
    identity = attempt.verdict.identity
    return replace(
        source,
        path=attempt.path,
        sha256=attempt.kept.sha256,
        width=attempt.kept.width,
        height=attempt.kept.height,
        caption=restyled(source.caption, style),
        alternatives=tuple(restyled(caption, style) for caption in source.alternatives),
        raw=restyled(source.raw, style) if source.raw else "",
        tags=(),
        origin="variant",
        source=source.family,
        style=style,
        seed=attempt.seed,
        matte="white",
        masked=False,
        mask=None,
        mask_sha256=None,
        face=None if face is None else FaceMark(box=face.box, reader=reader, yaw=face.yaw, pitch=face.pitch),
        likeness=None if identity is None else Likeness(value=identity, reader=reader, against="its render"),
        findings=(),
    )
