"""The seam between base-model families and everything else."""

from collections.abc import Mapping, Sequence
from typing import Protocol

import torch
from PIL import Image
from torch import Tensor

from ..recipe.buckets import Placement
from .codec import Codec
from .condition import Condition
from .drawing_steps import DrawingSteps
from .key_layout import KeyLayout
from .noise import Noised
from .spec import FamilySpec


class Family(Protocol):
    """A loaded base model that can be trained on. Sizes are pixels, widths first.

    A module's address is its part and its name there: `unet.mid_block.attentions.0.proj_in`, `te1.text_model.…`.
    Sign, direction of time, patches, scales of latents and ids of positions stay inside.
    """

    spec: FamilySpec
    device: torch.device
    dtype: torch.dtype
    """Of the denoiser and its activations."""

    @property
    def text_key(self) -> str:
        """Names how captions are read, beside the base, in what is kept of them."""
        ...

    @property
    def predicts(self) -> str:
        """What the base answers, in words: `epsilon`, `v_prediction`, `v_prediction, zero SNR`, `flow`."""
        ...

    @property
    def codec(self) -> Codec: ...

    @property
    def denoiser(self) -> torch.nn.Module:
        """The part that predicts, frozen."""
        ...

    def module(self, address: str) -> torch.nn.Module:
        """The module at an address; its part loads when first used."""
        ...

    def outline(self, address: str) -> torch.nn.Module:
        """The module at an address for its kind and sizes alone: without weights where its part is not loaded."""
        ...

    def replace(self, address: str, module: torch.nn.Module) -> None:
        """Put another module at an address."""
        ...

    def encode_text(self, caption: str) -> Condition:
        """Of one caption, on the CPU in the denoiser's precision, remembered for a while."""
        ...

    def forget_captions(self) -> None:
        """Encode captions anew from now on: the text encoders have learned."""
        ...

    def conditions(self, captions: Sequence[str]) -> list[Condition]:
        """Of n captions on the device, not remembered, with gradients into the text encoders."""
        ...

    def encode_image(self, image: Image.Image) -> Tensor:
        """Posterior mean and log-variance of an RGB picture, (2c, h, w), on the CPU; ModelError on NaN."""
        ...

    def noised(self, latents: Tensor, source: torch.Generator, noise_offset: float = 0.0) -> Noised:
        """Of posterior means and log-variances (n, 2c, h, w). What is random is drawn from `source` on the CPU."""
        ...

    def predict(
        self,
        noisy: Tensor,
        time: Tensor,
        conditions: Sequence[Condition],
        placements: Sequence[Placement],
        guidance: float | None = None,
    ) -> Tensor:
        """The denoiser's answer, (n, c, h, w), on the device in its precision; `time` (n,) or (), 0 to 1.

        `guidance` is what a base with embedded guidance is told when it draws; None: as in training.
        """
        ...

    def drawing_steps(self, steps: int, whole: int) -> DrawingSteps:
        """The last `steps` of `whole` from noise to a picture."""
        ...

    @property
    def merged_assistant(self) -> float:
        """How strong the base's assistant is in its weights themselves; 0 where it is to stand beside them."""
        ...

    def blank_condition(self) -> Condition | None:
        """The shapes of what is told of a caption, on the meta device; None where a plan has to do without."""
        ...

    def lora_targets(self, targets: str) -> list[str]:
        """Addresses in the denoiser that a LoRA wraps."""
        ...

    def text_targets(self) -> list[str]:
        """Addresses in the text encoders that a LoRA wraps."""
        ...

    @property
    def keys(self) -> KeyLayout:
        """What its LoRA layers are called in files."""
        ...

    def metadata(self) -> Mapping[str, str]:
        """Family entries of a saved file's metadata."""
        ...

    def free_encoders(self, *, keep_text: bool = False) -> None:
        """Drop what training no longer needs once everything is cached; `keep_text` when captions change."""
        ...
