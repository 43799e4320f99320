"""What came of filling gaps: the larger set, and gap by gap what was made, what failed and why."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ...dataset.audit.audit import Audit
from ...dataset.coverage.coverage import Coverage, cover
from ...dataset.dataset import Dataset
from ...dataset.sample import Sample
from ..rounds import Tally, mean
from ..variants.repeats import capped, made_share
from .attempt import FillAttempt
from .gap import Gap, unfillable
from .judge import FillJudge
from .plan import FillPlan, jobs_of


@dataclass(frozen=True, kw_only=True)
class GapFigures:
    """One gap: pictures asked for, kept and tried, the mean likeness of those kept, and why the others failed."""

    gap: Gap
    asked: int
    kept: int
    tried: int
    identity: float | None
    faults: tuple[tuple[str, int], ...]

    @property
    def sentence(self) -> str:
        face = "" if self.identity is None else f", face {self.identity:.2f}"
        failed = "; ".join(f"{count} ×: {fault}" if count > 1 else fault for fault, count in self.faults)
        if self.kept >= self.asked:
            return f"{self.gap.name}: {self.kept} of {self.tried} kept{face}."
        return f"{self.gap.name}: {self.kept} of {self.asked} filled after {self.tried} tries{face} ({failed})."

    def to_json(self) -> dict[str, Any]:
        names = ("asked", "kept", "tried", "identity")
        return {"gap": self.gap.name, **{name: getattr(self, name) for name in names}, "faults": dict(self.faults)}


@dataclass(frozen=True, kw_only=True)
class FillResult:
    """`dataset` ends with the pictures that were made, of which `made` tells more, in the same order."""

    dataset: Dataset
    made: tuple[FillAttempt, ...]
    tried: tuple[FillAttempt, ...]
    gaps: tuple[GapFigures, ...]
    before: Coverage
    after: Coverage
    texts: tuple[str, ...]

    @property
    def short(self) -> tuple[GapFigures, ...]:
        """Gaps that stay open."""
        return tuple(one for one in self.gaps if one.kept < one.asked)

    def to_json(self) -> dict[str, Any]:
        return {
            "gaps": [one.to_json() for one in self.gaps],
            "before": self.before.to_json(),
            "after": self.after.to_json(),
            "texts": list(self.texts),
        }


def fill_result(
    audit: Audit, plan: FillPlan, gaps: Sequence[Gap], tally: Tally[FillAttempt], judge: FillJudge
) -> FillResult:
    """Everything together: what was kept joins the set, with repeats that leave it its share at most."""
    made = [tally.kept[job.name] for job in jobs_of(gaps, plan) if job.name in tally.kept]
    samples = capped((*audit.dataset.samples, *(one.sample for one in made)), plan.share)
    rows = [*audit.trained_rows, *(one.seen.row for one in made if one.seen.row is not None)]
    figures = tuple(_figures(gap, plan.per_gap, made, tally.tried) for gap in gaps)
    missing = () if plan.gaps else unfillable(judge.before, plan.views)
    texts = (
        _summary(figures, made, samples),
        *_measured(made, judge.floor),
        *([f"The catalogue has nothing for {', '.join(missing)}."] if missing else ()),
        *(one.sentence for one in figures),
        *_notes(made),
    )
    return FillResult(
        dataset=audit.dataset.with_samples(samples),
        made=tuple(made),
        tried=tuple(tally.tried),
        gaps=figures,
        before=judge.before,
        after=cover(rows, audit.expressions),
        texts=texts,
    )


def _figures(gap: Gap, asked: int, made: Sequence[FillAttempt], tried: Sequence[FillAttempt]) -> GapFigures:
    kept = [one.verdict.identity for one in made if one.job.gap == gap]
    mine = [one for one in tried if one.job.gap == gap]
    faults = Counter(one.verdict.fault for one in mine if one.verdict.fault)
    return GapFigures(
        gap=gap,
        asked=asked,
        kept=len(kept),
        tried=len(mine),
        identity=mean(kept),
        faults=tuple(faults.most_common(3)),
    )


def _summary(figures: Sequence[GapFigures], made: Sequence[FillAttempt], samples: Sequence[Sample]) -> str:
    if not figures:
        return "No gaps: every bucket that can be measured here has a picture."
    full = sum(one.kept >= one.asked for one in figures)
    said = f"{full} of {len(figures)} gaps filled with {len(made)} pictures."
    return f"{said} What a model made is {made_share(samples):.0%} of training." if made else said


def _measured(made: Sequence[FillAttempt], floor: float | None) -> list[str]:
    """What likeness was taken against: a figure against the picture it was made from flatters."""
    against = Counter(one.verdict.against for one in made if one.verdict.against)
    if floor is None:
        return ["Nobody compared faces: look at every picture."] if made else []
    said = [f"Faces were held to {floor:.2f} against {', '.join(against)}."] if against else []
    if "its own reference" in against:
        said.append("With one picture only there is nothing else to compare with, which flatters; add a second one.")
    return said


def _notes(made: Sequence[FillAttempt]) -> list[str]:
    notes = Counter(one.verdict.note for one in made if one.verdict.note)
    return [f"{count} pictures are kept unseen, {note}: look at them." for note, count in notes.items()]
