"""What a comparison will take, said before anything is drawn."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from .columns import Column
from .drawing import FOLDER
from .pace import known_pace
from .plan.candidate import Candidate
from .plan.compare_plan import ComparePlan


@dataclass(frozen=True, kw_only=True)
class Cost:
    """Pictures to draw and those kept already; `seconds` for the first, None where no pace is known.

    `more` pictures may follow: neighbours of the winner, and its sweep of strengths.
    """

    columns: int
    pictures: int
    kept: int
    more: int = 0
    seconds: float | None = None

    @property
    def sentence(self) -> str:
        kept = f", {self.kept:,} are kept from before" if self.kept else ""
        more = f"; up to {self.more:,} more for the winner" if self.more else ""
        return f"{self.pictures:,} pictures to draw in {self.columns} columns{kept}{more}{self._time}."

    @property
    def _time(self) -> str:
        if not self.pictures:
            return ""
        if self.seconds is None:
            return ". How long that takes shows with the first of them"
        minutes = self.seconds / 60
        return f": about {minutes:.0f} minutes" if minutes >= 1.5 else f": about {max(self.seconds, 1):.0f} seconds"


def cost_of(
    plan: ComparePlan, candidates: Sequence[Candidate], out: Path, base: str = "", *, refines: bool = False
) -> Cost:
    """What `compare` would draw. Files are hashed only where pictures are kept that may be theirs: 200 LoRA files are
    many gigabytes. ModelError when one cannot be read."""
    count = (1 + len(candidates)) * plan.pictures
    missing = count
    if (out / FOLDER).is_dir():
        missing = sum(len(Column.of(plan, each, base).shots.missing(out)) for each in (None, *candidates))
    more = plan.pictures * (len(plan.swept) + (2 if refines else 0))
    return Cost(
        columns=1 + len(candidates),
        pictures=missing,
        kept=count - missing,
        more=more,
        seconds=_seconds(plan, missing, out, base),
    )


def cost_of_columns(plan: ComparePlan, columns: Sequence[Column], out: Path, base: str = "") -> Cost:
    """Of columns that are known already; a picture that several share is drawn once."""
    count = len({key for each in columns for key in each.shots.keys})
    missing = len(frozenset[str]().union(*(each.shots.missing(out) for each in columns)))
    seconds = _seconds(plan, missing, out, base)
    return Cost(columns=len(columns), pictures=missing, kept=count - missing, seconds=seconds)


def _seconds(plan: ComparePlan, pictures: int, out: Path, base: str) -> float | None:
    each = known_pace(out, base, plan.shot(plan.probes[0], plan.probes[0].seeds[0], None))
    return None if each is None else each * pictures
