"""CLIP's image encoder from a file in models/clip_vision, and pictures as it wants them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from ...errors import ModelError
from ...families.registry import named_kind
from ...storage.tensor_header import read_header
from ..kinds import ImageEncoder

_MEAN, _STD = (0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711)
_PATCHES, _PLACES = (
    "vision_model.embeddings.patch_embedding.weight",
    "vision_model.embeddings.position_embedding.weight",
)
_PROJECTION = "visual_projection.weight"
_WIDE = "vision_model.encoder.layers.0.mlp.fc1.weight"


@dataclass(frozen=True)
class _Kind:
    """What a file's shapes do not tell."""

    name: ImageEncoder
    heads: int
    activation: str


_KINDS: Mapping[int, _Kind] = {
    1024: _Kind("clip_vit_l", 16, "quick_gelu"),
    1280: _Kind("clip_vit_h", 16, "gelu"),
    1664: _Kind("clip_vit_bigg", 16, "gelu"),
}
"""By the width of the hidden states: OpenAI's ViT-L/14, LAION's ViT-H/14 and ViT-bigG/14."""


@dataclass(frozen=True, eq=False)
class ImageFeatures:
    """`pooled` (n, d) after the projection, `hidden` (n, t, width) before the last layer, and `blank` (1, t, width),
    the same of pixels that are 0 after normalisation: what adapters have learned to read as nothing."""

    pooled: Tensor
    hidden: Tensor
    blank: Tensor


class ClipImages:
    """The encoder in fp32 on the CPU; made once for all references and then let go."""

    def __init__(self, model: Any, kind: ImageEncoder) -> None:
        self._model = model
        self.kind: ImageEncoder = kind
        self.size = int(model.config.image_size)

    def features(self, pictures: Sequence[Image.Image]) -> ImageFeatures:
        """Of at least one picture, of any size; one at a time, so that memory does not grow with their number."""
        pixels = [clip_pixels(picture, self.size) for picture in pictures]
        seen = [self._seen(each.unsqueeze(0)) for each in pixels]
        _, blank = self._seen(torch.zeros_like(pixels[0]).unsqueeze(0))
        return ImageFeatures(
            torch.cat([pooled for pooled, _ in seen]), torch.cat([hidden for _, hidden in seen]), blank
        )

    def _seen(self, pixels: Tensor) -> tuple[Tensor, Tensor]:
        with torch.no_grad():
            out = self._model(pixels, output_hidden_states=True)
        return out.image_embeds, out.hidden_states[-2]


def clip_pixels(picture: Image.Image, size: int = 224) -> Tensor:
    """(3, size, size), normalised: the shorter side made `size` by bicubic, then the middle cut out."""
    picture = picture.convert("RGB")
    short = min(picture.size)
    width, height = (size if side == short else size * side // short for side in picture.size)
    resized = picture.resize((width, height), Image.Resampling.BICUBIC)
    left, top = (width - size) // 2, (height - size) // 2
    values = np.asarray(resized.crop((left, top, left + size, top + size)), dtype=np.float32) / 255
    pixels = torch.tensor(values).permute(2, 0, 1)
    return ((pixels - torch.tensor(_MEAN).view(3, 1, 1)) / torch.tensor(_STD).view(3, 1, 1)).contiguous()


def open_clip_images(path: Path, wanted: ImageEncoder = "") -> ClipImages:
    """The encoder in a .safetensors file, in the layout of CLIPVisionModelWithProjection or of a whole CLIP.

    ModelError for a file that is none, and for one of another size than the `wanted`.
    """
    shapes = read_header(path).shapes
    if not {_PATCHES, _PLACES, _PROJECTION, _WIDE} <= shapes.keys():
        what = named_kind(read_header(path)) or "no CLIP image encoder in the layout of transformers"
        raise ModelError(f"{path.name} is {what}. Choose an image encoder's file, as model.safetensors of CLIP ViT-H.")
    kind = _KINDS.get(shapes[_PATCHES][0])
    if kind is None or (wanted and kind.name != wanted):
        raise ModelError(
            f"{path.name} is {kind.name if kind else 'an image encoder of unknown size'} "
            f"({shapes[_PATCHES][0]} wide); {_asked(wanted)} is needed. Choose its file in models/clip_vision."
        )
    return ClipImages(_model(path, shapes, kind), kind.name)


def _asked(wanted: str) -> str:
    return next(
        (f"{wanted} ({width} wide)" for width, kind in _KINDS.items() if kind.name == wanted),
        f"one of {', '.join(kind.name for kind in _KINDS.values())}",
    )


def _model(path: Path, shapes: Mapping[str, tuple[int, ...]], kind: _Kind) -> Any:
    from transformers import CLIPVisionConfig, CLIPVisionModelWithProjection

    width, _, patch, _ = shapes[_PATCHES]
    config = CLIPVisionConfig(
        hidden_size=width,
        intermediate_size=shapes[_WIDE][0],
        num_hidden_layers=sum(name.endswith(".mlp.fc1.weight") and name.startswith("vision_") for name in shapes),
        num_attention_heads=kind.heads,
        image_size=round((shapes[_PLACES][0] - 1) ** 0.5) * patch,
        patch_size=patch,
        projection_dim=shapes[_PROJECTION][0],
        hidden_act=kind.activation,
    )
    with torch.device("meta"):
        model: Any = CLIPVisionModelWithProjection(config)
    wanted = {name for name, _ in model.named_parameters()}
    if missing := sorted(wanted - shapes.keys()):
        raise ModelError(f"{path.name} is damaged: {missing[0]} is missing. Get the file again.")
    model.load_state_dict(_read(path, wanted), strict=False, assign=True)
    _place_ids(model)
    return model.requires_grad_(False).eval()


def _read(path: Path, wanted: Iterable[str]) -> dict[str, Tensor]:
    from safetensors import safe_open

    with cast(Any, safe_open)(path, "pt") as file:
        return {name: file.get_tensor(name).float() for name in wanted}


def _place_ids(model: Any) -> None:
    """The one buffer, which files do not hold."""
    embeddings = model.vision_model.embeddings
    embeddings.position_ids = torch.arange(embeddings.num_positions).expand(1, -1)
