"""Z-Image's transformer in diffusers' class, from a file in ComfyUI's names or from a folder."""

from collections.abc import Mapping
from typing import Any

import torch

from ..flow.filled import Arrived, filled
from ..flow.native import native_place
from ..flow.tensors import Place, StoredTensors
from .names import native
from .shapes import transformer_config


def make_transformer(config: Mapping[str, Any]) -> Any:
    """With the library's own random weights."""
    from diffusers.models.transformers.transformer_z_image import ZImageTransformer2DModel

    kind: Any = ZImageTransformer2DModel
    return kind(**config)


def load_transformer(stored: StoredTensors, dtype: torch.dtype, arrived: Arrived | None = None) -> Any:
    """Of a file in ComfyUI's names."""
    config = transformer_config(stored.shapes)

    def place(name: str) -> Place:
        module = name.rpartition(".")[0]
        return native_place(name, native(module) if module else None, int(config["dim"]), stored.shapes)

    return filled(lambda: make_transformer(config), stored, place, dtype, "transformer", arrived)
