"""How missing pictures are to be made: what is asked of the model, how often, and how large."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from ...errors import DatasetError
from ..original import size_for
from .gap import Gap
from .view import View, stock_views

Way = Literal["words", "edit", "image to image"]
WAYS: tuple[Way, ...] = ("words", "edit", "image to image")
KEEP = "Keep the same person: the same face, hair and features."


@dataclass(frozen=True, kw_only=True)
class FillPlan:
    """`per_gap` pictures for every gap, of about `resolution`² pixels.

    `way` says how the model gets to know the person. words: it knows already, by a LoRA or an identity adapter, and
    draws from nothing. edit: it is given `at_once` references as they are and told what to change, `keep` after it.
    image to image: it begins at a reference, `denoise` of the way to noise. `looks` goes before the prompt of drawings,
    not into captions. A picture that fails is tried `retries` times more, each with another seed and reference. `share`
    is the most of training that made pictures get; `nearest` how many bits of 64 a picture must be from its reference.
    """

    views: tuple[View, ...] = field(default_factory=stock_views)
    gaps: tuple[str, ...] = ()
    per_gap: int = 1
    way: Way = "words"
    at_once: int = 1
    keep: str = KEEP
    looks: str = ""
    denoise: float = 0.75
    resolution: int = 1024
    steps: int = 20
    guidance: float = 5.0
    seed: int = 0
    retries: int = 3
    share: float = 0.6
    nearest: int = 3
    posed: bool = False
    """Gives the generator an OpenPose skeleton as hint where the view is one of angle or framing."""

    def __post_init__(self) -> None:
        checks = (
            (bool(self.views), "There are no views to fill gaps with; give at least one."),
            (self.way in WAYS, f"There is no way {self.way!r}; use one of {', '.join(WAYS)}."),
            (1 <= self.per_gap <= 16, f"{self.per_gap} pictures a gap; use 1 to 4, at most 16."),
            (1 <= self.at_once <= 5, f"{self.at_once} references at once; use 1, at most 5."),
            (0 < self.denoise <= 1, f"A denoise of {self.denoise:g}; use 0.6 to 0.9."),
            (self.resolution >= 64, f"The resolution is {self.resolution}; use 512 or 1024."),
            (self.steps >= 1, f"{self.steps} steps; use 20 to 30."),
            (self.retries >= 0, "Use 0 or more retries."),
            (0 < self.share < 1, f"The made pictures' share is {self.share:g}; use 0.6, above 0 and below 1."),
        )
        if faults := [text for is_fine, text in checks if not is_fine]:
            raise DatasetError.all_of(faults)


@dataclass(frozen=True, kw_only=True)
class FillJob:
    """One picture to make: the `number`-th of its gap."""

    gap: Gap
    number: int

    @property
    def name(self) -> str:
        return f"{self.gap.name}|{self.number}"

    def view(self, attempt: int) -> View:
        return self.gap.views[(self.number + attempt) % len(self.gap.views)]


def jobs_of(gaps: Sequence[Gap], plan: FillPlan) -> list[FillJob]:
    """Every picture to make, gap by gap."""
    return [FillJob(gap=gap, number=number) for gap in gaps for number in range(plan.per_gap)]


def shape_of(view: View, width: int, height: int, plan: FillPlan) -> tuple[int, int]:
    """The size of the picture to make: the view's shape, else the reference's own, which img2img always keeps."""
    if view.shape is None or plan.way == "image to image":
        return size_for(width, height, plan.resolution)
    return size_for(view.shape[0] * 100, view.shape[1] * 100, plan.resolution)
