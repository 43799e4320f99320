"""What variants are asked for, and the pictures that makes: sizes, seeds, and which render gets which style."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from ...dataset.sample import Sample
from ...errors import DatasetError
from .repeats import VARIANTS
from .style import Style, guide_styles

EDIT = "Redraw this picture as {style}. Keep the same person, face, expression, pose, clothes and background."
T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class VariantPlan:
    """`per_render` variants of every render, of about `resolution`² pixels in the render's own shape.

    `looks` describes the person to the base, which does not know the trigger; captions never have it. `render_style`
    is said in the captions of originals that name no style. `probes` renders find each style's denoise; a variant that
    fails is tried `retries` times more. `shift` is how far eyes, nose and mouth may move, as root mean square in parts
    of the face's height. `edits` shows the render to an edit model with the instruction `edit`, instead of beginning at
    it; the styles' denoise has no say then.
    """

    styles: tuple[Style, ...] = field(default_factory=guide_styles)
    per_render: int = 3
    resolution: int = 1024
    steps: int = 20
    guidance: float = 5.0
    seed: int = 0
    looks: str = ""
    render_style: str = "3d render"
    share: float = VARIANTS
    probes: int = 3
    retries: int = 3
    shift: float = 0.12
    edits: bool = False
    edit: str = EDIT
    check: bool = True
    """False takes every picture as it comes, at the middle of each style's denoise schedule."""

    def __post_init__(self) -> None:
        checks = (
            (bool(self.styles), "There are no styles to make variants in; give at least one."),
            (1 <= self.per_render <= 8, f"{self.per_render} variants per render; use 3 to 5, at most 8."),
            (self.resolution >= 64, f"The resolution is {self.resolution}; use 512 or 1024."),
            (0 < self.share < 1, f"The variants' share is {self.share:g}; use 0.6, above 0 and below 1."),
            (self.steps >= 1, f"{self.steps} steps; use 20 to 30."),
            ("{style}" in self.edit, "The instruction for edit models must have {style} in it, where the style goes."),
            (self.retries >= 0 and self.probes >= 1, "Use 0 or more retries and 1 or more probes."),
        )
        if faults := [text for is_fine, text in checks if not is_fine]:
            raise DatasetError.all_of(faults)


@dataclass(frozen=True, kw_only=True)
class VariantJob:
    """One variant to make: the `number`-th of its render."""

    source: Sample
    style: Style
    number: int

    @property
    def name(self) -> str:
        return f"{self.source.sha256}|{self.style.prompt}|{self.number}"


def jobs_for(sources: Sequence[Sample], styles: Sequence[Style], per_render: int) -> list[VariantJob]:
    """Styles in turn from render to render, so that each comes up as often as its neighbours; by style, then render."""
    jobs = [
        (turn % len(styles), place, VariantJob(source=source, style=styles[turn % len(styles)], number=number))
        for place, source in enumerate(sources)
        for number in range(per_render)
        for turn in [place * per_render + number]
    ]
    return [job for _, _, job in sorted(jobs, key=lambda row: row[:2])]


def spread(sources: Sequence[T], count: int) -> list[T]:
    """`count` of the sources, evenly apart."""
    if len(sources) <= count:
        return list(sources)
    return [sources[round((number + 0.5) * len(sources) / count - 0.5)] for number in range(count)]
