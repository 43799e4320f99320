"""SDXL with a UNet of random weights, in real or smaller sizes, without files and text encoders."""

from collections.abc import Mapping
from functools import cached_property
from typing import Any

import torch

from ...families.base import Base
from ...families.flow.filled import Arrived
from ...families.options import FamilyOptions
from ...families.residence import Residence
from ...families.sd.layout import SDXL_LAYOUT
from ...families.sd.model import StableDiffusion
from ...families.sd.parts import SCHEDULE, Encoder
from ...families.sd.spec import SDXL
from .random_sdxl import UNET_SIZES

MID_UNET: Mapping[str, Any] = {
    **UNET_SIZES,
    "sample_size": 64,
    "block_out_channels": [320, 640],
    "down_block_types": ["DownBlock2D", "CrossAttnDownBlock2D"],
    "up_block_types": ["CrossAttnUpBlock2D", "UpBlock2D"],
    "layers_per_block": 1,
    "transformer_layers_per_block": [1, 1],
    "attention_head_dim": [5, 10],
}
"""Two of SDXL's widths, with few layers: what runs in seconds on two cores."""


class RandomSdxl(StableDiffusion):
    """Draws nothing that anybody would look at; what it costs is what SDXL costs."""

    def __init__(self, residence: Residence, config: Mapping[str, Any]) -> None:
        self._config = config
        base = Base(family=SDXL.name, name="random", sha256="", files={})
        super().__init__(SDXL, SDXL_LAYOUT, base, residence, FamilyOptions())

    @cached_property
    def _parts(self) -> "_RandomParts":
        return _RandomParts(self._config, self.device)


class _RandomParts:
    def __init__(self, config: Mapping[str, Any], device: torch.device) -> None:
        self._config, self._device = config, device

    @property
    def schedule(self) -> Mapping[str, Any]:
        return SCHEDULE

    @property
    def zeros_for_empty(self) -> bool:
        return True

    def outline(self, number: int) -> Any:
        return self._made(torch.device("meta"))

    def _made(self, device: torch.device) -> Any:
        from diffusers.models.unets.unet_2d_condition import UNet2DConditionModel

        kind: Any = UNet2DConditionModel
        with device:
            return kind(**self._config).eval().requires_grad_(False)

    def unet(self, dtype: torch.dtype, arrived: Arrived | None = None) -> Any:
        unet = self._made(self._device)
        return unet if dtype == torch.float32 else unet.to(dtype)

    def vae(self) -> Any:
        raise NotImplementedError("no pictures are encoded here")

    def encoders(self) -> list[Encoder]:
        raise NotImplementedError("no captions are encoded here")
