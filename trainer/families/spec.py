"""What is known of a family of base models before one is loaded."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from ..storage.tensor_header import Header
from .base import Base
from .lora_names import plain_prefix
from .residence import Residence

if TYPE_CHECKING:
    from .family import Family

Guidance = Literal["cfg", "none"]
"""Whether pictures are drawn with and without the words (Ho and Salimans 2022), or once."""


@dataclass(frozen=True, kw_only=True)
class FamilySpec:
    """One family as data. `denoiser` and `text_parts` are the parts that a LoRA can learn in, as addresses name them.

    A checkpoint file is the family's when it has all `marks` among its tensors and none of `absent`; a folder in the
    diffusers layout when its pipeline's class is one of `pipelines`,
    regular expressions.
    """

    name: str
    title: str
    denoiser: str
    text_parts: tuple[str, ...]
    latent_channels: int
    latent_factor: int
    """Pixels a latent's side."""
    text_values: int
    """Numbers that are kept of one caption."""
    guidance: Guidance = "cfg"
    reads_clip_skip: bool = False
    """Whether clip_skip changes anything."""
    usual_sides: tuple[int, int]
    """Shortest and longest resolution that such bases are used at, pixels."""
    metadata: Mapping[str, str] = field(default_factory=dict[str, str])
    """kohya's and modelspec's words for the family."""
    marks: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()
    pipelines: tuple[str, ...] = ()
    lora_marks: tuple[str, ...] = ()
    """Layers that no other family's LoRA files have: regular expressions of names with underscores for dots."""
    one_prefix: Callable[[str], str] = plain_prefix
    """What all spellings of one LoRA layer's prefix have in common."""
    describe_file: Callable[[Path, Header], Base]
    describe_folder: Callable[[Path], Base]
    load: Callable[[Base, Residence, int], Family]
    """From a base, a residence and clip_skip; parts load when first used."""

    def holds(self, header: Header) -> bool:
        """Whether a checkpoint file is of this family, by the names of its tensors."""
        names = header.shapes
        return bool(self.marks) and all(m in names for m in self.marks) and not any(a in names for a in self.absent)

    @property
    def parts(self) -> tuple[str, ...]:
        """All that a LoRA can learn in."""
        return (self.denoiser, *self.text_parts)
