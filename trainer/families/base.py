"""The seam between base-model families and everything else."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

import torch
from PIL import Image
from torch import Tensor

from ..generate.shot import Generator
from ..recipe.recipe import Loss

FamilyName = Literal["sdxl"]


@dataclass(frozen=True, kw_only=True)
class Base:
    """A base model by its files: a diffusers folder. `sha256` names its weights in caches and metadata."""

    family: FamilyName
    path: Path
    name: str
    sha256: str


@dataclass(frozen=True)
class Placement:
    """A picture's place in its bucket, pixels: size on disk, size after scaling, top-left of the crop, bucket size."""

    original: tuple[int, int]
    scaled: tuple[int, int]
    crop: tuple[int, int]
    bucket: tuple[int, int]


@dataclass(frozen=True)
class Batch:
    """What one forward pass needs. `latents` are posterior mean and log-variance, (n, 2c, h, w), unscaled."""

    latents: Tensor
    text: Mapping[str, Tensor]
    placements: Sequence[Placement]
    weight: Tensor
    """Loss weight a picture, (n,)."""
    mask: Tensor | None = None
    """Coverage 0 to 1 of each latent, (n, 1, h, w); None: no picture has a mask."""


class Family(Protocol):
    """A loaded base model that can be trained on. Sizes are pixels, widths first."""

    name: FamilyName

    @property
    def denoiser(self) -> torch.nn.Module:
        """The module LoRA attaches to."""
        ...

    def encode_text(self, caption: str) -> Mapping[str, Tensor]:
        """Conditioning of one caption, first dimension 1, on the CPU."""
        ...

    def encode_image(self, image: Image.Image) -> Tensor:
        """Posterior mean and log-variance of an RGB picture, (2c, h, w), on the CPU; ModelError on NaN."""
        ...

    def loss(self, batch: Batch, noise: torch.Generator, how: Loss) -> Tensor:
        """Loss a picture, (n,), fp32, without `batch.weight`; timesteps and noise are drawn from `noise` on the CPU."""
        ...

    def lora_targets(self, targets: str) -> list[str]:
        """Names of the denoiser's modules that a LoRA wraps."""
        ...

    def to_saved_keys(self, module: str) -> str:
        """Prefix of a wrapped module's tensors in a saved file."""
        ...

    def key_map(self) -> Mapping[str, str]:
        """Every prefix that the host reads in a saved file, and the denoiser's module it belongs to."""
        ...

    def checkpoint_gradients(self) -> None:
        """Recompute activations in the backward pass: less memory, about a third more time."""
        ...

    def metadata(self) -> Mapping[str, str]:
        """Family entries of a saved file's metadata."""
        ...

    def generator(self) -> Generator:
        """Pictures from these very weights, with the LoRA that is attached now."""
        ...

    def free_encoders(self) -> None:
        """Drop what training no longer needs once everything is cached."""
        ...
