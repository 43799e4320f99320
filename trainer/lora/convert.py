"""A LoRA file of one base in another program's spelling of its layers."""

from collections.abc import Mapping
from pathlib import Path
from typing import Literal

import torch
from torch import Tensor

from ..errors import ModelError, few
from ..families.family import Family
from ..families.key_layout import ALPHA, DORA, DOWN, UP, LayerTensors
from ..storage.tensor_file import write_tensors
from ..storage.tensor_header import read_header
from .file import opened_lora
from .metadata import with_hashes
from .mount import placed

Spelling = Literal["comfyui", "kohya", "diffusers"]
SPELLINGS: tuple[Spelling, ...] = ("comfyui", "kohya", "diffusers")

_NATIVE, _KOHYA = "diffusion_model.", "lora_unet_"
_PARTS = {"te": "text_encoder", "te1": "text_encoder", "te2": "text_encoder_2"}
"""What diffusers calls the parts of addresses, where it is another word."""
_A, _B, _LENGTHS = "lora_A.weight", "lora_B.weight", "lora_magnitude_vector"


def convert_lora(family: Family, source: Path, target: Path, spelling: Spelling) -> int:
    """Write the LoRA that is in `source` anew as `target`; how many of the base's layers it has.

    ModelError when the file does not fit the base, or holds what the spelling has no words for. Changes of the weights
    stay what they were, in the precision of the file.
    """
    layers = {address: _with_alpha(each.tensors) for address, each in placed(family, source).items()}
    if not layers:
        raise ModelError(f"{source.name} has no layer that this base has; nothing was written.")
    tensors = _diffusers(layers) if spelling == "diffusers" else family.keys.save(layers)
    if spelling == "kohya":
        tensors = _kohya(tensors)
    with opened_lora(source) as file:
        metadata = dict(file.metadata)
    precision = _precision(source)
    kept = {key: tensor.to(precision).contiguous() for key, tensor in tensors.items()}
    write_tensors(target, kept, with_hashes(kept, metadata))
    return len(layers)


def _precision(source: Path) -> torch.dtype:
    """The file's finest."""
    kinds = set(read_header(source).kinds.values()) if source.is_file() else {"F32"}
    return torch.float32 if kinds & {"F32", "F64"} else torch.bfloat16 if "BF16" in kinds else torch.float16


def _with_alpha(tensors: LayerTensors) -> LayerTensors:
    """Files without one mean the rank, and say nothing of it."""
    return {ALPHA: torch.tensor(float(len(tensors[DOWN]))), **tensors} if DOWN in tensors else tensors


def _kohya(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """From ComfyUI's own names, flattened; files of SDXL and SD 1.5 are in kohya's already."""
    spelt: dict[str, Tensor] = {}
    foreign: list[str] = []
    for key, tensor in tensors.items():
        if key.startswith(_NATIVE):
            layer, suffix = _cut(key.removeprefix(_NATIVE))
            spelt[f"{_KOHYA}{layer.replace('.', '_')}.{suffix}"] = tensor
        elif key.startswith("lora_"):
            spelt[key] = tensor
        else:
            foreign.append(key)
    if foreign:
        raise ModelError(f"kohya's trainer has no names for {few(foreign)}; choose comfyui or diffusers.")
    return spelt


def _cut(key: str) -> tuple[str, str]:
    """The layer and kohya's suffix of one of our keys."""
    for suffix in (DOWN, UP):
        if key.endswith(f".{suffix}"):
            return key.removesuffix(f".{suffix}"), suffix
    layer, _, suffix = key.rpartition(".")
    return layer, suffix


def _diffusers(layers: Mapping[str, LayerTensors]) -> dict[str, Tensor]:
    """PEFT's names, which know no alpha: B takes up what it scales."""
    plain = {DOWN, UP, ALPHA, DORA}
    strange = [address for address, tensors in layers.items() if not {DOWN, UP} <= set(tensors) <= plain]
    if strange:
        raise ModelError(
            f"diffusers reads LoRA and DoRA alone, and {few(strange)} are of another kind; choose comfyui."
        )
    spelt: dict[str, Tensor] = {}
    for address, tensors in layers.items():
        part, _, name = address.partition(".")
        prefix = f"{_PARTS.get(part, part)}.{name}"
        scale = float(tensors[ALPHA]) / len(tensors[DOWN]) if ALPHA in tensors else 1.0
        spelt[f"{prefix}.{_A}"] = tensors[DOWN]
        spelt[f"{prefix}.{_B}"] = tensors[UP] * scale
        if DORA in tensors:
            spelt[f"{prefix}.{_LENGTHS}"] = tensors[DORA].flatten()
    return spelt
