"""A random FLUX.1 small enough for a test: ComfyUI's files, written from their layout alone, and diffusers' folder."""

from functools import cache
from math import prod
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file

from trainer.demo.build.tokenizer import build_tokenizer

WIDTH, HEAD = 128, 128
DOUBLE, SINGLE = 1, 2
T5_WIDTH, T5_LAYERS, T5_HEADS = 32, 2, 2
CLIP_WIDTH, CLIP_LAYERS = 64, 12
VAE_WIDTH, LATENTS = 32, 16
LEVELS = 4

Shapes = dict[str, tuple[int, ...]]


def write_tiny_flux(
    models: Path,
    *,
    has_guidance: bool = True,
    dtype: torch.dtype = torch.float32,
    root: str = "",
    name: str = "tiny-flux",
    seed: int = 5,
) -> Path:
    """The transformer's file in a `models` folder as ComfyUI has it, with its companions beside it."""
    transformer = {f"{root}{key}": shape for key, shape in transformer_shapes(has_guidance).items()}
    write(models / "diffusion_models" / f"{name}.safetensors", transformer, dtype, seed)
    write(models / "text_encoders" / "clip_l.safetensors", clip_shapes())
    write(models / "text_encoders" / "t5xxl_fp16.safetensors", t5_shapes())
    write(models / "vae" / "ae.safetensors", vae_shapes())
    return models / "diffusion_models" / f"{name}.safetensors"


def write_whole_flux(path: Path) -> Path:
    """Everything in one checkpoint."""
    parts = {
        "model.diffusion_model.": transformer_shapes(True),
        "text_encoders.clip_l.transformer.": clip_shapes(),
        "text_encoders.t5xxl.transformer.": t5_shapes(),
        "vae.": vae_shapes(),
    }
    tensors = {root + name: each for root, part in parts.items() for name, each in weights(part).items()}
    path.parent.mkdir(parents=True, exist_ok=True)
    save_file(tensors, path)
    return path


def write_tiny_flux_folder(folder: Path, *, has_guidance: bool = True) -> Path:
    """A FluxPipeline of diffusers with random weights."""
    from diffusers import AutoencoderKL, FlowMatchEulerDiscreteScheduler, FluxPipeline, FluxTransformer2DModel
    from transformers import CLIPTextConfig, CLIPTextModel, T5Config, T5EncoderModel

    words = build_tokenizer()
    ids: Any = {name: getattr(words, name) for name in ("bos_token_id", "eos_token_id", "pad_token_id")}
    clip: Any = {"hidden_size": CLIP_WIDTH, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 1}
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(1)
        pipeline = FluxPipeline(
            scheduler=FlowMatchEulerDiscreteScheduler(use_dynamic_shifting=True),
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
            text_encoder=CLIPTextModel(CLIPTextConfig(vocab_size=len(words), projection_dim=64, **ids, **clip)),
            tokenizer=words,
            text_encoder_2=T5EncoderModel(
                T5Config(
                    vocab_size=t5_rows(),
                    d_model=T5_WIDTH,
                    d_kv=16,
                    d_ff=64,
                    num_layers=T5_LAYERS,
                    num_heads=T5_HEADS,
                    feed_forward_proj="gated-gelu",
                )
            ),
            tokenizer_2=tiny_t5_tokenizer(),
            transformer=FluxTransformer2DModel(
                in_channels=4 * LATENTS,
                num_layers=DOUBLE,
                num_single_layers=SINGLE,
                attention_head_dim=HEAD,
                num_attention_heads=WIDTH // HEAD,
                joint_attention_dim=T5_WIDTH,
                pooled_projection_dim=CLIP_WIDTH,
                guidance_embeds=has_guidance,
            ),
        )
    pipeline.save_pretrained(folder)
    return folder


def write_tokenizers(home: Path) -> Path:
    """A ComfyUI of nothing but tokenizers, small enough for the tiny encoders."""
    build_tokenizer().save_pretrained(home / "comfy" / "sd1_tokenizer")
    tiny_t5_tokenizer().save_pretrained(home / "comfy" / "text_encoders" / "t5_tokenizer")
    return home


@cache
def tiny_t5_tokenizer() -> Any:
    """Letters, punctuation and a word boundary."""
    import transformers
    from tokenizers import Tokenizer, models, pre_tokenizers

    tokens = ["<pad>", "</s>", "<unk>", "▁", *map(chr, range(33, 127))]
    model: Any = models.Unigram([(token, -float(number)) for number, token in enumerate(tokens)], unk_id=2)
    tokenizer = Tokenizer(model)
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    library: Any = transformers
    return library.T5TokenizerFast(tokenizer_object=tokenizer, extra_ids=0)


def t5_rows() -> int:
    return len(tiny_t5_tokenizer())


def write(path: Path, shapes: Shapes, dtype: torch.dtype = torch.float32, seed: int = 5) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    save_file({name: tensor.to(dtype) for name, tensor in weights(shapes, seed).items()}, path)
    return path


def weights(shapes: Shapes, seed: int = 5) -> dict[str, torch.Tensor]:
    """Random ones that keep activations near 1."""
    source = torch.Generator().manual_seed(seed)
    return {name: _drawn(name, shape, source) for name, shape in shapes.items()}


def _drawn(name: str, shape: tuple[int, ...], source: torch.Generator) -> torch.Tensor:
    noise = torch.randn(shape, generator=source)
    is_norm = len(shape) == 1 and not name.endswith("bias")
    return 1 + 0.1 * noise if is_norm else noise * (prod(shape[1:]) ** -0.5 if len(shape) > 1 else 0.02)


def transformer_shapes(has_guidance: bool, width: int = WIDTH, double: int = DOUBLE, single: int = SINGLE) -> Shapes:
    """Black Forest Labs' names."""
    shapes = _layer("img_in", width, 4 * LATENTS) | _layer("txt_in", width, T5_WIDTH)
    for name, wide in (("time_in", 256), ("vector_in", CLIP_WIDTH), *([("guidance_in", 256)] if has_guidance else [])):
        shapes |= _layer(f"{name}.in_layer", width, wide) | _layer(f"{name}.out_layer", width, width)
    for number in range(double):
        for side in ("img", "txt"):
            block = f"double_blocks.{number}.{side}"
            shapes |= _layer(f"{block}_mod.lin", 6 * width, width) | _layer(f"{block}_attn.qkv", 3 * width, width)
            shapes |= _layer(f"{block}_attn.proj", width, width) | _norms(f"{block}_attn.norm")
            shapes |= _layer(f"{block}_mlp.0", 4 * width, width) | _layer(f"{block}_mlp.2", width, 4 * width)
    for number in range(single):
        block = f"single_blocks.{number}"
        shapes |= _layer(f"{block}.linear1", 7 * width, width) | _layer(f"{block}.linear2", width, 5 * width)
        shapes |= _layer(f"{block}.modulation.lin", 3 * width, width) | _norms(f"{block}.norm")
    shapes |= _layer("final_layer.linear", 4 * LATENTS, width)
    return shapes | _layer("final_layer.adaLN_modulation.1", 2 * width, width)


def clip_shapes(rows: int = 0) -> Shapes:
    """transformers' names, as clip_l.safetensors has them."""
    root, rows = "text_model.", rows or len(build_tokenizer())
    shapes: Shapes = {
        f"{root}embeddings.token_embedding.weight": (rows, CLIP_WIDTH),
        f"{root}embeddings.position_embedding.weight": (77, CLIP_WIDTH),
    }
    for number in range(CLIP_LAYERS):
        layer = f"{root}encoder.layers.{number}"
        for name in ("q_proj", "k_proj", "v_proj", "out_proj"):
            shapes |= _layer(f"{layer}.self_attn.{name}", CLIP_WIDTH, CLIP_WIDTH)
        shapes |= _layer(f"{layer}.mlp.fc1", 64, CLIP_WIDTH) | _layer(f"{layer}.mlp.fc2", CLIP_WIDTH, 64)
        shapes |= _layer(f"{layer}.layer_norm1", CLIP_WIDTH) | _layer(f"{layer}.layer_norm2", CLIP_WIDTH)
    return shapes | _layer(f"{root}final_layer_norm", CLIP_WIDTH)


def t5_shapes(width: int = T5_WIDTH, rows: int = 0) -> Shapes:
    """transformers' names, as t5xxl_fp16.safetensors has them."""
    shapes: Shapes = {"shared.weight": (rows or t5_rows(), width), "encoder.final_layer_norm.weight": (width,)}
    inner = 16 * T5_HEADS
    for number in range(T5_LAYERS):
        layer = f"encoder.block.{number}.layer"
        for name in ("q", "k", "v"):
            shapes[f"{layer}.0.SelfAttention.{name}.weight"] = (inner, width)
        shapes[f"{layer}.0.SelfAttention.o.weight"] = (width, inner)
        for name in ("wi_0", "wi_1"):
            shapes[f"{layer}.1.DenseReluDense.{name}.weight"] = (64, width)
        shapes[f"{layer}.1.DenseReluDense.wo.weight"] = (width, 64)
        shapes |= {f"{layer}.{part}.layer_norm.weight": (width,) for part in range(2)}
    shapes["encoder.block.0.layer.0.SelfAttention.relative_attention_bias.weight"] = (32, T5_HEADS)
    return shapes


def vae_shapes() -> Shapes:
    """Black Forest Labs' names of an autoencoder with one residual block a level."""
    wide = VAE_WIDTH
    shapes = _layer("encoder.conv_in", wide, 3, 3, 3) | _layer("encoder.conv_out", 2 * LATENTS, wide, 3, 3)
    shapes |= _layer("decoder.conv_in", wide, LATENTS, 3, 3) | _layer("decoder.conv_out", 3, wide, 3, 3)
    for side in ("encoder", "decoder"):
        shapes |= _layer(f"{side}.norm_out", wide) | _layer(f"{side}.mid.attn_1.norm", wide)
        for name in ("q", "k", "v", "proj_out"):
            shapes |= _layer(f"{side}.mid.attn_1.{name}", wide, wide, 1, 1)
        for number in (1, 2):
            shapes |= _resnet(f"{side}.mid.block_{number}")
    for level in range(LEVELS):
        shapes |= _resnet(f"encoder.down.{level}.block.0")
        for number in range(2):
            shapes |= _resnet(f"decoder.up.{level}.block.{number}")
        if level < LEVELS - 1:
            shapes |= _layer(f"encoder.down.{level}.downsample.conv", wide, wide, 3, 3)
        if level:
            shapes |= _layer(f"decoder.up.{level}.upsample.conv", wide, wide, 3, 3)
    return shapes


def _resnet(name: str) -> Shapes:
    wide = VAE_WIDTH
    shapes = _layer(f"{name}.norm1", wide) | _layer(f"{name}.norm2", wide)
    return shapes | _layer(f"{name}.conv1", wide, wide, 3, 3) | _layer(f"{name}.conv2", wide, wide, 3, 3)


def _norms(name: str) -> Shapes:
    return {f"{name}.query_norm.scale": (HEAD,), f"{name}.key_norm.scale": (HEAD,)}


def _layer(name: str, *shape: int) -> Shapes:
    return {f"{name}.weight": shape, f"{name}.bias": shape[:1]}
