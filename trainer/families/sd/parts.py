"""The parts of a Stable Diffusion base, wherever its weights lie."""

from collections.abc import Mapping
from typing import Any, NamedTuple, Protocol

import torch

from ...storage.tensor_header import Header
from ..base import Predicts
from ..flow.filled import Arrived

SCHEDULE: Mapping[str, Any] = {
    "num_train_timesteps": 1000,
    "beta_schedule": "scaled_linear",
    "beta_start": 0.00085,
    "beta_end": 0.012,
    "clip_sample": False,
    "set_alpha_to_one": False,
    "steps_offset": 1,
    "timestep_spacing": "leading",
    "prediction_type": "epsilon",
}
"""How every Stable Diffusion was trained, in diffusers' words."""

ZERO_SNR: Mapping[str, Any] = {"rescale_betas_zero_snr": True, "timestep_spacing": "trailing"}
SAID: Mapping[Predicts, Mapping[str, Any]] = {
    "": {},
    "epsilon": {"prediction_type": "epsilon", "rescale_betas_zero_snr": False},
    "v_prediction": {"prediction_type": "v_prediction", "rescale_betas_zero_snr": False},
    "v_prediction, zero SNR": {"prediction_type": "v_prediction", **ZERO_SNR},
}
"""What the user's word changes of a schedule."""


def file_prediction(header: Header) -> dict[str, Any]:
    """What a file says that it predicts: marks of its own as ComfyUI reads them, else modelspec's word for it."""
    if "v_pred" in header.shapes:
        return {"prediction_type": "v_prediction", **(ZERO_SNR if "ztsnr" in header.shapes else {})}
    said = header.metadata.get("modelspec.prediction_type", "").lower()
    return {"prediction_type": "v_prediction"} if said in ("v", "v_prediction", "v-prediction") else {}


def predicts_of(schedule: Mapping[str, Any]) -> Predicts:
    """The user's word for what a schedule says."""
    if schedule.get("prediction_type", "epsilon") != "v_prediction":
        return "epsilon"
    return "v_prediction, zero SNR" if schedule.get("rescale_betas_zero_snr") else "v_prediction"


class Encoder(NamedTuple):
    """A text encoder of transformers and its tokenizer."""

    tokenizer: Any
    model: Any


class Parts(Protocol):
    """Loads one part at a time, frozen, on the CPU. Every method raises ModelError for damaged weights."""

    @property
    def schedule(self) -> Mapping[str, Any]:
        """Settings of a diffusers scheduler: betas, what is predicted, whether it ends in zero signal."""
        ...

    @property
    def zeros_for_empty(self) -> bool:
        """Whether no caption at all is zeros in place of an encoded empty text."""
        ...

    def outline(self, number: int) -> Any:
        """The UNet (0) or a text encoder (1, 2) without weights, for the names and sizes of its layers."""
        ...

    def unet(self, dtype: torch.dtype, arrived: Arrived | None = None) -> Any:
        """UNet2DConditionModel; `arrived` is told each block as it is loaded."""
        ...

    def vae(self) -> Any:
        """AutoencoderKL in fp32."""
        ...

    def encoders(self) -> list[Encoder]:
        """One for SD 1.5, two for SDXL, in fp32."""
        ...
