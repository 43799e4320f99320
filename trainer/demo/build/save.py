"""Writes the demo base as a diffusers SDXL folder in fp16."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import torch

from .. import sizes
from .base import TextToNoise
from .tokenizer import save_tokenizer

if TYPE_CHECKING:
    from diffusers import AutoencoderKL

_INDEX = {
    "_class_name": "StableDiffusionXLPipeline",
    "force_zeros_for_empty_prompt": True,
    "scheduler": ["diffusers", "EulerDiscreteScheduler"],
    "text_encoder": ["transformers", "CLIPTextModel"],
    "text_encoder_2": ["transformers", "CLIPTextModelWithProjection"],
    "tokenizer": ["transformers", "CLIPTokenizer"],
    "tokenizer_2": ["transformers", "CLIPTokenizer"],
    "unet": ["diffusers", "UNet2DConditionModel"],
    "vae": ["diffusers", "AutoencoderKL"],
}


def save_base(folder: Path, model: TextToNoise, vae: "AutoencoderKL", scaling_factor: float) -> None:
    """Overwrites `folder`; the VAE's config carries `scaling_factor`."""
    from diffusers import EulerDiscreteScheduler

    folder.mkdir(parents=True, exist_ok=True)
    vae.register_to_config(scaling_factor=scaling_factor)
    for name, part in (
        ("unet", model.unet),
        ("vae", vae),
        ("text_encoder", model.text_1),
        ("text_encoder_2", model.text_2),
    ):
        kept = {key: value.clone() for key, value in part.state_dict().items()}
        part.to(torch.float16).save_pretrained(folder / name)
        part.to(torch.float32).load_state_dict(kept)
    EulerDiscreteScheduler(**sizes.SCHEDULER).save_pretrained(folder / "scheduler")
    save_tokenizer(folder)
    (folder / "model_index.json").write_text(json.dumps(_INDEX, indent=2) + "\n")
