"""Identity adapters of random weights in the layouts of published files, their layers as wide as a base's."""

from collections.abc import Callable, Mapping
from pathlib import Path

import torch
from torch import Tensor

from ...storage.tensor_file import write_tensors

Shapes = dict[str, tuple[int, ...]]
CONTEXT = 2048
"""Width of SDXL's text and of all tokens here."""
_NARROW = 64
"""Of what makes tokens: that runs once, and not while a picture is drawn."""
_FLUX_ATTENTIONS = 20
_LORA_RANK = 128


def write_adapter(path: Path, shapes: Shapes, device: str = "cpu") -> Path:
    """The file with small random numbers in fp16."""
    source = torch.Generator(device).manual_seed(0)
    tensors: dict[str, Tensor] = {
        name: (torch.randn(shape, generator=source, device=device) * 0.02).half().cpu()
        for name, shape in shapes.items()
    }
    write_tensors(path, tensors, {})
    return path


def ip_adapter_plus(widths: Mapping[int, int]) -> Shapes:
    """`widths`: channels of each cross-attention, by number."""
    resampler: Shapes = {
        "latents": (1, 16, _NARROW),
        "proj_in.weight": (_NARROW, 1280),
        "proj_in.bias": (_NARROW,),
        "proj_out.weight": (CONTEXT, _NARROW),
        "proj_out.bias": (CONTEXT,),
        "norm_out.weight": (CONTEXT,),
        "norm_out.bias": (CONTEXT,),
        **{f"layers.0.0.{norm}.{part}": (_NARROW,) for norm in ("norm1", "norm2") for part in ("weight", "bias")},
        "layers.0.0.to_q.weight": (_NARROW, _NARROW),
        "layers.0.0.to_kv.weight": (2 * _NARROW, _NARROW),
        "layers.0.0.to_out.weight": (_NARROW, _NARROW),
        "layers.0.1.0.weight": (_NARROW,),
        "layers.0.1.0.bias": (_NARROW,),
        "layers.0.1.1.weight": (4 * _NARROW, _NARROW),
        "layers.0.1.3.weight": (_NARROW, 4 * _NARROW),
    }
    return {**_under("image_proj.", resampler), **_side(widths)}


def faceid(widths: Mapping[int, int]) -> Shapes:
    """With its LoRA of rank 128 in every attention."""
    projection: Shapes = {
        "proj.0.weight": (_NARROW, 512),
        "proj.0.bias": (_NARROW,),
        "proj.2.weight": (4 * CONTEXT, _NARROW),
        "proj.2.bias": (4 * CONTEXT,),
        "norm.weight": (CONTEXT,),
        "norm.bias": (CONTEXT,),
    }
    lora: Shapes = {}
    for number, width in widths.items():
        for attention in (number - 1, number):
            for layer in ("to_q", "to_k", "to_v", "to_out"):
                told = CONTEXT if attention == number and layer in ("to_k", "to_v") else width
                lora[f"ip_adapter.{attention}.{layer}_lora.down.weight"] = (_LORA_RANK, told)
                lora[f"ip_adapter.{attention}.{layer}_lora.up.weight"] = (width, _LORA_RANK)
    return {**_under("image_proj.", projection), **_side(widths), **lora}


def pulid(widths: Mapping[int, int]) -> Shapes:
    """v1, as published."""
    encoder: Shapes = {**_mlp("body", 1280, 5 * CONTEXT)}
    for level in range(5):
        encoder |= _mlp(f"mapping_{level}", 1024, CONTEXT) | _mlp(f"mapping_patch_{level}", 1024, CONTEXT)
    layers: Shapes = {
        f"id_adapter_attn_layers.{number}.{name}.weight": (width, CONTEXT)
        for number, width in widths.items()
        for name in ("id_to_k", "id_to_v")
    }
    return {**_under("id_adapter.", encoder), **layers}


def pulid_flux(width: int) -> Shapes:
    """0.9, of a FLUX `width` channels wide. Its attentions are as wide; the real ones have two thirds of FLUX.1's."""
    shapes: Shapes = {"pulid_encoder.latents": (1, 32, _NARROW)}
    for number in range(_FLUX_ATTENTIONS):
        shapes |= _under(
            f"pulid_ca.{number}.",
            {
                **{f"norm1.{part}": (CONTEXT,) for part in ("weight", "bias")},
                **{f"norm2.{part}": (width,) for part in ("weight", "bias")},
                "to_q.weight": (width, width),
                "to_kv.weight": (2 * width, CONTEXT),
                "to_out.weight": (width, width),
            },
        )
    return shapes


CROSS: Mapping[str, tuple[Callable[[Mapping[int, int]], Shapes], int]] = {
    "ip_adapter_plus": (ip_adapter_plus, 16),
    "faceid": (faceid, 4),
    "pulid": (pulid, 10),
}
"""Of a UNet, with their numbers of tokens."""
FLUX_TOKENS = 32


def _side(widths: Mapping[int, int]) -> Shapes:
    return {
        f"ip_adapter.{number}.{name}.weight": (width, CONTEXT)
        for number, width in widths.items()
        for name in ("to_k_ip", "to_v_ip")
    }


def _mlp(name: str, features: int, rows: int) -> Shapes:
    """Linear and LayerNorm twice, then Linear."""
    shapes: Shapes = {}
    for place, (into, out) in zip((0, 3, 6), ((features, _NARROW), (_NARROW, _NARROW), (_NARROW, rows)), strict=True):
        shapes |= {f"{name}.{place}.weight": (out, into), f"{name}.{place}.bias": (out,)}
    for place in (1, 4):
        shapes |= {f"{name}.{place}.{part}": (_NARROW,) for part in ("weight", "bias")}
    return shapes


def _under(prefix: str, shapes: Shapes) -> Shapes:
    return {f"{prefix}{name}": shape for name, shape in shapes.items()}
