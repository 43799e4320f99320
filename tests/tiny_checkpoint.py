"""A random checkpoint file in Stability's layout, small enough for a test; written from the layout alone."""

from collections.abc import Mapping
from functools import cache
from math import prod
from pathlib import Path

import torch
from safetensors.torch import save_file

WIDTH, TEXT_WIDTH, VAE_WIDTH = 64, 64, 32
LAYERS, TEXT_LAYERS = 2, 3
DEPTHS = {"sdxl": (0, 1, 2), "sd15": (1, 1, 0)}
MULTIPLES = (1, 2, 2)

Shapes = dict[str, tuple[int, ...]]


def write_tiny_checkpoint(
    path: Path,
    family: str,
    *,
    rows: int = 49_408,
    marks: tuple[str, ...] = (),
    metadata: Mapping[str, str] | None = None,
) -> Path:
    """`marks` are empty tensors such as `v_pred`; `rows` is the size of the tokenizer."""
    text_widths = 2 * TEXT_WIDTH if family == "sdxl" else TEXT_WIDTH
    shapes = _named("model.diffusion_model.", _unet(family, text_widths))
    shapes |= _named("first_stage_model.", _vae())
    if family == "sdxl":
        shapes |= _named("conditioner.embedders.0.transformer.text_model.", _clip(rows))
        shapes |= _named("conditioner.embedders.1.model.", _open_clip(rows))
    else:
        shapes |= _named("cond_stage_model.transformer.text_model.", _clip(rows))
    tensors = _weights(tuple(shapes.items())) | {mark: torch.zeros(0) for mark in marks}
    path.parent.mkdir(parents=True, exist_ok=True)
    save_file(tensors, path, metadata=dict(metadata or {}))
    return path


@cache
def _weights(shapes: tuple[tuple[str, tuple[int, ...]], ...]) -> dict[str, torch.Tensor]:
    source = torch.Generator().manual_seed(5)
    return {name: _drawn(name, shape, source).half() for name, shape in shapes}


def _drawn(name: str, shape: tuple[int, ...], source: torch.Generator) -> torch.Tensor:
    noise = torch.randn(shape, generator=source)
    is_norm = len(shape) == 1 and name.endswith("weight")
    return 1 + 0.1 * noise if is_norm else noise * (prod(shape[1:]) ** -0.5 if len(shape) > 1 else 0.02) * 0.5


def _named(prefix: str, shapes: Shapes) -> Shapes:
    return {prefix + name: shape for name, shape in shapes.items()}


def _layer(name: str, *shape: int) -> Shapes:
    return {f"{name}.weight": shape, f"{name}.bias": shape[:1]}


def _unet(family: str, context: int) -> Shapes:
    time = 4 * WIDTH
    widths = [WIDTH * multiple for multiple in MULTIPLES]
    depths = DEPTHS[family]
    shapes = _layer("time_embed.0", time, WIDTH) | _layer("time_embed.2", time, time)
    shapes |= _layer("input_blocks.0.0", WIDTH, 4, 3, 3)
    if family == "sdxl":
        shapes |= _layer("label_emb.0.0", time, 6 * 256 + TEXT_WIDTH) | _layer("label_emb.0.2", time, time)

    def block(name: str, wide: int, out: int, depth: int) -> Shapes:
        made = _resnet(f"{name}.0", wide, out, time)
        return made | (_transformer(f"{name}.1", out, context, depth, family) if depth else {})

    skips, wide, number = [WIDTH], WIDTH, 1
    for level, out in enumerate(widths):
        for _ in range(LAYERS):
            shapes |= block(f"input_blocks.{number}", wide, out, depths[level])
            wide, number = out, number + 1
            skips.append(out)
        if level < len(widths) - 1:
            shapes |= _layer(f"input_blocks.{number}.0.op", out, out, 3, 3)
            number += 1
            skips.append(out)
    shapes |= _resnet("middle_block.0", wide, wide, time) | _resnet("middle_block.2", wide, wide, time)
    shapes |= _transformer("middle_block.1", wide, context, depths[-1] or 1, family)
    number = 0
    for level in reversed(range(len(widths))):
        for place in range(LAYERS + 1):
            shapes |= block(f"output_blocks.{number}", wide + skips.pop(), widths[level], depths[level])
            wide = widths[level]
            if level and place == LAYERS:
                shapes |= _layer(f"output_blocks.{number}.{2 if depths[level] else 1}.conv", wide, wide, 3, 3)
            number += 1
    return shapes | _layer("out.0", WIDTH) | _layer("out.2", 4, WIDTH, 3, 3)


def _resnet(name: str, wide: int, out: int, time: int) -> Shapes:
    made = _layer(f"{name}.in_layers.0", wide) | _layer(f"{name}.in_layers.2", out, wide, 3, 3)
    made |= _layer(f"{name}.emb_layers.1", out, time)
    made |= _layer(f"{name}.out_layers.0", out) | _layer(f"{name}.out_layers.3", out, out, 3, 3)
    return made | (_layer(f"{name}.skip_connection", out, wide, 1, 1) if wide != out else {})


def _transformer(name: str, wide: int, context: int, depth: int, family: str) -> Shapes:
    kernel = () if family == "sdxl" else (1, 1)
    made = _layer(f"{name}.norm", wide)
    made |= _layer(f"{name}.proj_in", wide, wide, *kernel) | _layer(f"{name}.proj_out", wide, wide, *kernel)
    for number in range(depth):
        block = f"{name}.transformer_blocks.{number}"
        for attention, source in (("attn1", wide), ("attn2", context)):
            made[f"{block}.{attention}.to_q.weight"] = (wide, wide)
            made[f"{block}.{attention}.to_k.weight"] = (wide, source)
            made[f"{block}.{attention}.to_v.weight"] = (wide, source)
            made |= _layer(f"{block}.{attention}.to_out.0", wide, wide)
        made |= _layer(f"{block}.ff.net.0.proj", 8 * wide, wide) | _layer(f"{block}.ff.net.2", wide, 4 * wide)
        for norm in (1, 2, 3):
            made |= _layer(f"{block}.norm{norm}", wide)
    return made


def _vae() -> Shapes:
    top = VAE_WIDTH
    made = _layer("encoder.conv_in", top, 3, 3, 3) | _layer("encoder.norm_out", top)
    made |= _layer("encoder.conv_out", 8, top, 3, 3) | _layer("quant_conv", 8, 8, 1, 1)
    made |= _layer("post_quant_conv", 4, 4, 1, 1) | _layer("decoder.conv_in", top, 4, 3, 3)
    made |= _layer("decoder.norm_out", top) | _layer("decoder.conv_out", 3, top, 3, 3)
    for half, way, layers in (("encoder", "down", 2), ("decoder", "up", 3)):
        for block in (1, 2):
            made |= _vae_resnet(f"{half}.mid.block_{block}", top)
        made |= _layer(f"{half}.mid.attn_1.norm", top)
        for part in ("q", "k", "v", "proj_out"):
            made |= _layer(f"{half}.mid.attn_1.{part}", top, top, 1, 1)
        for level in range(4):
            for block in range(layers):
                made |= _vae_resnet(f"{half}.{way}.{level}.block.{block}", top)
            if (way == "down" and level < 3) or (way == "up" and level > 0):
                made |= _layer(f"{half}.{way}.{level}.{way}sample.conv", top, top, 3, 3)
    return made


def _vae_resnet(name: str, wide: int) -> Shapes:
    made = _layer(f"{name}.norm1", wide) | _layer(f"{name}.conv1", wide, wide, 3, 3)
    return made | _layer(f"{name}.norm2", wide) | _layer(f"{name}.conv2", wide, wide, 3, 3)


def _clip(rows: int) -> Shapes:
    wide = TEXT_WIDTH
    made: Shapes = {
        "embeddings.token_embedding.weight": (rows, wide),
        "embeddings.position_embedding.weight": (77, wide),
    }
    for number in range(TEXT_LAYERS):
        layer = f"encoder.layers.{number}"
        for part in ("q_proj", "k_proj", "v_proj", "out_proj"):
            made |= _layer(f"{layer}.self_attn.{part}", wide, wide)
        made |= _layer(f"{layer}.layer_norm1", wide) | _layer(f"{layer}.layer_norm2", wide)
        made |= _layer(f"{layer}.mlp.fc1", 4 * wide, wide) | _layer(f"{layer}.mlp.fc2", wide, 4 * wide)
    return made | _layer("final_layer_norm", wide)


def _open_clip(rows: int) -> Shapes:
    wide = TEXT_WIDTH
    made: Shapes = {
        "token_embedding.weight": (rows, wide),
        "positional_embedding": (77, wide),
        "text_projection": (wide, wide),
        "logit_scale": (1,),
    }
    for number in range(TEXT_LAYERS):
        layer = f"transformer.resblocks.{number}"
        made |= {f"{layer}.attn.in_proj_weight": (3 * wide, wide), f"{layer}.attn.in_proj_bias": (3 * wide,)}
        made |= _layer(f"{layer}.attn.out_proj", wide, wide)
        made |= _layer(f"{layer}.ln_1", wide) | _layer(f"{layer}.ln_2", wide)
        made |= _layer(f"{layer}.mlp.c_fc", 4 * wide, wide) | _layer(f"{layer}.mlp.c_proj", wide, 4 * wide)
    return made | _layer("ln_final", wide)
