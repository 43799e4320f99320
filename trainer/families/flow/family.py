"""What every loaded base that predicts flow does in the same way."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any, Protocol

import torch
from PIL import Image
from torch import Tensor

from ...recipe.buckets import Placement
from ..assistant import MergedAssistant
from ..base import Base
from ..codec import KlCodec, sampled
from ..condition import Condition
from ..drawing_steps import DrawingSteps
from ..key_layout import KeyLayout
from ..memory.housing import Housing
from ..memory.quantised import packing_on
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
        self._residents = Residents(self.device, load, {spec.denoiser: self._move_denoiser})
        self._places = DenoiserPlaces(self._residents, spec.denoiser, parts.make_denoiser)
        if residence.is_special:
            # What cannot be is told before pictures are encoded.
            _ = self._housing
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

    @cached_property
    def _housing(self) -> Housing:
        return Housing(self._residence, self._places.outlined, self.spec.blocks, self.spec.modulation)

    def blank_condition(self) -> Condition | None:
        """The shapes of what is told of a caption, on the meta device; None where a plan has to do without."""
        return None

    def _load_denoiser(self) -> Any:
        if self.device.type == "meta":
            # A plan asks for shapes alone.
            return self._outline()
        denoiser = self._parts.denoiser(self.dtype, self._arrived)
        self._housing.settle(denoiser)
        return denoiser

    def _arrived(self, name: str, block: torch.nn.Module) -> None:
        self._assistant.merge(name, block)
        self._housing.arrived(name, block)

    def _outline(self) -> Any:
        denoiser: Any = self._places.outlined
        denoiser.to(self.dtype).eval().requires_grad_(False)
        self._housing.settle(denoiser)
        return denoiser

    def _move_denoiser(self, denoiser: Any, device: torch.device) -> None:
        self._housing.move(denoiser, device)

    def _load_text(self) -> Any:
        # T5 and its like overflow in fp16.
        dtype = torch.float32 if self.dtype == torch.float32 else torch.bfloat16
        return self._parts.text(dtype, packing_on(self._residence.text_quantization, self.device))
