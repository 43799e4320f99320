"""Sizes of the parts of a checkpoint in Stability's layout, read off the shapes of its tensors."""

import re
from collections.abc import Mapping
from typing import Any

Shapes = Mapping[str, tuple[int, ...]]

_HEAD_WIDTH = 64
"""Channels an attention head: SDXL's UNet and both CLIPs. SD 1.5's UNet has 8 heads on every level instead."""
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


def vae_config(shapes: Shapes, scaling_factor: float) -> dict[str, Any]:
    """diffusers' settings of an AutoencoderKL whose tensors (names from `encoder` on) have these shapes."""
    levels = 1 + max(int(found[1]) for name in shapes if (found := re.match(r"encoder\.down\.(\d+)\.", name)))
    layers = sum(re.fullmatch(r"encoder\.down\.0\.block\.\d+\.conv1\.weight", name) is not None for name in shapes)
    return {
        "block_out_channels": [shapes[f"encoder.down.{level}.block.0.conv1.weight"][0] for level in range(levels)],
        "down_block_types": ["DownEncoderBlock2D"] * levels,
        "up_block_types": ["UpDecoderBlock2D"] * levels,
        "layers_per_block": layers,
        "latent_channels": shapes["post_quant_conv.weight"][0],
        "sample_size": 1024,
        "scaling_factor": scaling_factor,
    }


def clip_config(shapes: Shapes) -> dict[str, Any]:
    """transformers' settings of CLIP-L (names from `embeddings` on), but for the ids of its tokenizer."""
    words, width = shapes["embeddings.token_embedding.weight"]
    return {
        **_text(words, width, _count(shapes, r"encoder\.layers\.(\d+)\.")),
        "intermediate_size": shapes["encoder.layers.0.mlp.fc1.weight"][0],
        "max_position_embeddings": shapes["embeddings.position_embedding.weight"][0],
        "hidden_act": "quick_gelu",
        "projection_dim": width,
    }


def open_clip_config(shapes: Shapes) -> dict[str, Any]:
    """transformers' settings of OpenCLIP-G (names from `token_embedding` on), but for the ids of its tokenizer."""
    words, width = shapes["token_embedding.weight"]
    return {
        **_text(words, width, _count(shapes, r"transformer\.resblocks\.(\d+)\.")),
        "intermediate_size": shapes["transformer.resblocks.0.mlp.c_fc.weight"][0],
        "max_position_embeddings": shapes["positional_embedding"][0],
        "hidden_act": "gelu",
        "projection_dim": shapes["text_projection"][1],
    }


def _text(words: int, width: int, layers: int) -> dict[str, Any]:
    return {
        "vocab_size": words,
        "hidden_size": width,
        "num_hidden_layers": layers,
        "num_attention_heads": max(1, width // _HEAD_WIDTH),
    }


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
    return _count(shapes, re.escape(block) + r"\.transformer_blocks\.(\d+)\.")


def _count(shapes: Shapes, pattern: str) -> int:
    found = [int(match[1]) for name in shapes if (match := re.match(pattern, name))]
    return max(found, default=-1) + 1
