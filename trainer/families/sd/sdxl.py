"""SDXL: two text encoders, a pooled one among them, and the picture's sizes as conditioning."""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from ...recipe.buckets import Placement
from ..base import FamilyName
from .model import StableDiffusion
from .text import SdxlText, Text


class Sdxl(StableDiffusion):
    """SDXL base and what was made from it: RealVisXL, Illustrious, Pony, Animagine, NoobAI."""

    name: FamilyName = "sdxl"
    text_parts: tuple[str, ...] = ("te1", "te2")

    def _load_text(self) -> Text:
        encoders = [encoder._replace(model=encoder.model.to(self.device)) for encoder in self._parts.encoders()]
        return SdxlText(encoders, zeros_for_empty=self._parts.zeros_for_empty)

    def _conditions(self, text: Mapping[str, Tensor], placements: Sequence[Placement]) -> Mapping[str, Tensor]:
        return {"text_embeds": text["pooled"], "time_ids": size_conditioning(placements)}

    def metadata(self) -> Mapping[str, str]:
        return {
            **self._prediction_words(),
            "ss_base_model_version": "sdxl_base_v1-0",
            "modelspec.architecture": "stable-diffusion-xl-v1-base/lora",
            "modelspec.implementation": "https://github.com/Stability-AI/generative-models",
        }


def size_conditioning(placements: Sequence[Placement]) -> Tensor:
    """SDXL's six numbers a picture, (n, 6): original height and width, crop top and left, target height and width."""
    rows = [(*p.original[::-1], *p.crop[::-1], *p.bucket[::-1]) for p in placements]
    return torch.tensor(rows, dtype=torch.float32)
