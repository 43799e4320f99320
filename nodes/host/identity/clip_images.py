"""Reference pictures through a CLIP_VISION of the host, as adapters read them."""

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from PIL import Image
from torch import Tensor

from ....trainer.errors import ModelError
from ....trainer.identity.kinds import AdapterKind, ImageEncoder
from ....trainer.identity.references import References
from ..images import to_image

_SIZES: dict[ImageEncoder, tuple[int, int, str]] = {
    "clip_vit_h": (1280, 1024, "CLIP ViT-H/14"),
    "clip_vit_bigg": (1664, 1280, "CLIP ViT-bigG/14"),
    "clip_vit_l": (1024, 768, "CLIP ViT-L/14"),
}
"""Widths of its hidden states and of what it projects them to."""


@torch.inference_mode()
def clip_references(clip_vision: Any, images: Tensor, kind: AdapterKind) -> References:
    """Of an IMAGE (n, h, w, 3): the middle of each picture, as large as fits.

    ModelError where the adapter was made on another encoder.
    """
    _refuse_other_encoder(clip_vision, kind)
    said = clip_vision.encode_image(images)
    side = clip_vision.image_size
    # Nothing is zeros after the normalisation, and what the host encodes it normalises; it is loaded by now.
    nothing = torch.zeros(1, 3, side, side, device=clip_vision.load_device)
    _, blank, *_ = clip_vision.model(pixel_values=nothing, intermediate_output=-2)
    return References(
        pooled=_kept(said["image_embeds"]), hidden=_kept(said["penultimate_hidden_states"]), blank=_kept(blank)
    )


def clip_seen(clip_vision: Any, pictures: Sequence[Image.Image], kind: AdapterKind) -> References:
    """Of pictures of any sizes, one at a time."""
    seen = [clip_references(clip_vision, to_image([picture]), kind) for picture in pictures]
    pooled = [each.pooled for each in seen if each.pooled is not None]
    hidden = [each.hidden for each in seen if each.hidden is not None]
    return References(pooled=torch.cat(pooled), hidden=torch.cat(hidden), blank=seen[0].blank)


def _kept(tensor: Tensor) -> Tensor:
    return tensor.to("cpu", torch.float32)


def _refuse_other_encoder(clip_vision: Any, kind: AdapterKind) -> None:
    if kind.images not in _SIZES:
        raise ModelError(f"{kind.title} does not read its pictures through a CLIP vision model: leave it unconnected.")
    hidden, projected, title = _SIZES[kind.images]
    weights = clip_vision.get_sd()
    sizes = (_count(weights, "vision_model.post_layernorm.weight"), _count(weights, "visual_projection.weight"))
    if sizes != (hidden, projected):
        known = {(wide, out): name for wide, out, name in _SIZES.values()}
        given = known.get(sizes, f"one of {sizes[0]} and {sizes[1]} channels" if all(sizes) else "another kind")
        raise ModelError(
            f"{kind.title} was made on {title} ({hidden} and {projected} channels), and this CLIP vision model is "
            f"{given}: load {title} instead."
        )


def _count(weights: Mapping[str, Tensor], name: str) -> int:
    """Of its outputs; 0 where the encoder has no such layer."""
    return int(weights[name].shape[0]) if name in weights else 0
