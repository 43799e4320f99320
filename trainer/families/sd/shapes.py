"""Sizes of the parts of a checkpoint in Stability's layout, read off the shapes of its tensors."""

import re
from typing import Any

from ..clip_shapes import Shapes, count_numbers

_HEAD_WIDTH = 64
"""Channels an attention head of SDXL's UNet. SD 1.5's UNet has 8 heads on every level instead."""
_SD15_HEADS = 8
_TIME_IDS, _TIME_WIDTH = 6, 256


def unet_config(shapes: Shapes, *, has_sizes: bool) -> dict[str, Any]:
    """diffusers' settings of the UNet whose tensors (names from `input_blocks` on) have these shapes."""
    widths, depths, layers = _levels(shapes)
    middle = _depth(shapes, "middle_block.1")
    context = next(shape[1] for name, shape in shapes.items() if name.endswith("attn2.to_k.weight"))
    config: dict[str, Any] = {
        "sample_size": 128 if has_sizes else 64,
        "in_channels": shapes["input_blocks.0.0.weight"][1],
        "out_channels": shapes["out.2.weight"][0],
        "block_out_channels": widths,
        "down_block_types": [f"{'CrossAttn' if depth else ''}DownBlock2D" for depth in depths],
        "up_block_types": [f"{'CrossAttn' if depth else ''}UpBlock2D" for depth in reversed(depths)],
        "layers_per_block": layers,
        "transformer_layers_per_block": [*(depth or 1 for depth in depths[:-1]), middle],
        "attention_head_dim": [max(1, width // _HEAD_WIDTH) for width in widths] if has_sizes else _SD15_HEADS,
        "cross_attention_dim": context,
        "use_linear_projection": len(shapes["middle_block.1.proj_in.weight"]) == 2,
        "norm_num_groups": 32,
    }
    if has_sizes:
        config["addition_embed_type"] = "text_time"
        config["addition_time_embed_dim"] = _TIME_WIDTH
        config["projection_class_embeddings_input_dim"] = shapes["label_emb.0.0.weight"][1]
    return config


def _levels(shapes: Shapes) -> tuple[list[int], list[int], int]:
    """Channels and transformer depth of each level on the way down, and its number of residual blocks."""
    widths: list[int] = []
    depths: list[int] = []
    counts = [0]
    number = 1
    while True:
        if f"input_blocks.{number}.0.op.weight" in shapes:
            counts.append(0)
        elif (shape := shapes.get(f"input_blocks.{number}.0.out_layers.3.weight")) is not None:
            if not counts[-1]:
                widths.append(shape[0])
                depths.append(_depth(shapes, f"input_blocks.{number}.1"))
            counts[-1] += 1
        else:
            return widths, depths, counts[0]
        number += 1


def _depth(shapes: Shapes, block: str) -> int:
    return count_numbers(shapes, re.escape(block) + r"\.transformer_blocks\.(\d+)\.")
