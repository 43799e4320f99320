"""Motion modules in the layout of AnimateDiff's files, of any size, with random weights; from the layout alone."""

from collections.abc import Sequence
from pathlib import Path

import torch
from safetensors.torch import save_file

Shapes = dict[str, tuple[int, ...]]


def motion_shapes(widths: Sequence[int], *, layers: int = 2, longest: int = 32, has_middle: bool = False) -> Shapes:
    """Names and shapes as mm_sd_v15_v2 (320, 640, 1280, 1280, with a middle) and mm_sdxl_v10_beta have them."""
    made: Shapes = {}
    for way, order, count in (("down", list(widths), layers), ("up", list(reversed(widths)), layers + 1)):
        for level, width in enumerate(order):
            for place in range(count):
                made |= _module(f"{way}_blocks.{level}.motion_modules.{place}", width, longest)
    return made | (_module("mid_block.motion_modules.0", widths[-1], longest) if has_middle else {})


def _module(name: str, width: int, longest: int) -> Shapes:
    whole = f"{name}.temporal_transformer"
    block = f"{whole}.transformer_blocks.0"
    made = {f"{whole}.{part}.{kind}": (width,) for part in ("norm",) for kind in ("weight", "bias")}
    for part in ("proj_in", "proj_out"):
        made |= {f"{whole}.{part}.weight": (width, width), f"{whole}.{part}.bias": (width,)}
    for number in (0, 1):
        attention = f"{block}.attention_blocks.{number}"
        made |= {f"{attention}.{part}.weight": (width, width) for part in ("to_q", "to_k", "to_v", "to_out.0")}
        made |= {f"{attention}.to_out.0.bias": (width,), f"{attention}.pos_encoder.pe": (1, longest, width)}
        made |= {f"{block}.norms.{number}.{kind}": (width,) for kind in ("weight", "bias")}
    made |= {f"{block}.ff.net.0.proj.weight": (8 * width, width), f"{block}.ff.net.0.proj.bias": (8 * width,)}
    made |= {f"{block}.ff.net.2.weight": (width, 4 * width), f"{block}.ff.net.2.bias": (width,)}
    return made | {f"{block}.ff_norm.{kind}": (width,) for kind in ("weight", "bias")}


def motion_tensors(shapes: Shapes, seed: int = 3) -> dict[str, torch.Tensor]:
    """Random weights; positions are the sinusoids of the published files."""
    source = torch.Generator().manual_seed(seed)
    return {name: _drawn(name, shape, source) for name, shape in shapes.items()}


def _drawn(name: str, shape: tuple[int, ...], source: torch.Generator) -> torch.Tensor:
    if name.endswith("pos_encoder.pe"):
        rates = torch.exp(torch.arange(0, shape[2], 2) * (-torch.log(torch.tensor(1e4)) / shape[2]))
        angles = torch.arange(shape[1])[:, None] * rates
        return torch.stack([angles.sin(), angles.cos()], dim=2).reshape(shape)
    noise = torch.randn(shape, generator=source)
    if len(shape) == 1:
        return 1 + 0.1 * noise if "norm" in name and name.endswith("weight") else 0.02 * noise
    return noise * shape[1] ** -0.5


def write_tiny_motion(
    path: Path, widths: Sequence[int] = (32, 32), *, layers: int = 1, moves: bool = True, **more: int | bool
) -> Path:
    """As safetensors, or for another suffix as torch writes it. The default fits tests/tiny_base; one that does not
    move adds nothing, as modules are before their training."""
    tensors = motion_tensors(motion_shapes(widths, layers=layers, **more))  # type: ignore[arg-type]
    for name in [name for name in tensors if ".proj_out." in name and not moves]:
        tensors[name] = torch.zeros_like(tensors[name])
    if path.suffix == ".safetensors":
        save_file(tensors, path)
    else:
        torch.save(tensors, path)
    return path
