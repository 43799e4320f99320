"""How often each picture will be seen, and whether that is few or many.

The number of passes over a picture is what memorising goes by, whatever the set's size (arXiv 2505.17638); on the demo
base variety fell by passes too, while likeness went by all pictures shown: 50 pictures seen ten times each were as like
as five seen 96 times (docs/study.md). The band is the guide's, for sets of its size.
"""

from dataclasses import dataclass
from typing import Literal

from ..dataset.step_budget import StepBudget

USUAL = (75, 150)
"""Passes a picture of the guide's SDXL block at 20 pictures; others' practice lies inside (about 120)."""
_MEMORISES = 250

Judgement = Literal["few", "usual", "many", "far too many"]


@dataclass(frozen=True, kw_only=True)
class Passes:
    """Passes a picture and where they stand against the usual band."""

    passes: float
    judgement: Judgement
    at_sizes: str = ""

    @property
    def sentence(self) -> str:
        low, high = USUAL
        said = {
            "few": f"fewer than the usual {low} to {high}, the face may stay vague",
            "usual": f"inside the usual {low} to {high}",
            "many": f"more than the usual {low} to {high}, watch the earlier checkpoints",
            "far too many": f"far above the usual {low} to {high}, expect the pictures themselves to come back",
        }
        return f"Each picture is seen about {self.passes:.0f} times{self.at_sizes}: {said[self.judgement]}."


def judged(budget: StepBudget) -> Passes:
    """The budget of a run against the band."""
    low, high = USUAL
    count = budget.passes
    judgement: Judgement = "many" if count <= _MEMORISES else "far too many"
    if count <= high:
        judgement = "few" if count < low else "usual"
    return Passes(passes=count, judgement=judgement, at_sizes=budget.at_sizes)


def steps_for(budget: StepBudget, passes: float) -> int:
    """Updates that would show each picture so often."""
    return max(1, round(budget.updates * passes / max(budget.passes, 1e-9)))
