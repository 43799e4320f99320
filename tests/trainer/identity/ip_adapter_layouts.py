"""Files of IP-Adapters in their published layout, with random weights and of any size."""

from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import Tensor

from tests.trainer.identity.drawn import Shapes, drawn
from trainer.identity.attention.numbers import TOPOLOGIES

CONTEXT, HIDDEN, FACE = 32, 24, 512


def _layer(name: str, out: int, into: int, *, bias: bool = True) -> Shapes:
    return {f"{name}.weight": (out, into)} | ({f"{name}.bias": (out,)} if bias else {})


def _norm(name: str, width: int) -> Shapes:
    return {f"{name}.weight": (width,), f"{name}.bias": (width,)}


def _perceiver(name: str, into: int, width: int, inner: int, depth: int, out: int) -> Shapes:
    made = _layer(f"{name}proj_in", width, into) | _layer(f"{name}proj_out", out, width) | _norm(f"{name}norm_out", out)
    for number in range(depth):
        attention, feed = f"{name}layers.{number}.0", f"{name}layers.{number}.1"
        made |= _norm(f"{attention}.norm1", width) | _norm(f"{attention}.norm2", width) | _norm(f"{feed}.0", width)
        made |= _layer(f"{attention}.to_q", inner, width, bias=False)
        made |= _layer(f"{attention}.to_kv", 2 * inner, width, bias=False)
        made |= _layer(f"{attention}.to_out", width, inner, bias=False)
        made |= _layer(f"{feed}.1", 4 * width, width, bias=False) | _layer(f"{feed}.3", width, 4 * width, bias=False)
    return made


def image_shapes(context: int = CONTEXT, tokens: int = 4, into: int = HIDDEN) -> Shapes:
    return _layer("proj", tokens * context, into) | _norm("norm", context)


def full_shapes(context: int = CONTEXT) -> Shapes:
    return _layer("proj.0", HIDDEN, HIDDEN) | _layer("proj.2", context, HIDDEN) | _norm("proj.3", context)


def face_shapes(context: int = CONTEXT, tokens: int = 4) -> Shapes:
    return _layer("proj.0", 2 * FACE, FACE) | _layer("proj.2", tokens * context, 2 * FACE) | _norm("norm", context)


def face_plus_shapes(context: int = 64) -> Shapes:
    seen = _perceiver("perceiver_resampler.", HIDDEN, context, context // 64 * 64 or 64, 4, context)
    return face_shapes(context) | seen


def resampler_shapes(context: int = CONTEXT, into: int = HIDDEN, depth: int = 2) -> Shapes:
    return {"latents": (1, 4, 64)} | _perceiver("", into, 64, 128, depth, context)


PROJECTIONS: Mapping[str, Shapes] = {
    "ip_adapter": image_shapes(),
    "ip_adapter_bigg": image_shapes(into=1280),
    "ip_adapter_full_face": full_shapes(),
    "ip_adapter_plus": resampler_shapes(),
    "faceid": face_shapes(),
    "faceid_portrait": face_shapes(tokens=16),
    "faceid_plus": face_plus_shapes(),
    "instantid": resampler_shapes(into=FACE),
}
"""By kind, those that differ in more than their names."""


def layer_shapes(widths: Mapping[int, int], context: int = CONTEXT) -> Shapes:
    """Of the widths of cross-attentions by number."""
    return {f"{number}.to_{side}_ip.weight": (wide, context) for number, wide in widths.items() for side in "kv"}


def lora_shapes(widths: Mapping[int, int], context: int = CONTEXT, rank: int = 3) -> Shapes:
    """Of the widths of all attentions by number, the even ones to themselves."""
    made: Shapes = {}
    for number, wide in widths.items():
        for part in ("q", "k", "v", "out"):
            into = context if number % 2 and part in "kv" else wide
            made[f"{number}.to_{part}_lora.down.weight"] = (rank, into)
            made[f"{number}.to_{part}_lora.up.weight"] = (wide, rank)
    return made


def adapter(projection: Shapes, layers: Shapes, seed: int = 7) -> dict[str, dict[str, Tensor]]:
    """As `.bin` files hold it, and diffusers is given it."""
    return {"image_proj": drawn(projection, seed), "ip_adapter": drawn(layers, seed + 2)}


def flat(nested: Mapping[str, Mapping[str, Tensor]]) -> dict[str, Tensor]:
    return {f"{part}.{name}": tensor for part, tensors in nested.items() for name, tensor in tensors.items()}


def write_adapter(path: Path, nested: Mapping[str, Mapping[str, Tensor]], family: str = "sdxl") -> Path:
    """A .safetensors file that says its family, which such narrow layers do not tell, or a .bin."""
    if path.suffix == ".bin":
        torch.save({part: dict(tensors) for part, tensors in nested.items()}, path)
    else:
        save_file(flat(nested), path, metadata={"likeness_family": family})
    return path


def usual_widths(family: str, wide: int = 8) -> dict[int, int]:
    """Of the family's usual UNet, all of one small width."""
    return dict.fromkeys(range(1, len(TOPOLOGIES[family].attentions()), 2), wide)
