"""What came of filling gaps: the larger set, and gap by gap what was made, what failed and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ...dataset.audit.audit import Audit
from ...dataset.coverage.coverage import Coverage, cover
from ...dataset.dataset import Dataset
from ...dataset.sample import Sample
from ..variants.repeats import made_share
from .gap import Gap, unfillable
from .judge import trained_rows
from .plan import FillPlan

if TYPE_CHECKING:
    from .fill import Attempt


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
class Filled:
    """`dataset` ends with the pictures that were made, of which `made` tells more, in the same order."""

    dataset: Dataset
    made: tuple[Attempt, ...]
    tried: tuple[Attempt, ...]
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


def filled(  # noqa: PLR0913
    audit: Audit,
    before: Coverage,
    plan: FillPlan,
    gaps: Sequence[Gap],
    made: Sequence[Attempt],
    tried: Sequence[Attempt],
    samples: tuple[Sample, ...],
    floor: float | None,
) -> Filled:
    """Everything together. `samples` are the set's and the made ones, with their repeats."""
    rows = [*trained_rows(audit), *(one.seen.row for one in made if one.seen.row is not None)]
    after = cover(rows, audit.expressions)
    figures = tuple(_figures(gap, plan.per_gap, made, tried) for gap in gaps)
    missing = () if plan.gaps else unfillable(before, plan.views)
    texts = (
        _summary(figures, made, samples),
        *_measured(made, floor),
        *([f"The catalogue has nothing for {', '.join(missing)}."] if missing else ()),
        *(one.sentence for one in figures),
        *_notes(made),
    )
    return Filled(
        dataset=audit.dataset.with_samples(samples),
        made=tuple(made),
        tried=tuple(tried),
        gaps=figures,
        before=before,
        after=after,
        texts=texts,
    )


def _figures(gap: Gap, asked: int, made: Sequence[Attempt], tried: Sequence[Attempt]) -> GapFigures:
    kept = [one.verdict.identity for one in made if one.job.gap == gap]
    known = [value for value in kept if value is not None]
    mine = [one for one in tried if one.job.gap == gap]
    faults = Counter(one.verdict.fault for one in mine if one.verdict.fault)
    return GapFigures(
        gap=gap,
        asked=asked,
        kept=len(kept),
        tried=len(mine),
        identity=sum(known) / len(known) if known else None,
        faults=tuple(faults.most_common(3)),
    )


def _summary(figures: Sequence[GapFigures], made: Sequence[Attempt], samples: Sequence[Sample]) -> str:
    if not figures:
        return "No gaps: every bucket that can be measured here has a picture."
    full = sum(one.kept >= one.asked for one in figures)
    said = f"{full} of {len(figures)} gaps filled with {len(made)} pictures."
    return f"{said} What a model made is {made_share(samples):.0%} of training." if made else said


def _measured(made: Sequence[Attempt], floor: float | None) -> list[str]:
    """What likeness was taken against: a figure against the picture it was made from flatters."""
    against = Counter(one.verdict.against for one in made if one.verdict.against)
    if floor is None:
        return ["Nobody compared faces: look at every picture."] if made else []
    said = [f"Faces were held to {floor:.2f} against {', '.join(against)}."] if against else []
    if "its own reference" in against:
        said.append("With one picture only there is nothing else to compare with, which flatters; add a second one.")
    return said


def _notes(made: Sequence[Attempt]) -> list[str]:
    notes = Counter(one.verdict.note for one in made if one.verdict.note)
    return [f"{count} pictures are kept unseen, {note}: look at them." for note, count in notes.items()]
