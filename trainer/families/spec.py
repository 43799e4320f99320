"""What is known of a family of base models before one is loaded."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from ..storage.tensor_header import Header
from .base import Base
from .lora_names import plain_prefix
from .memory.modulation import Modulation
from .options import FamilyOptions
from .residence import Residence

if TYPE_CHECKING:
    from .family import Family

Guidance = Literal["cfg", "embedded", "none"]
"""Whether pictures are drawn with and without the words (Ho and Salimans 2022), once with a number that the base was
distilled to read, or once."""


@dataclass(frozen=True, kw_only=True)
class FilePart:
    """One of the files that a base comes in: its name in `Base.files`, where the host keeps such files, what it is."""

    name: str
    folder: str
    """Of ComfyUI's models: `diffusion_models`, `text_encoders`, `vae`."""
    title: str
    """For a sentence: "T5-XXL text encoder"."""
    usual: tuple[str, ...] = ()
    """Usual names of such files, the best first; `*` stands for anything."""
    marks: tuple[str, ...] = ()
    """Tensors that every such file has; none for what is a folder."""
    absent: tuple[str, ...] = ()
    """Tensors that only others have."""
    fits: Callable[[Header], bool] = lambda header: True
    """Whether a file with these marks is of the right size, where files of several look alike."""
    is_optional: bool = False


@dataclass(frozen=True, kw_only=True)
class FamilySpec:
    """One family as data. `denoiser` and `text_parts` are the parts that a LoRA can learn in, as addresses name them.

    A checkpoint file is the family's when it has all `marks` among its tensors and none of `absent`, behind one of
    `roots`; a folder in the diffusers layout when its pipeline's class is one of `pipelines`, regular expressions, and
    it `fits_folder`.
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
    text_layers: int = 0
    """Of its text encoder, those that are loaded; below 1, all but so many."""
    guidance: Guidance = "cfg"
    reads_clip_skip: bool = False
    """Whether clip_skip changes anything."""
    usual_sides: tuple[int, int]
    """Shortest and longest resolution that such bases are used at, pixels."""
    drawn_steps: int = 20
    drawn_guidance: float = 5.0
    """As such a base is usually drawn with: so are samples and comparisons, where nothing else is said."""
    metadata: Mapping[str, str] = field(default_factory=dict[str, str])
    """kohya's and modelspec's words for the family."""
    marks: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()
    roots: tuple[str, ...] = ("",)
    pipelines: tuple[str, ...] = ()
    fits_folder: Callable[[Path], bool] = lambda folder: True
    lora_marks: tuple[str, ...] = ()
    """Layers that no other family's LoRA files have: regular expressions of names with underscores for dots."""
    one_prefix: Callable[[str], str] = plain_prefix
    """What all spellings of one LoRA layer's prefix have in common."""
    describe_file: Callable[[Path, Header, Mapping[str, Path]], Base]
    """With the `file_parts` that are named by hand."""
    describe_folder: Callable[[Path], Base]
    load: Callable[[Base, Residence, FamilyOptions], Family]
    """Parts load when first used."""
    targets: tuple[str, ...] = ("attention", "attention_mlp", "attention_mlp_conv")
    """Of a recipe's `lora.targets`, those that mean something here."""
    file_parts: tuple[FilePart, ...] = ()
    """What such a base consists of besides the file that it is chosen by, where it comes in several."""
    sized_parts: Callable[[Header], tuple[FilePart, ...]] | None = None
    """The same for the file with that header, where companions of several sizes look alike."""
    blocks: tuple[str, ...] = ()
    """The denoiser's lists of blocks in the order of their use: what is packed, swapped or recomputed as one; `*` is
    each member of a list. Without any, the base has no little memory."""
    between: tuple[str, ...] = ()
    """Lists of what lies between blocks and recomputes its activations with them, and nothing else."""
    modulation: Modulation | None = None
    """Layers of the blocks that can be evaluated off the device."""
    trains_text: bool = True
    """Whether a LoRA can learn in the text encoders."""
    weighs_snr: bool = True
    """Whether min_snr_gamma and debiased are of use."""
    is_distilled: bool = False
    """Whether such a base draws in few steps, which training undoes."""

    def holds(self, header: Header) -> bool:
        """Whether a checkpoint file is of this family, by the names of its tensors."""
        return bool(self.marks) and any(self._holds(header.shapes, root) for root in self.roots)

    def _holds(self, names: Collection[str], root: str) -> bool:
        return all(root + m in names for m in self.marks) and not any(root + a in names for a in self.absent)

    @property
    def parts(self) -> tuple[str, ...]:
        """All that a LoRA can learn in."""
        return (self.denoiser, *self.text_parts)
