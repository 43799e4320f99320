"""SigLIP's image encoder with its pooling head, from a file in models/clip_vision."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn
from torch.nn.functional import gelu

from ...errors import ModelError
from ..weight_file import WeightFile
from .filled import Shapes, filled, under

_ROOT, _HEAD = "vision_model.", "head."
_PATCHES, _PLACES = "embeddings.patch_embedding.weight", "embeddings.position_embedding.weight"
_HEAD_WIDTH = 72
_EPS = 1e-6
_STEP = 32
"""Pictures are of multiples of so many pixels: 384 for 27 patches of 14 a side."""


class SiglipHead(nn.Module):
    """What makes one vector of all patches (MultiheadAttentionPoolingHead of google-research/big_vision).

    ComfyUI's encoder has none, so that what it says of SigLIP's patches goes through this one.
    """

    def __init__(self, width: int, wide: int) -> None:
        super().__init__()
        self.probe = nn.Parameter(torch.empty(1, 1, width))
        self.attention = nn.MultiheadAttention(width, max(1, width // _HEAD_WIDTH), batch_first=True)
        self.layernorm = nn.LayerNorm(width, eps=_EPS)
        self.mlp = nn.ModuleDict({"fc1": nn.Linear(width, wide), "fc2": nn.Linear(wide, width)})

    def forward(self, patches: Tensor) -> Tensor:
        """(n, t, width) after the last norm -> (n, width)."""
        seen, _ = self.attention(self.probe.expand(len(patches), -1, -1), patches, patches)
        wide = gelu(self.mlp["fc1"](self.layernorm(seen)), approximate="tanh")
        return (seen + self.mlp["fc2"](wide))[:, 0]


class SiglipImages:
    """The encoder in fp32 on the CPU; made once for all references and then let go."""

    def __init__(self, model: Any, head: SiglipHead, size: int) -> None:
        self._model, self._head, self.size = model, head, size

    @torch.no_grad()
    def pooled(self, pictures: Sequence[Image.Image]) -> Tensor:
        """(n, width) of at least one picture, of any size; one at a time, so that memory does not grow with them."""
        pixels = (siglip_pixels(picture, self.size) for picture in pictures)
        return torch.cat([self._head(self._model(pixel_values=each[None]).last_hidden_state) for each in pixels])


def siglip_pixels(picture: Image.Image, size: int) -> Tensor:
    """(3, size, size), -1 to 1: squeezed to a square by bicubic, as its image processor has it."""
    square = picture.convert("RGB").resize((size, size), Image.Resampling.BICUBIC)
    return torch.tensor(np.asarray(square, dtype=np.float32) / 127.5 - 1).permute(2, 0, 1).contiguous()


def siglip_head(path: Path) -> SiglipHead:
    """The pooling head alone of an encoder's file; ModelError where it has none."""
    file = _opened(path)
    return filled(_head_of, under(file, _ROOT + _HEAD), path.name)


def open_siglip(path: Path) -> SiglipImages:
    """The encoder in a .safetensors file in the layout of SiglipVisionModel, or of a whole SigLIP with its text half.

    ModelError for a file that is none, and for one that was saved without the pooling head.
    """
    file = _opened(path)
    body = {name: file[_ROOT + name] for name in _names(file) if not name.startswith(_HEAD)}
    side = _side(file.shapes)
    return SiglipImages(_body(body, path.name), siglip_head(path), side)


def _opened(path: Path) -> WeightFile:
    file = WeightFile(path)
    if not {_ROOT + _PATCHES, _ROOT + _PLACES} <= file.shapes.keys() or _ROOT + "embeddings.class_embedding" in file:
        raise ModelError(
            f"{path.name} is no SigLIP, which InstantX' adapter looks at pictures through. Choose model.safetensors of "
            "google/siglip-so400m-patch14-384."
        )
    if _ROOT + _HEAD + "probe" not in file:
        raise ModelError(
            f"{path.name} was saved without SigLIP's pooling head, which InstantX' adapter reads. Choose "
            "model.safetensors of google/siglip-so400m-patch14-384."
        )
    return file


def _names(file: WeightFile) -> list[str]:
    return [name.removeprefix(_ROOT) for name in file if name.startswith(_ROOT)]


def _side(shapes: Shapes) -> int:
    """Of the pictures that it learned from, in pixels: a part of a patch may be left over at the edge."""
    patches = round(shapes[_ROOT + _PLACES][0] ** 0.5) * shapes[_ROOT + _PATCHES][-1]
    return -(-patches // _STEP) * _STEP


def _head_of(shapes: Shapes) -> SiglipHead:
    wide, width = shapes["mlp.fc1.weight"]
    return SiglipHead(width, wide)


def _body(tensors: Mapping[str, Tensor], where: str) -> Any:
    def make(shapes: Shapes) -> nn.Module:
        from transformers import SiglipVisionConfig, SiglipVisionModel

        width, _, _, patch = shapes[_PATCHES]
        sizes: dict[str, Any] = {
            "hidden_size": width,
            "intermediate_size": shapes["encoder.layers.0.mlp.fc1.weight"][0],
            "num_hidden_layers": sum(name.endswith(".mlp.fc1.weight") for name in shapes),
            "num_attention_heads": max(1, width // _HEAD_WIDTH),
            "image_size": round(shapes[_PLACES][0] ** 0.5) * patch,
            "patch_size": patch,
            "vision_use_head": False,
        }
        model: Any = SiglipVisionModel(SiglipVisionConfig(**sizes))
        # Until transformers 5 the model is inside another.
        return getattr(model, "vision_model", model)

    model = filled(make, tensors, where)
    embeddings: Any = model.get_submodule("embeddings")
    # The one buffer, which files do not hold.
    embeddings.position_ids = torch.arange(embeddings.num_positions).expand(1, -1)
    return model
