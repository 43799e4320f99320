"""Makes a dataset of renders into one of originals and style variants."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from ...dataset.dataset import Dataset
from ...dataset.sample import FaceMark, Likeness, Sample
from ...errors import Cancelled, DatasetError
from ...faces.face import FaceReader
from ...faces.identity import made_face_floor
from ...generate.render_cache import Easel
from ...generate.shot import Generator
from ...images.store import ImageStore
from ...runtime.work import never
from .judge import Judge, LookReader
from .ladder import Tuned, tune
from .made import Dropped, Made, figures, notes
from .plan import VariantPlan, jobs_for, spread
from .repeats import balanced, share_sentence
from .source import Hints, Source, no_hint, ready
from .studio import Attempt, Studio
from .words import restyled, with_style


@dataclass(frozen=True, kw_only=True, eq=False)
class Drawn:
    """One picture, of `done` variants that are settled out of `total`. `path` is its file, `start` its render's."""

    attempt: Attempt
    path: Path
    start: Path
    done: int
    total: int
    seconds_left: float | None


def make_variants(  # noqa: PLR0913
    dataset: Dataset,
    plan: VariantPlan,
    generator: Generator,
    out: Path,
    *,
    faces: FaceReader | None = None,
    looks: LookReader | None = None,
    fingerprint: str,
    hints: Hints = no_hint,
    cancelled: Callable[[], bool] = never,
) -> Iterator[Drawn | Made]:
    """Find each style's denoise, draw, judge, try again, and mix; every picture is a Drawn, the last item the Made.

    Variants are made of originals and crops that are trained on: what is held out stays unseen. Pictures lie in
    `out/<sha256>.png`. `hints` are for the generator's ControlNet. Raises Cancelled between pictures, with all of them
    kept, DatasetError where no render can be used, ModelError when the model draws blanks.
    """
    faces, looks = (faces, looks) if plan.check else (None, None)
    shelf = ImageStore(out)
    sources, lost = _sources(dataset, lambda sample: ready(sample, plan.resolution, faces, shelf, hints), cancelled)
    own = [source.face.embedding for source in sources if source.face is not None]
    floor = 0.0 if faces is None else made_face_floor(own, faces.same_person)
    judge = Judge(faces=faces, looks=looks, shift=plan.shift, same_person=floor)
    easel = Easel(generator, shelf, fingerprint=fingerprint, cancelled=cancelled)
    studio = Studio(plan, dataset.trigger, easel, judge, shelf)
    count = _Count(len(sources) * plan.per_render, shelf)
    log = _Log()
    probes = spread(sources, plan.probes)
    for style in plan.styles:
        for item in tune(style, probes, plan, studio):
            if isinstance(item, Tuned):
                log.tuned.append(item)
            else:
                log.tried.append(item)
                yield count.drawn(item)
    for attempt in _rounds(sources, log, plan, studio):
        count.done = len(log.kept)
        yield count.drawn(attempt)
    yield _made(dataset, plan, judge, shelf, sources, lost, log)


@dataclass(kw_only=True)
class _Log:
    """Everything that was tried, and by render and number what was kept or failed last."""

    tuned: list[Tuned] = field(default_factory=list[Tuned])
    tried: list[Attempt] = field(default_factory=list[Attempt])
    kept: dict[tuple[str, int], Attempt] = field(default_factory=dict[tuple[str, int], Attempt])
    failed: dict[tuple[str, int], Attempt] = field(default_factory=dict[tuple[str, int], Attempt])

    def add(self, attempt: Attempt) -> None:
        name = (attempt.job.source.sha256, attempt.job.number)
        self.tried.append(attempt)
        self.failed.pop(name, None)
        (self.kept if attempt.verdict.is_kept else self.failed)[name] = attempt


def _rounds(sources: Sequence[Source], log: _Log, plan: VariantPlan, studio: Studio) -> Iterator[Attempt]:
    """Every variant once, then those that failed again, as often as the plan allows."""
    tuned = {one.style.prompt: one for one in log.tuned if one.denoise is not None}
    by_sha = {source.sample.sha256: source for source in sources}
    live = [one.style for one in tuned.values()]
    pending = jobs_for([source.sample for source in sources], live, plan.per_render) if live else []
    for number in range(1 + plan.retries):
        pairs = [(job, by_sha[job.source.sha256]) for job in pending]
        for attempt in studio.attempts(pairs, lambda job, n=number: tuned[job.style.prompt].lower(n), number):
            log.add(attempt)
            yield attempt
        pending = [attempt.job for attempt in log.failed.values()]


class _Count:
    """How far the work is, and how long the rest may take at the pace so far."""

    def __init__(self, total: int, shelf: ImageStore) -> None:
        self.done, self.total, self._shelf = 0, total, shelf
        self._seconds = self._new = 0.0

    def drawn(self, attempt: Attempt) -> Drawn:
        self._seconds += attempt.seconds
        self._new += attempt.is_new
        left = self._seconds / self._new * (self.total - self.done) if self._new else None
        return Drawn(
            attempt=attempt,
            path=self._shelf.path(attempt.kept),
            start=attempt.source.start,
            done=self.done,
            total=self.total,
            seconds_left=left,
        )


def _sources(
    dataset: Dataset, prepare: Callable[[Sample], Source], cancelled: Callable[[], bool]
) -> tuple[list[Source], list[str]]:
    sources: list[Source] = []
    lost: list[str] = []
    seen: set[str] = set()
    held = {sample.family for sample in dataset.held_out}
    for sample in dataset.train:
        if sample.is_made or sample.family in held or sample.sha256 in seen:
            continue
        seen.add(sample.sha256)
        if cancelled():
            raise Cancelled("Stopped while reading the renders; the same settings go on from there.")
        try:
            sources.append(prepare(sample))
        except DatasetError as fault:
            lost.append(str(fault))
    if not sources:
        why = lost or ["There are none to train on."]
        raise DatasetError("\n".join(["No picture is left to make variants of.", *why]))
    return sources, lost


def _made(  # noqa: PLR0913
    dataset: Dataset,
    plan: VariantPlan,
    judge: Judge,
    shelf: ImageStore,
    sources: Sequence[Source],
    lost: Sequence[str],
    log: _Log,
) -> Made:
    order = {source.sample.sha256: place for place, source in enumerate(sources)}
    kept = sorted(log.kept.values(), key=lambda one: (order[one.job.source.sha256], one.job.number))
    dropped = tuple(Dropped(job=one.job, why=one.verdict.fault or "") for one in log.failed.values())
    originals = [replace(sample, caption=with_style(sample.caption, plan.render_style)) for sample in dataset.samples]
    reader = judge.faces.name if judge.faces else ""
    variants = [_sample(attempt, shelf, reader) for attempt in kept]
    samples = balanced((*originals, *variants), plan.share)
    styles = tuple(
        figures(
            one,
            [attempt for attempt in log.tried if attempt.job.style == one.style],
            [attempt for attempt in kept if attempt.job.style == one.style],
            sum(drop.job.style == one.style for drop in dropped),
        )
        for one in log.tuned
    )
    texts = (share_sentence(samples), *(style.sentence for style in styles), *notes(kept), *lost)
    changed = dataset.with_samples(samples)
    return Made(dataset=changed, kept=tuple(kept), dropped=dropped, styles=styles, texts=texts)


def _sample(attempt: Attempt, shelf: ImageStore, reader: str) -> Sample:
    """A variant as a sample; the face is where its render's is, since it may not have moved."""
    source, style, face = attempt.job.source, attempt.job.style.prompt, attempt.source.face
    identity = attempt.verdict.identity
    return replace(
        source,
        path=shelf.path(attempt.kept),
        sha256=attempt.kept.sha256,
        width=attempt.kept.width,
        height=attempt.kept.height,
        caption=restyled(source.caption, style),
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
