"""The seam between base-model families and everything else."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

import torch
from PIL import Image
from torch import Tensor

from ..generate.shot import Generator
from ..recipe.buckets import Placement
from ..training.step.loss import NoiseLevel

FamilyName = Literal["sdxl", "sd15"]
Predicts = Literal["", "epsilon", "v_prediction", "v_prediction, zero SNR"]
"""What a base predicts; "" for what its files say."""


@dataclass(frozen=True, kw_only=True)
class Base:
    """A base model by its files: a diffusers folder or a checkpoint file.

    `sha256` names its weights in caches and metadata; of a file it is the one that A1111 and Civitai know it by.
    `predicts` is the user's word against the files': merges of velocity bases often lose their mark.
    """

    family: FamilyName
    path: Path
    name: str
    sha256: str
    predicts: Predicts = ""


@dataclass(frozen=True)
class Noised:
    """Pictures on their way to noise: `noisy` (n, c, h, w) and the `target` to be predicted from them, on the CPU."""

    noisy: Tensor
    target: Tensor
    level: NoiseLevel


class Family(Protocol):
    """A loaded base model that can be trained on. Sizes are pixels, widths first.

    A module's address is its part and its name there: `unet.mid_block.attentions.0.proj_in`, `te1.text_model.…`.
    """

    name: FamilyName
    device: torch.device
    dtype: torch.dtype
    """Of the denoiser and its activations."""
    text_parts: tuple[str, ...]
    """Parts that are text encoders, as kohya counts them: `te1`, `te2`, or `te` where there is one."""

    @property
    def denoiser(self) -> torch.nn.Module:
        """The part that predicts, frozen."""
        ...

    def module(self, address: str) -> torch.nn.Module:
        """The module at an address; its part loads when first used."""
        ...

    def replace(self, address: str, module: torch.nn.Module) -> None:
        """Put another module at an address."""
        ...

    def encode_text(self, caption: str) -> Mapping[str, Tensor]:
        """Conditioning of one caption, first dimension 1, on the CPU, remembered for a while."""
        ...

    def forget_captions(self) -> None:
        """Encode captions anew from now on: the text encoders have learned."""
        ...

    def condition(self, captions: Sequence[str]) -> Mapping[str, Tensor]:
        """Conditioning of n captions on the device, not remembered, with gradients into the text encoders."""
        ...

    def encode_image(self, image: Image.Image) -> Tensor:
        """Posterior mean and log-variance of an RGB picture, (2c, h, w), on the CPU; ModelError on NaN."""
        ...

    def noised(self, latents: Tensor, source: torch.Generator, noise_offset: float = 0.0) -> Noised:
        """Of posterior means and log-variances (n, 2c, h, w). What is random is drawn from `source` on the CPU."""
        ...

    def predict(
        self, noisy: Tensor, timesteps: Tensor, text: Mapping[str, Tensor], placements: Sequence[Placement]
    ) -> Tensor:
        """The denoiser's answer, (n, c, h, w), on the device in its precision."""
        ...

    def lora_targets(self, targets: str) -> list[str]:
        """Addresses in the denoiser that a LoRA wraps."""
        ...

    def text_targets(self) -> list[str]:
        """Addresses in the text encoders that a LoRA wraps."""
        ...

    def to_saved_keys(self, address: str) -> str:
        """Prefix of a wrapped module's tensors in a saved file."""
        ...

    def key_map(self, prefixes: Collection[str]) -> Mapping[str, str]:
        """Addresses of those of a file's `prefixes` that the host would load; loads no part that none of them names."""
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

    def free_encoders(self, *, keep_text: bool = False) -> None:
        """Drop what training no longer needs once everything is cached; `keep_text` when captions change."""
        ...
