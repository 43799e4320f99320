"""An SDXL checkpoint of real sizes with random weights: what training it costs is what training SDXL costs."""

import json
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from ...families.sd.layout import SDXL_LAYOUT, UNET, VAE
from ...families.sd.ldm_names import open_clip_name, unet_name
from .ldm_vae import vae_name

UNET_SIZES: dict[str, Any] = {
    "sample_size": 128,
    "block_out_channels": [320, 640, 1280],
    "down_block_types": ["DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"],
    "up_block_types": ["CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"],
    "layers_per_block": 2,
    "transformer_layers_per_block": [1, 2, 10],
    "attention_head_dim": [5, 10, 20],
    "cross_attention_dim": 2048,
    "use_linear_projection": True,
    "addition_embed_type": "text_time",
    "addition_time_embed_dim": 256,
    "projection_class_embeddings_input_dim": 2816,
}
VAE_SIZES: dict[str, Any] = {
    "block_out_channels": [128, 256, 512, 512],
    "down_block_types": ["DownEncoderBlock2D"] * 4,
    "up_block_types": ["UpDecoderBlock2D"] * 4,
    "layers_per_block": 2,
    "latent_channels": 4,
}
CLIP_L_SIZES = {"hidden_size": 768, "intermediate_size": 3072, "num_hidden_layers": 12, "num_attention_heads": 12}
OPEN_CLIP_SIZES = {"hidden_size": 1280, "intermediate_size": 5120, "num_hidden_layers": 32, "num_attention_heads": 20}
_ROWS = 49_408
_WEIGHT = 0.02
"""Standard deviation of the UNet's weights: zeros would be multiplied faster than numbers."""


@dataclass(frozen=True, kw_only=True)
class Sizes:
    """Settings of the parts in diffusers' and transformers' words; the second encoder says `pooled` numbers."""

    unet: Mapping[str, Any]
    vae: Mapping[str, Any]
    clip_l: Mapping[str, int]
    open_clip: Mapping[str, int]
    pooled: int = 1280


REAL = Sizes(unet=UNET_SIZES, vae=VAE_SIZES, clip_l=CLIP_L_SIZES, open_clip=OPEN_CLIP_SIZES)
MID = Sizes(
    unet={
        **UNET_SIZES,
        "block_out_channels": [320, 640],
        "down_block_types": UNET_SIZES["down_block_types"][:2],
        "up_block_types": UNET_SIZES["up_block_types"][1:],
        "transformer_layers_per_block": [1, 2],
        "attention_head_dim": [5, 10],
    },
    vae={**VAE_SIZES, "block_out_channels": [32, 64, 64, 64]},
    clip_l={**CLIP_L_SIZES, "num_hidden_layers": 3},
    open_clip={**OPEN_CLIP_SIZES, "num_hidden_layers": 3},
)
"""SDXL's UNet without its lowest level, 220 million weights, under text encoders of few layers."""


def write_random_sdxl(path: Path, seed: int = 0, sizes: Sizes = REAL) -> Path:
    """Write the file (about 7 GB in fp16 of real sizes) a tensor at a time; its name appears when it is whole."""
    shapes = dict(_shapes(sizes))
    header: dict[str, Any] = {}
    offset = 0
    for name, shape in shapes.items():
        end = offset + 2 * torch.Size(shape).numel()
        header[name] = {"dtype": "F16", "shape": list(shape), "data_offsets": [offset, end]}
        offset = end
    text = json.dumps(header).encode()
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".part")
    source = torch.Generator().manual_seed(seed)
    with draft.open("wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for name, shape in shapes.items():
            file.write(_drawn(name, shape, source).half().numpy().tobytes())
    draft.replace(path)
    return path


def _drawn(name: str, shape: tuple[int, ...], source: torch.Generator) -> Tensor:
    """Weights of the UNet around 0, of the rest such that they keep a signal's size; gains of 1, no bias."""
    if len(shape) > 1 and name.startswith(UNET):
        return torch.randn(shape, generator=source) * _WEIGHT
    if len(shape) == 1:
        return torch.ones(shape) if name.endswith("weight") else torch.zeros(shape)
    return torch.randn(shape, generator=source) * torch.Size(shape[1:]).numel() ** -0.5


def _shapes(sizes: Sizes) -> Iterator[tuple[str, tuple[int, ...]]]:
    """Names and shapes of the whole file, from models made without weights."""
    from accelerate import init_empty_weights  # pyright: ignore[reportMissingTypeStubs]
    from diffusers.models.autoencoders.autoencoder_kl import AutoencoderKL
    from diffusers.models.unets.unet_2d_condition import UNet2DConditionModel
    from transformers import CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection

    unet_kind: Any = UNet2DConditionModel
    vae_kind: Any = AutoencoderKL
    config: Any = CLIPTextConfig
    first_kind: Any = CLIPTextModel
    second_kind: Any = CLIPTextModelWithProjection
    with init_empty_weights():
        unet, vae = unet_kind(**sizes.unet), vae_kind(**sizes.vae)
        first = first_kind(config(**sizes.clip_l, vocab_size=_ROWS, projection_dim=768))
        second = second_kind(config(**sizes.open_clip, vocab_size=_ROWS, projection_dim=sizes.pooled))
    attends = ["CrossAttn" in kind for kind in sizes.unet["up_block_types"]]
    for name, tensor in unet.state_dict().items():
        yield UNET + unet_name(name, 2, lambda level: attends[level]), tuple(tensor.shape)
    for name, tensor in vae.state_dict().items():
        yield VAE + vae_name(name, 4), tuple(tensor.shape)
    for name, tensor in first.state_dict().items():
        yield SDXL_LAYOUT.clip_l[0] + name.removeprefix("text_model."), tuple(tensor.shape)
    yield from _open_clip(second)


def _open_clip(model: Any) -> Iterator[tuple[str, tuple[int, ...]]]:
    """Joined q, k and v once, thrice as long."""
    for name, tensor in model.state_dict().items():
        theirs, third = open_clip_name(name.removeprefix("text_model."))
        if third is None:
            yield f"{SDXL_LAYOUT.open_clip}{theirs}", tuple(tensor.shape)
        elif third == 0:
            yield f"{SDXL_LAYOUT.open_clip}{theirs}", (3 * tensor.shape[0], *tensor.shape[1:])
