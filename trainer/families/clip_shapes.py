"""Sizes of CLIP's text encoders, read off the shapes of their tensors."""

import re
from collections.abc import Mapping
from typing import Any

Shapes = Mapping[str, tuple[int, ...]]

_HEAD_WIDTH = 64
"""Channels an attention head of both."""


def clip_config(shapes: Shapes) -> dict[str, Any]:
    """transformers' settings of CLIP-L (names from `embeddings` on), but for the ids of its tokenizer."""
    words, width = shapes["embeddings.token_embedding.weight"]
    return {
        **_text(words, width, count_numbers(shapes, r"encoder\.layers\.(\d+)\.")),
        "intermediate_size": shapes["encoder.layers.0.mlp.fc1.weight"][0],
        "max_position_embeddings": shapes["embeddings.position_embedding.weight"][0],
        "hidden_act": "quick_gelu",
        "projection_dim": width,
    }


def open_clip_config(shapes: Shapes) -> dict[str, Any]:
    """transformers' settings of OpenCLIP-G (names from `token_embedding` on), but for the ids of its tokenizer."""
    words, width = shapes["token_embedding.weight"]
    return {
        **_text(words, width, count_numbers(shapes, r"transformer\.resblocks\.(\d+)\.")),
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


def count_numbers(shapes: Shapes, pattern: str) -> int:
    """One more than the largest number that the pattern's group finds in a name."""
    found = [int(match[1]) for name in shapes if (match := re.match(pattern, name))]
    return max(found, default=-1) + 1
