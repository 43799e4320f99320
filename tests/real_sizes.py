"""Bases in their real sizes whose weights take no room: headers in files with holes, and configs."""

import json
from math import prod
from pathlib import Path
from typing import Any

import torch

from tests import tiny_flux, tiny_flux2, tiny_z_image
from tests.tiny_flux import Shapes
from trainer.families.base import FOLDER, Base
from trainer.families.sd.describe import SCHEDULER
from trainer.families.sd.parts import SCHEDULE

_CLIP_L, _CLIP_G = (768, 12, 49408), (1280, 32, 49408)
_VAE = (128, 256, 512, 512)
UNET_SDXL: dict[str, Any] = {
    "sample_size": 128,
    "block_out_channels": (320, 640, 1280),
    "down_block_types": ("DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"),
    "up_block_types": ("CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"),
    "transformer_layers_per_block": (1, 2, 10),
    "attention_head_dim": (5, 10, 20),
    "cross_attention_dim": 2048,
    "use_linear_projection": True,
    "addition_embed_type": "text_time",
    "addition_time_embed_dim": 256,
    "projection_class_embeddings_input_dim": 2816,
}
UNET_SD15: dict[str, Any] = {"sample_size": 64, "cross_attention_dim": 768, "attention_head_dim": 8}


def write_with_holes(path: Path, shapes: Shapes, filled: str = "none") -> Path:
    """A whole safetensors file in fp8 whose tensors, but those that begin with `filled`, take no room on the disk."""
    entries, end = {}, 0
    for name, shape in shapes.items():
        entries[name] = {"dtype": "F8_E4M3", "shape": shape, "data_offsets": (end, end + prod(shape))}
        end += prod(shape)
    header = json.dumps(entries).encode()
    path.parent.mkdir(parents=True, exist_ok=True)
    source = torch.Generator().manual_seed(0)
    with path.open("wb") as file:
        file.write(len(header).to_bytes(8, "little") + header)
        file.truncate(8 + len(header) + end)
        for name, shape in shapes.items():
            if name.startswith(filled) or (len(shape) == 1 and filled != "none"):
                file.seek(8 + len(header) + entries[name]["data_offsets"][0])
                drawn = torch.randn(prod(shape), generator=source) * 0.02
                file.write(drawn.to(torch.float8_e4m3fn).view(torch.uint8).numpy().tobytes())
    return path


def real_base(kind: str, folder: Path) -> Base:
    """`sd15`, `sdxl`, `flux1`, `z_image`, `klein_4b` or `klein_9b`, for plans alone."""
    if kind in ("sd15", "sdxl"):
        return _stable_diffusion(kind, folder)
    transformer, text, vae = {
        "flux1": (flux_shapes, {"t5": t5_shapes(), "clip_l": _clip(*_CLIP_L)}, vae_shapes(16)),
        "z_image": (_z_image, {"qwen": qwen_shapes(2560, 9728)}, vae_shapes(16)),
        "klein_4b": (_klein_4b, {"qwen": qwen_shapes(2560, 9728)}, _klein_vae()),
        "klein_9b": (_klein_9b, {"qwen": qwen_shapes(4096, 12288)}, _klein_vae()),
    }[kind]
    parts = {"transformer": transformer(), **text, "vae": vae}
    files = {name: write_with_holes(folder / kind / f"{name}.safetensors", shapes) for name, shapes in parts.items()}
    return Base(family="flux2_klein" if "klein" in kind else kind, name=kind, sha256="", files=files)


def _stable_diffusion(kind: str, folder: Path) -> Base:
    home = folder / kind
    encoders = (_CLIP_L, _CLIP_G) if kind == "sdxl" else (_CLIP_L,)
    for number, sizes in enumerate(encoders):
        name = "text_encoder" if not number else "text_encoder_2"
        write_with_holes(home / name / "model.safetensors", _clip(*sizes))
    vae: dict[str, Any] = {
        "block_out_channels": _VAE,
        "down_block_types": ["DownEncoderBlock2D"] * 4,
        "up_block_types": ["UpDecoderBlock2D"] * 4,
        "layers_per_block": 2,
        "latent_channels": 4,
    }
    unet = UNET_SDXL if kind == "sdxl" else UNET_SD15
    configs = {"unet/config.json": unet, "vae/config.json": vae, SCHEDULER: dict(SCHEDULE)}
    for name, config in configs.items():
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        (home / name).write_text(json.dumps(config), encoding="utf-8")
    return Base(family=kind, name=kind, sha256="", files={FOLDER: home})


def flux_shapes() -> Shapes:
    shapes = tiny_flux.transformer_shapes(True, width=3072, double=19, single=38)
    return {**shapes, "txt_in.weight": (3072, 4096), "vector_in.in_layer.weight": (3072, 768)}


def t5_shapes() -> Shapes:
    shapes: Shapes = {"shared.weight": (32128, 4096), "encoder.final_layer_norm.weight": (4096,)}
    for number in range(24):
        layer = f"encoder.block.{number}.layer"
        shapes |= {f"{layer}.0.SelfAttention.{name}.weight": (4096, 4096) for name in "qkvo"}
        shapes |= {f"{layer}.1.DenseReluDense.{name}.weight": (10240, 4096) for name in ("wi_0", "wi_1")}
        shapes[f"{layer}.1.DenseReluDense.wo.weight"] = (4096, 10240)
    return shapes | {"encoder.block.0.layer.0.SelfAttention.relative_attention_bias.weight": (32, 64)}


def qwen_shapes(width: int, wide: int) -> Shapes:
    """Qwen3's 36 layers with 32 heads of 128, of which 8 have keys."""
    shapes: Shapes = {"model.embed_tokens.weight": (151936, width), "model.norm.weight": (width,)}
    for number in range(36):
        layer = f"model.layers.{number}"
        for name, heads in (("q", 32), ("k", 8), ("v", 8)):
            shapes[f"{layer}.self_attn.{name}_proj.weight"] = (heads * 128, width)
        shapes[f"{layer}.self_attn.o_proj.weight"] = (width, 32 * 128)
        shapes |= {f"{layer}.self_attn.{name}_norm.weight": (128,) for name in "qk"}
        shapes |= {f"{layer}.mlp.{name}_proj.weight": (wide, width) for name in ("gate", "up")}
        shapes[f"{layer}.mlp.down_proj.weight"] = (width, wide)
    return shapes


def vae_shapes(latents: int) -> Shapes:
    """Of those tensors alone that tell sizes."""
    shapes: Shapes = {"decoder.conv_in.weight": (512, latents, 3, 3)}
    for level, wide in enumerate(_VAE):
        shapes |= {f"encoder.down.{level}.block.{block}.conv1.weight": (wide, wide, 3, 3) for block in range(2)}
        shapes[f"decoder.up.{level}.block.0.conv1.weight"] = (wide, wide, 3, 3)
    return shapes


def _klein_vae() -> Shapes:
    return vae_shapes(32) | {
        "encoder.quant_conv.weight": (64, 64, 1, 1),
        "decoder.post_quant_conv.weight": (32, 32, 1, 1),
        "bn.running_mean": (128,),
    }


def _z_image() -> Shapes:
    return tiny_z_image.transformer_shapes(2, width=3840, head=128, layers=30, word=2560)


def _klein_4b() -> Shapes:
    return tiny_flux2.transformer_shapes(3072, 5, 20, 7680)


def _klein_9b() -> Shapes:
    return tiny_flux2.transformer_shapes(4096, 8, 24, 12288)


def _clip(width: int, layers: int, words: int) -> Shapes:
    shapes: Shapes = {"text_model.embeddings.token_embedding.weight": (words, width)}
    for number in range(layers):
        layer = f"text_model.encoder.layers.{number}"
        shapes |= {f"{layer}.self_attn.{name}_proj.weight": (width, width) for name in ("q", "k", "v", "out")}
        shapes |= {f"{layer}.mlp.fc1.weight": (4 * width, width), f"{layer}.mlp.fc2.weight": (width, 4 * width)}
    return shapes
