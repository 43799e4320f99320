"""Sizes of FLUX.1's parts, read off the shapes of their tensors."""

from typing import Any

from ...errors import ModelError
from ..clip_shapes import Shapes, count_numbers

HEAD_WIDTH = 128
AXES = (16, 56, 56)
"""Of a head's channels, those that turn with a token's picture, row and column."""
GUIDANCE = "guidance_in.in_layer.weight"
MARK = "double_blocks.0.img_attn.qkv.weight"


def transformer_config(shapes: Shapes) -> dict[str, Any]:
    """diffusers' settings of the FluxTransformer2DModel whose tensors, in BFL's names, have these shapes."""
    width, channels = shapes["img_in.weight"]
    if width % HEAD_WIDTH:
        raise ModelError(f"The transformer is {width} wide, which is no multiple of {HEAD_WIDTH}. Choose FLUX.1.")
    return {
        "patch_size": 1,
        "in_channels": channels,
        "num_layers": count_numbers(shapes, r"double_blocks\.(\d+)\."),
        "num_single_layers": count_numbers(shapes, r"single_blocks\.(\d+)\."),
        "attention_head_dim": HEAD_WIDTH,
        "num_attention_heads": width // HEAD_WIDTH,
        "joint_attention_dim": shapes["txt_in.weight"][1],
        "pooled_projection_dim": shapes["vector_in.in_layer.weight"][1],
        "guidance_embeds": GUIDANCE in shapes,
        "axes_dims_rope": AXES,
    }


def t5_config(shapes: Shapes) -> dict[str, Any]:
    """transformers' settings of the T5 v1.1 encoder whose tensors have these shapes."""
    first = "encoder.block.0.layer"
    words, width = shapes["shared.weight"]
    buckets, heads = shapes[f"{first}.0.SelfAttention.relative_attention_bias.weight"]
    return {
        "vocab_size": words,
        "d_model": width,
        "d_kv": shapes[f"{first}.0.SelfAttention.q.weight"][0] // heads,
        "d_ff": shapes[f"{first}.1.DenseReluDense.wi_0.weight"][0],
        "num_layers": count_numbers(shapes, r"encoder\.block\.(\d+)\."),
        "num_heads": heads,
        "relative_attention_num_buckets": buckets,
        "feed_forward_proj": "gated-gelu",
        "layer_norm_epsilon": 1e-6,
        "tie_word_embeddings": False,
    }
