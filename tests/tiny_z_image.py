"""A random Z-Image small enough for a test: ComfyUI's files, written from their layout alone, and diffusers' folder."""

from pathlib import Path
from typing import Any

import torch

from tests.tiny_flux import LATENTS, LEVELS, VAE_WIDTH, Shapes, vae_shapes, write
from tests.tiny_qwen import WIDTH as WORD
from tests.tiny_qwen import qwen_settings, qwen_shapes, tiny_qwen_tokenizer, write_qwen_tokenizer

WIDTH, HEAD, LAYERS, REFINERS = 288, 96, 1, 1
"""The narrowest that both diffusers' and ComfyUI's feed-forward widths fit, and at least as wide as the modulation."""
MODULATION, TIME = 256, 1024
WORD_LAYERS = 4
"""Of its text encoder."""


def write_tiny_z_image(models: Path, *, root: str = "", name: str = "tiny-z-image", refiners: int = REFINERS) -> Path:
    """The transformer's file in a `models` folder as ComfyUI has it, with its companions beside it."""
    path = models / "diffusion_models" / f"{name}.safetensors"
    write(path, {f"{root}{key}": shape for key, shape in transformer_shapes(refiners).items()})
    write_companions(models)
    return path


def write_companions(models: Path) -> None:
    write(models / "text_encoders" / "qwen_3_4b.safetensors", qwen_shapes(layers=WORD_LAYERS))
    write(models / "vae" / "ae.safetensors", vae_shapes())


def write_z_image_home(home: Path) -> Path:
    """A ComfyUI of nothing but a tokenizer and these files."""
    write_tiny_z_image(write_qwen_tokenizer(home) / "models")
    return home


def transformer_shapes(
    refiners: int = REFINERS, width: int = WIDTH, head: int = HEAD, layers: int = LAYERS, word: int = WORD
) -> Shapes:
    """ComfyUI's names."""
    shapes = _layer("x_embedder", width, 4 * LATENTS) | _layer("cap_embedder.1", width, word)
    shapes |= {"cap_embedder.0.weight": (word,), "x_pad_token": (1, width), "cap_pad_token": (1, width)}
    shapes |= _layer("t_embedder.mlp.0", TIME, 256) | _layer("t_embedder.mlp.2", MODULATION, TIME)
    for block in (*(f"layers.{n}" for n in range(layers)), *(f"noise_refiner.{n}" for n in range(refiners))):
        shapes |= _block(block, width, head) | _layer(f"{block}.adaLN_modulation.0", 4 * width, MODULATION)
    for number in range(refiners):
        shapes |= _block(f"context_refiner.{number}", width, head)
    shapes |= _layer("final_layer.linear", 4 * LATENTS, width)
    return shapes | _layer("final_layer.adaLN_modulation.1", width, MODULATION)


def _block(name: str, width: int, head: int) -> Shapes:
    shapes: Shapes = {
        f"{name}.attention.qkv.weight": (3 * width, width),
        f"{name}.attention.out.weight": (width, width),
    }
    shapes |= {f"{name}.attention.{side}_norm.weight": (head,) for side in "qk"}
    wide = width * 8 // 3
    shapes |= {f"{name}.feed_forward.w{n}.weight": (width, wide) if n == 2 else (wide, width) for n in (1, 2, 3)}
    norms = ("attention_norm1", "attention_norm2", "ffn_norm1", "ffn_norm2")
    return shapes | {f"{name}.{norm}.weight": (width,) for norm in norms}


def _layer(name: str, *shape: int) -> Shapes:
    return {f"{name}.weight": shape, f"{name}.bias": shape[:1]}


def write_tiny_z_image_folder(folder: Path) -> Path:
    """A ZImagePipeline of diffusers with random weights."""
    from diffusers import AutoencoderKL, FlowMatchEulerDiscreteScheduler, ZImagePipeline, ZImageTransformer2DModel
    from transformers import Qwen3Config, Qwen3Model

    settings: Any = {**qwen_settings(), "num_hidden_layers": WORD_LAYERS}
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(1)
        pipeline = ZImagePipeline(
            scheduler=FlowMatchEulerDiscreteScheduler(shift=3.0),
            vae=AutoencoderKL(
                block_out_channels=(VAE_WIDTH,) * LEVELS,
                down_block_types=("DownEncoderBlock2D",) * LEVELS,
                up_block_types=("UpDecoderBlock2D",) * LEVELS,
                latent_channels=LATENTS,
                scaling_factor=0.3611,
                shift_factor=0.1159,
                use_quant_conv=False,
                use_post_quant_conv=False,
            ),
            text_encoder=Qwen3Model(Qwen3Config(**settings)),
            tokenizer=tiny_qwen_tokenizer(),
            transformer=ZImageTransformer2DModel(
                dim=WIDTH,
                n_layers=LAYERS,
                n_refiner_layers=REFINERS,
                n_heads=WIDTH // HEAD,
                n_kv_heads=WIDTH // HEAD,
                cap_feat_dim=WORD,
                axes_dims=[HEAD // 4, HEAD * 3 // 8, HEAD * 3 // 8],
            ),
        )
    pipeline.save_pretrained(folder)
    return folder
