"""CLIP's image encoder from a file in models/clip_vision, and pictures as it wants them."""

from collections.abc import Mapping, Sequence
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
from ..finite import is_finite
from ..kinds import ImageEncoder
from .open_clip_names import Shapes, Stored, shape_of, stored_names

_MEAN, _STD = (0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711)
_PATCHES, _PLACES = (
    "vision_model.embeddings.patch_embedding.weight",
    "vision_model.embeddings.position_embedding.weight",
)
_PROJECTION = "visual_projection.weight"
_WIDE = "vision_model.encoder.layers.0.mlp.fc1.weight"
_SIDES = {_PATCHES: 4, _PLACES: 2, _PROJECTION: 2, _WIDE: 2}
"""How many a weight has that tells the encoder's sizes."""


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
    """The encoder in a .safetensors file, alone or of a whole CLIP, in transformers' layout or OpenCLIP's.

    ModelError for a file that is none, and for one of another size than the `wanted`.
    """
    header = read_header(path)
    stored = stored_names(header.shapes)
    shapes = {name: shape_of(where, header.shapes) for name, where in stored.items()}
    if not _SIDES.keys() <= shapes.keys():
        what = named_kind(header) or "no image encoder of a CLIP"
        raise ModelError(f"{path.name} is {what}. Choose an image encoder's file, as model.safetensors of CLIP ViT-H.")
    if wrong := next(
        (name for name, sides in _SIDES.items() if len(shapes[name]) != sides or min(shapes[name]) < 1), ""
    ):
        raise _damaged(path, wrong)
    kind = _KINDS.get(shapes[_PATCHES][0])
    if kind is None or (wanted and kind.name != wanted):
        raise ModelError(
            f"{path.name} is {kind.name if kind else 'an image encoder of unknown size'} "
            f"({shapes[_PATCHES][0]} wide); {_asked(wanted)} is needed. Choose its file in models/clip_vision."
        )
    return ClipImages(_model(path, shapes, stored, kind), kind.name)


def _asked(wanted: str) -> str:
    return next(
        (f"{wanted} ({width} wide)" for width, kind in _KINDS.items() if kind.name == wanted),
        f"one of {', '.join(kind.name for kind in _KINDS.values())}",
    )


def _damaged(path: Path, name: str) -> ModelError:
    return ModelError(f"{path.name} is damaged: {name} is missing or of another size. Get the file again.")


def _model(path: Path, shapes: Shapes, stored: Mapping[str, Stored], kind: _Kind) -> Any:
    from safetensors import SafetensorError
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
    wanted = {name: tuple(weight.shape) for name, weight in model.named_parameters()}
    if wrong := sorted(name for name, shape in wanted.items() if shapes.get(name) != shape):
        raise _damaged(path, wrong[0])
    try:
        read = _read(path, {name: stored[name] for name in wanted})
    except SafetensorError as fault:
        raise ModelError(f"{path.name} is not a whole safetensors file: {fault}. Get the file again.") from fault
    model.load_state_dict(read, strict=False, assign=True)
    _place_ids(model)
    return model.requires_grad_(False).eval()


def _read(path: Path, wanted: Mapping[str, Stored]) -> dict[str, Tensor]:
    """ModelError for weights that are no numbers."""
    from safetensors import safe_open

    read = dict[str, Tensor]()
    with cast(Any, safe_open)(path, "pt") as file:
        for name, where in wanted.items():
            weight: Tensor = file.get_tensor(where.name)
            if not is_finite(weight):
                raise ModelError(
                    f"{path.name} is damaged: {where.name} holds values that are no numbers. Get it again."
                )
            weight = weight if where.third is None else weight.chunk(3)[where.third]
            read[name] = (weight.T if where.is_turned else weight).float().contiguous()
    return read


def _place_ids(model: Any) -> None:
    """The one buffer, which files do not hold."""
    embeddings = model.vision_model.embeddings
    embeddings.position_ids = torch.arange(embeddings.num_positions).expand(1, -1)
