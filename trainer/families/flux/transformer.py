"""FLUX.1's transformer in diffusers' class, from a file in Black Forest Labs' names or from a folder."""

from collections.abc import Mapping
from typing import Any

import torch

from ..flow.filled import Arrived, filled
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
    module, _, last = name.rpartition(".")
    found = native(module)
    if found is None:
        return Place(name)
    # Scales of q and k are `weight` in files that ComfyUI saved.
    key = f"{found.name}.{last}"
    if key not in shapes and f"{found.name}.scale" in shapes:
        key = f"{found.name}.scale"
    if len(found.members) == 1:
        return Place(key, is_turned=found.is_turned)
    number = found.members.index(module)
    # Only the way into the MLP, the last, is wider than the rest.
    end = shapes[key][0] if number == 3 and key in shapes else (number + 1) * width
    return Place(key, (number * width, end))
