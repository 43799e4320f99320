"""What every loaded base that predicts flow does in the same way."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, Protocol

import torch
from PIL import Image
from torch import Tensor
from torch.utils import checkpoint as checkpointing

from ...recipe.buckets import Placement
from ..assistant import MergedAssistant
from ..base import Base
from ..codec import KlCodec, sampled
from ..condition import Condition
from ..drawing_steps import DrawingSteps
from ..key_layout import KeyLayout
from ..noise import Noised
from ..options import FamilyOptions
from ..remembered import RememberedCaptions
from ..residence import Residence, Residents
from ..spec import FamilySpec
from .filled import Arrived
from .levels import Levels
from .noised import flow_noised
from .places import DenoiserPlaces
from .steps import Schedule

_TEXT, _VAE = "text", "vae"


class CaptionReader(Protocol):
    """Text encoders, frozen, with their tokenizers, as one module."""

    def read(self, captions: Sequence[str]) -> list[Condition]:
        """Of n captions, on the encoders' device; lengths may differ."""
        ...


class FlowParts(Protocol):
    """Where a base's parts come from. Each is loaded on the CPU, frozen; ModelError for damaged weights.

    `arrived` is told each block as it is loaded.
    """

    def make_denoiser(self) -> Any:
        """With whatever weights: it is made where they need no memory."""
        ...

    def denoiser(self, dtype: torch.dtype, arrived: Arrived | None = None) -> Any:
        """With the base's weights."""
        ...

    def vae(self) -> Any:
        """In fp32."""
        ...

    def text(self, dtype: torch.dtype, arrived: Arrived | None = None) -> Any:
        """A CaptionReader that is a module."""
        ...


class FlowFamily(ABC):
    """A base on one device: one transformer that learns, an autoencoder, and text encoders that do not.

    A family adds how its transformer is asked, its targets and its keys. `schedule` draws as the host does.
    """

    levels: Levels
    schedule: Schedule
    text_key = ""

    def __init__(
        self, spec: FamilySpec, base: Base, residence: Residence, options: FamilyOptions, parts: FlowParts
    ) -> None:
        self.spec = spec
        self.device = torch.device(residence.device)
        self.dtype = residence.dtype
        self._base, self._residence, self._options, self._parts = base, residence, options, parts
        load = {spec.denoiser: self._load_denoiser, _VAE: parts.vae, _TEXT: self._load_text}
        self._residents = Residents(self.device, load)
        self._places = DenoiserPlaces(self._residents, spec.denoiser, parts.make_denoiser)
        self._captions = RememberedCaptions(self._encoded)
        self.codec = KlCodec(self._residents, _VAE)
        self._assistant = MergedAssistant(base, options.flow, spec.denoiser, lambda: self.keys, self._places.outline)
        self.module, self.outline, self.replace = self._places.module, self._places.outline, self._places.replace

    @property
    def predicts(self) -> str:
        return "flow"

    @property
    def denoiser(self) -> Any:
        return self._places.loaded

    @property
    @abstractmethod
    def keys(self) -> KeyLayout: ...

    @abstractmethod
    def predict(
        self,
        noisy: Tensor,
        time: Tensor,
        conditions: Sequence[Condition],
        placements: Sequence[Placement],
        guidance: float | None = None,
    ) -> Tensor: ...

    @property
    def merged_assistant(self) -> float:
        return self._assistant.strength

    @abstractmethod
    def lora_targets(self, targets: str) -> list[str]: ...

    def text_targets(self) -> list[str]:
        return []

    def encode_text(self, caption: str) -> Condition:
        return self._captions.of(caption)

    def forget_captions(self) -> None:
        self._captions.forget()

    def conditions(self, captions: Sequence[str]) -> list[Condition]:
        return self._residents.get(_TEXT).read(captions)

    @torch.inference_mode(False)
    @torch.no_grad()
    def _encoded(self, caption: str) -> Condition:
        (condition,) = self.conditions([caption])
        return condition.to("cpu", self.dtype)

    def encode_image(self, image: Image.Image) -> Tensor:
        return self.codec.encode(image)

    def noised(self, latents: Tensor, source: torch.Generator, noise_offset: float = 0.0) -> Noised:
        """Draws posterior, noise and σ from `source`, in that order; flow has no use for a noise offset."""
        clean = self.codec.to_model(sampled(latents, source))
        return flow_noised(clean, self._options.flow, self.levels, source)

    def drawing_steps(self, steps: int, whole: int) -> DrawingSteps:
        return self.schedule.steps(steps, whole, self.device)

    def metadata(self) -> Mapping[str, str]:
        return self.spec.metadata

    def free_encoders(self, *, keep_text: bool = False) -> None:
        """Drop the text encoders, which load again for a caption not seen yet; the VAE leaves the accelerator."""
        if not keep_text:
            self._residents.drop(_TEXT)
        self._residents.rest(_VAE)

    def _load_denoiser(self) -> Any:
        denoiser = self._parts.denoiser(self.dtype, self._assistant.merge)
        if self._residence.gradient_checkpointing:
            # No layer here draws random numbers, so their state need not be kept for the second forward pass.
            library: Any = checkpointing
            denoiser.enable_gradient_checkpointing(
                partial(library.checkpoint, use_reentrant=False, preserve_rng_state=False)
            )
        return denoiser

    def _load_text(self) -> Any:
        # T5 and its like overflow in fp16.
        return self._parts.text(torch.float32 if self.dtype == torch.float32 else torch.bfloat16)
