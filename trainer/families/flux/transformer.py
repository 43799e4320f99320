"""FLUX.1's transformer in diffusers' class, from a file in Black Forest Labs' names or from a folder."""

from collections.abc import Mapping
from typing import Any

import torch

from ..flow.filled import Arrived, filled
from ..flow.native import native_place as place_of
from ..flow.tensors import Place, StoredTensors
from .names import native
from .shapes import transformer_config


def make_transformer(config: Mapping[str, Any]) -> Any:
    """With the library's own random weights."""
    from diffusers.models.transformers.transformer_flux import FluxTransformer2DModel

    kind: Any = FluxTransformer2DModel
    return kind(**config)


def load_transformer(stored: StoredTensors, dtype: torch.dtype, arrived: Arrived | None = None) -> Any:
    """Of a file in BFL's names."""
    config = transformer_config(stored.shapes)
    width = int(config["num_attention_heads"]) * int(config["attention_head_dim"])

    def place(name: str) -> Place:
        return native_place(name, width, stored.shapes)

    return filled(lambda: make_transformer(config), stored, place, dtype, "transformer", arrived)


def native_place(name: str, width: int, shapes: Mapping[str, tuple[int, ...]]) -> Place:
    """Where a parameter of diffusers' model lies in a file of that `width`; its own name where nothing is known."""
    return place_of(name, native(name.rpartition(".")[0]), width, shapes)
