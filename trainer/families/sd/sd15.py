"""Stable Diffusion 1.5: one text encoder, of which the last layers may be left out."""

from collections.abc import Mapping, Sequence

from torch import Tensor

from ...recipe.buckets import Placement
from ...recipe.memory import Precision
from ..base import Base, FamilyName
from .model import StableDiffusion
from .parts import Parts
from .text import Sd15Text, Text


class Sd15(StableDiffusion):
    """SD 1.5 and what was made from it. `clip_skip` 2, usual for anime bases, leaves out CLIP's last layer."""

    name: FamilyName = "sd15"
    text_parts: tuple[str, ...] = ("te",)

    def __init__(
        self, base: Base, parts: Parts, *, device: str = "cpu", precision: Precision = "fp32", clip_skip: int = 1
    ) -> None:
        super().__init__(base, parts, device=device, precision=precision)
        self._clip_skip = clip_skip

    def _load_text(self) -> Text:
        (encoder,) = self._parts.encoders()
        return Sd15Text(encoder._replace(model=encoder.model.to(self.device)), clip_skip=self._clip_skip)

    def _conditions(self, text: Mapping[str, Tensor], placements: Sequence[Placement]) -> None:
        return None

    def metadata(self) -> Mapping[str, str]:
        return {
            **self._prediction_words(),
            "ss_base_model_version": "sd_v1",
            "ss_clip_skip": str(self._clip_skip),
            "modelspec.architecture": "stable-diffusion-v1/lora",
            "modelspec.implementation": "https://github.com/Stability-AI/stablediffusion",
        }
