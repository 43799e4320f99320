"""A random FLUX.2 klein small enough for a test: ComfyUI's files, by their layout alone, and diffusers' folder."""

from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file

from tests.tiny_flux import LEVELS, VAE_WIDTH, Shapes, weights, write
from tests.tiny_flux import vae_shapes as vae_shapes_of
from tests.tiny_qwen import WIDTH as WORD
from tests.tiny_qwen import qwen_settings, qwen_shapes, tiny_qwen_tokenizer, write_qwen_tokenizer

WIDTH, HEAD = 128, 128
DOUBLE, SINGLE = 1, 2
LATENTS, CHANNELS = 32, 128
CONTEXT = 3 * WORD


def write_tiny_klein(models: Path, *, name: str = "tiny-klein-base") -> Path:
    """The transformer's file in a `models` folder as ComfyUI has it, with its companions beside it."""
    path = write(models / "diffusion_models" / f"{name}.safetensors", transformer_shapes())
    write(models / "text_encoders" / "qwen_3_4b.safetensors", qwen_shapes())
    write_vae(models / "vae" / "flux2-vae.safetensors")
    return path


def write_klein_home(home: Path) -> Path:
    """A ComfyUI of nothing but a tokenizer and these files."""
    write_tiny_klein(write_qwen_tokenizer(home) / "models")
    return home


def write_vae(path: Path) -> Path:
    tensors = weights(vae_shapes())
    tensors["bn.running_mean"] = torch.linspace(-1, 1, CHANNELS)
    tensors["bn.running_var"] = torch.linspace(0.5, 2, CHANNELS)
    tensors["bn.num_batches_tracked"] = torch.tensor(7)
    path.parent.mkdir(parents=True, exist_ok=True)
    save_file(tensors, path)
    return path


def vae_shapes() -> Shapes:
    """Black Forest Labs' names: FLUX.1's autoencoder with twice the channels and the two 1 × 1 convolutions inside."""
    shapes = vae_shapes_of(LATENTS)
    shapes |= _biased("encoder.quant_conv", 2 * LATENTS, 2 * LATENTS, 1, 1)
    return shapes | _biased("decoder.post_quant_conv", LATENTS, LATENTS, 1, 1)


def transformer_shapes(
    width: int = WIDTH,
    double: int = DOUBLE,
    single: int = SINGLE,
    context: int = CONTEXT,
    *,
    has_guidance: bool = False,
) -> Shapes:
    """Black Forest Labs' names; nothing has a bias."""
    shapes: Shapes = {"img_in.weight": (width, CHANNELS), "txt_in.weight": (width, context)}
    for name in ("time_in", *(["guidance_in"] if has_guidance else [])):
        shapes |= {f"{name}.in_layer.weight": (width, 256), f"{name}.out_layer.weight": (width, width)}
    for name, parts in (("double_stream_modulation_img", 6), ("double_stream_modulation_txt", 6)):
        shapes[f"{name}.lin.weight"] = (parts * width, width)
    shapes["single_stream_modulation.lin.weight"] = (3 * width, width)
    for block in (f"double_blocks.{n}.{side}" for n in range(double) for side in ("img", "txt")):
        shapes |= {f"{block}_attn.qkv.weight": (3 * width, width), f"{block}_attn.proj.weight": (width, width)}
        shapes |= {f"{block}_attn.norm.{side}_norm.scale": (HEAD,) for side in ("query", "key")}
        shapes |= {f"{block}_mlp.0.weight": (6 * width, width), f"{block}_mlp.2.weight": (width, 3 * width)}
    for block in (f"single_blocks.{n}" for n in range(single)):
        shapes |= {f"{block}.linear1.weight": (9 * width, width), f"{block}.linear2.weight": (width, 4 * width)}
        shapes |= {f"{block}.norm.{side}_norm.scale": (HEAD,) for side in ("query", "key")}
    shapes["final_layer.linear.weight"] = (CHANNELS, width)
    return shapes | {"final_layer.adaLN_modulation.1.weight": (2 * width, width)}


def _biased(name: str, *shape: int) -> Shapes:
    return {f"{name}.weight": shape, f"{name}.bias": shape[:1]}


def write_tiny_klein_folder(folder: Path, *, is_distilled: bool = False) -> Path:
    """A Flux2KleinPipeline of diffusers with random weights."""
    from diffusers import (
        AutoencoderKLFlux2,
        FlowMatchEulerDiscreteScheduler,
        Flux2KleinPipeline,
        Flux2Transformer2DModel,
    )
    from transformers import Qwen3Config, Qwen3ForCausalLM

    settings: Any = qwen_settings()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(1)
        vae = AutoencoderKLFlux2(block_out_channels=(VAE_WIDTH,) * LEVELS, layers_per_block=1)
        vae.bn.running_mean = torch.linspace(-1, 1, CHANNELS)
        vae.bn.running_var = torch.linspace(0.5, 2, CHANNELS)
        pipeline = Flux2KleinPipeline(
            scheduler=FlowMatchEulerDiscreteScheduler(use_dynamic_shifting=True),
            vae=vae,
            text_encoder=Qwen3ForCausalLM(Qwen3Config(**settings)),
            tokenizer=tiny_qwen_tokenizer(),
            transformer=Flux2Transformer2DModel(
                num_layers=DOUBLE,
                num_single_layers=SINGLE,
                num_attention_heads=WIDTH // HEAD,
                joint_attention_dim=CONTEXT,
                guidance_embeds=False,
            ),
            is_distilled=is_distilled,
        )
    pipeline.save_pretrained(folder)
    return folder
