"""What there is, and what is wanted of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite

from ...dataset.coverage.coverage import Coverage
from ...dataset.coverage.framing import NO_FACE
from ...dataset.sample import Sample
from ...errors import DatasetError
from ...faces.face import FaceReader
from ...scoring.plan.sentinels import coverage_of
from .goals import GOALS, Goal


@dataclass(frozen=True, kw_only=True)
class Situation:
    """`pictures` of the character, `faces` of them with a face that was found (None: nobody looked).

    `is_drawn` tells drawings and renders from photographs, None where nobody knows. `card` is the GPU's memory in GB, 0
    where that is not told.
    """

    goal: Goal
    pictures: int
    faces: int | None = None
    coverage: Coverage | None = None
    is_drawn: bool | None = None
    card: float = 0.0

    def __post_init__(self) -> None:
        faults = [
            (self.goal not in GOALS, f"The goal is {self.goal!r}; use one of: {'; '.join(GOALS)}."),
            (self.pictures < 0, f"There are {self.pictures} pictures; use 0 or more."),
            (not (isfinite(self.card) and self.card >= 0), f"The card has {self.card} GB; use 0 where it is unknown."),
        ]
        if said := [sentence for is_wrong, sentence in faults if is_wrong]:
            raise DatasetError.all_of(said)

    @property
    def views(self) -> tuple[str, float, int] | None:
        """The commonest angle, its share, and of how many faces; None where angles are not known."""
        axis = self.coverage.axes.get("angle") if self.coverage else None
        counts = {name: len(held) for name, held in axis.buckets.items() if name != NO_FACE} if axis else {}
        total = sum(counts.values())
        if not total:
            return None
        name = max(counts, key=lambda bucket: counts[bucket])
        return name, counts[name] / total, total


def situation_of(
    samples: Sequence[Sample], reader: FaceReader | None, goal: Goal, *, is_drawn: bool | None = None, card: float = 0.0
) -> Situation:
    """Every picture looked over. DatasetError for one that cannot be read."""
    coverage = coverage_of(samples, reader)
    looked = reader is not None or any(sample.face for sample in samples)
    return Situation(
        goal=goal,
        pictures=len(samples),
        faces=coverage.axes["framing"].measured if looked and samples else None,
        coverage=coverage,
        is_drawn=is_drawn,
        card=card,
    )
