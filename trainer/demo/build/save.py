"""Writes the demo bases as diffusers folders in fp16."""

# torch, diffusers and onnx leave these types open.
# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false, reportUnknownVariableType=false

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from .. import sizes
from .base import TextToNoise
from .tokenizer import save_tokenizer

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
_FLOW_INDEX = {
    "_class_name": "FluxPipeline",
    "is_distilled": False,
    "scheduler": ["diffusers", "FlowMatchEulerDiscreteScheduler"],
    "transformer": ["diffusers", "FluxTransformer2DModel"],
    "vae": ["diffusers", "AutoencoderKL"],
}


def save_base(folder: Path, model: TextToNoise, vae: Any, scaling_factor: float) -> None:
    """Overwrites `folder`; the VAE's config carries `scaling_factor`."""
    from diffusers.schedulers.scheduling_euler_discrete import EulerDiscreteScheduler

    vae.register_to_config(scaling_factor=scaling_factor)
    parts: dict[str, Any] = {
        "unet": model.unet,
        "vae": vae,
        "text_encoder": model.text_1,
        "text_encoder_2": model.text_2,
    }
    _save(folder, parts, _INDEX)
    EulerDiscreteScheduler(**sizes.SCHEDULER).save_pretrained(folder / "scheduler")
    save_tokenizer(folder)


def save_flow(folder: Path, transformer: Any, vae: Any) -> None:
    """Overwrites `folder`; text encoders and tokenizers are those of the SDXL base beside it."""
    from diffusers.schedulers.scheduling_flow_match_euler_discrete import FlowMatchEulerDiscreteScheduler

    _save(folder, {"transformer": transformer, "vae": vae}, _FLOW_INDEX)
    FlowMatchEulerDiscreteScheduler().save_pretrained(folder / "scheduler")


def _save(folder: Path, parts: Mapping[str, Any], index: Mapping[str, Any]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, part in parts.items():
        kept = {key: value.clone() for key, value in part.state_dict().items()}
        part.to(torch.float16).save_pretrained(folder / name)
        part.to(torch.float32).load_state_dict(kept)
    _forget_origins(folder)
    (folder / "model_index.json").write_text(json.dumps(index, indent=2) + "\n")


def _forget_origins(folder: Path) -> None:
    """Drop the path that diffusers notes a part was loaded from: it is one machine's."""
    for path in folder.glob("*/config.json"):
        config = json.loads(path.read_text(encoding="utf-8"))
        config.pop("_name_or_path", None)
        path.write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")
