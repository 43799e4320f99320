"""Whole UNets with an adapter's file against diffusers' own loading of the same file, layer by layer."""

from collections.abc import Mapping
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from tests.trainer.identity.drawn import noise
from tests.trainer.identity.ip_adapter_layouts import (
    CONTEXT,
    FACE,
    HIDDEN,
    adapter,
    face_plus_shapes,
    face_shapes,
    image_shapes,
    layer_shapes,
    lora_shapes,
    resampler_shapes,
    write_adapter,
)
from trainer.identity.adapter import CrossAttention, Rows
from trainer.identity.attention.numbers import numbered
from trainer.identity.files import open_adapter
from trainer.identity.references import References
from trainer.identity.use import Use

UNETS: dict[str, dict[str, Any]] = {
    "sd15": {
        "down_block_types": ("CrossAttnDownBlock2D", "CrossAttnDownBlock2D", "DownBlock2D"),
        "up_block_types": ("UpBlock2D", "CrossAttnUpBlock2D", "CrossAttnUpBlock2D"),
        "layers_per_block": 2,
    },
    "sdxl": {
        "down_block_types": ("DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"),
        "up_block_types": ("CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"),
        "layers_per_block": 1,
        "transformer_layers_per_block": [1, 2, 3],
        "use_linear_projection": True,
    },
}
SIZES: dict[str, Any] = {"block_out_channels": (8, 16, 24), "norm_num_groups": 8, "attention_head_dim": 2}
LATENTS, WEIGHT = noise(30, 2, 4, 12, 20), 0.8
SHORTCUT = 0.5
"""Of FaceID Plus v2: how much of the picture joins the face."""


@cache
def fresh(family: str, context: int = CONTEXT) -> Any:
    from diffusers import UNet2DConditionModel

    torch.manual_seed(4)
    return UNet2DConditionModel(**SIZES, **UNETS[family], cross_attention_dim=context).requires_grad_(False).eval()


def text(context: int) -> Tensor:
    return noise(31, 2, 5, context)


def widths(unet: Any, *, cross: bool) -> dict[int, int]:
    names = numbered(unet.attn_processors)
    step = slice(1, None, 2) if cross else slice(None)
    return {number: unet.get_submodule(names[number]).inner_dim for number in range(len(names))[step]}


class Mounted:
    """A processor with the adapter in it, for tests alone; the first row of the batch is not conditional."""

    def __init__(self, number: int, placed: CrossAttention) -> None:
        self.number, self.placed = number, placed

    def __call__(self, attn: Any, hidden_states: Tensor, encoder_hidden_states: Tensor, **_: Any) -> Tensor:
        query, key, value = attn.to_q(hidden_states), *(to(encoder_hidden_states) for to in (attn.to_k, attn.to_v))
        split = [part.unflatten(-1, (attn.heads, -1)).transpose(1, 2) for part in (query, key, value)]
        read = torch.nn.functional.scaled_dot_product_attention(*split).transpose(1, 2).flatten(2)
        rows = Rows(conditional=(False, True), latent=(0, 0), heads=attn.heads, grid=(1, query.shape[1]))
        return attn.to_out[0](self.placed.attend(self.number, query, read, rows))


def ours(family: str, path: Path, references: References, context: int = CONTEXT, **use: Any) -> Tensor:
    """What the UNet predicts with the file mounted, its LoRA in the weights."""
    unet = deepcopy(fresh(family, context))
    layers = numbered(unet.attn_processors)
    found, how = open_adapter(path), Use(weight=WEIGHT, shortcut=SHORTCUT, **use)
    for name, (down, up) in found.weight_patches(layers).items():
        unet.get_parameter(name).add_(up @ down)
    placed: Any = found.placed(found.tokens(references, how), how, layers)
    for number in placed.numbers:
        unet.get_submodule(layers[number]).set_processor(Mounted(number, placed))
    with torch.no_grad():
        return unet(LATENTS, 500, text(context)).sample


def with_diffusers(family: str, file: Mapping[str, Mapping[str, Tensor]], context: int = CONTEXT) -> Any:
    unet = deepcopy(fresh(family, context))
    unet._load_ip_adapter_weights([file], low_cpu_mem_usage=False)
    for processor in side_processors(unet):
        processor.scale = [WEIGHT]
    return unet


def side_processors(unet: Any) -> list[Any]:
    return [processor for processor in unet.attn_processors.values() if hasattr(processor, "to_v_ip")]


def theirs(
    family: str,
    file: Mapping[str, Mapping[str, Tensor]],
    seen: list[Tensor],
    context: int = CONTEXT,
    is_v2: bool = False,
) -> Tensor:
    """What it predicts with diffusers' loading of the same; `seen` are inputs of the projection for both rows."""
    unet = with_diffusers(family, file, context)
    if loras := unet._load_ip_adapter_loras([file]):
        unet.load_lora_adapter(loras[0], prefix="unet")
    projection = unet.encoder_hid_proj.image_projection_layers[0]
    if len(seen) > 1:
        projection.clip_embeds, projection.shortcut, projection.shortcut_scale = seen[1].unsqueeze(1), is_v2, SHORTCUT
    with torch.no_grad():
        condition = {"image_embeds": [seen[0].unsqueeze(1)]}
        return unet(LATENTS, 500, text(context), added_cond_kwargs=condition).sample


POOLED, HIDDEN_STATES, BLANK = noise(32, 1, HIDDEN), noise(33, 1, 7, HIDDEN), noise(34, 1, 7, HIDDEN)
FACES = torch.nn.functional.normalize(noise(35, 1, FACE), dim=-1)


def with_nothing(seen: Tensor, nothing: Tensor | None = None) -> Tensor:
    """Of the row that is not conditional, and of the other."""
    return torch.cat([torch.zeros_like(seen) if nothing is None else nothing, seen])


@pytest.mark.parametrize("family", ["sd15", "sdxl"])
def test_the_plain_adapter_is_diffusers(family: str, tmp_path: Path):
    file = adapter(image_shapes(), layer_shapes(widths(fresh(family), cross=True)))
    path = write_adapter(tmp_path / "ip-adapter.safetensors", file, family)
    out = ours(family, path, References(pooled=POOLED))
    assert torch.allclose(out, theirs(family, file, [with_nothing(POOLED)]), atol=1e-5)
    assert not torch.allclose(out, bare(family), atol=1e-2)


def bare(family: str, context: int = CONTEXT) -> Tensor:
    with torch.no_grad():
        return fresh(family, context)(LATENTS, 500, text(context)).sample


def test_plus_is_diffusers(tmp_path: Path):
    family = "sd15"
    file = adapter(resampler_shapes(depth=4), layer_shapes(widths(fresh(family), cross=True)))
    path = write_adapter(tmp_path / "ip-adapter-plus.safetensors", file, family)
    out = ours(family, path, References(hidden=HIDDEN_STATES, blank=BLANK))
    assert torch.allclose(out, theirs(family, file, [with_nothing(HIDDEN_STATES, BLANK)]), atol=1e-5)


@pytest.mark.parametrize("family", ["sd15", "sdxl"])
def test_faceid_with_its_own_lora_is_diffusers(family: str, tmp_path: Path):
    unet = fresh(family)
    layers = layer_shapes(widths(unet, cross=True)) | lora_shapes(widths(unet, cross=False))
    file = adapter(face_shapes(), layers)
    path = write_adapter(tmp_path / "ip-adapter-faceid.safetensors", file, family)
    references = References(faces=20 * FACES, face_model="buffalo_l")
    out = ours(family, path, references)
    assert torch.allclose(out, theirs(family, file, [with_nothing(FACES)]), atol=1e-5)
    without = adapter(face_shapes(), layers)
    without["ip_adapter"] = {name: tensor for name, tensor in file["ip_adapter"].items() if "lora" not in name}
    plain = write_adapter(tmp_path / "no-lora.safetensors", without, family)
    assert not torch.allclose(out, ours(family, plain, references), atol=1e-2)


@pytest.mark.parametrize(("name", "is_v2"), [("faceid-plus", False), ("faceid-plusv2", True)])
def test_faceid_plus_is_diffusers(name: str, is_v2: bool, tmp_path: Path):
    file = adapter(face_plus_shapes(64), layer_shapes(widths(fresh("sdxl", 64), cross=True), 64))
    path = write_adapter(tmp_path / f"{name}.safetensors", file)
    references = References(faces=20 * FACES, face_model="buffalo_l", hidden=HIDDEN_STATES, blank=BLANK)
    seen = [with_nothing(FACES), with_nothing(HIDDEN_STATES, BLANK)]
    out = ours("sdxl", path, references, 64)
    assert torch.allclose(out, theirs("sdxl", file, seen, 64, is_v2=is_v2), atol=1e-5)


@pytest.mark.parametrize("family", ["sd15", "sdxl"])
def test_each_number_is_diffusers_layer(family: str, tmp_path: Path):
    """Every layer but one is silenced: what that one adds is the same there and here, and no other adds the same."""
    file = adapter(image_shapes(), layer_shapes(widths(fresh(family), cross=True)))
    path = write_adapter(tmp_path / "ip-adapter.safetensors", file, family)
    unet, found, use = deepcopy(fresh(family)), open_adapter(path), Use(weight=WEIGHT)
    layers = numbered(unet.attn_processors)
    placed: Any = found.placed(found.tokens(References(pooled=POOLED), use), use, layers)
    loaded, condition = with_diffusers(family, file), {"image_embeds": [with_nothing(POOLED).unsqueeze(1)]}
    plain, added = bare(family), list[Tensor]()
    for number in placed.numbers:
        attention = unet.get_submodule(layers[number])
        usual = attention.processor
        attention.set_processor(Mounted(number, placed))
        for processor in side_processors(loaded):
            is_it = torch.equal(processor.to_v_ip[0].weight, file["ip_adapter"][f"{number}.to_v_ip.weight"])
            processor.scale = [WEIGHT if is_it else 0.0]
        with torch.no_grad():
            out = unet(LATENTS, 500, text(CONTEXT)).sample
            expected = loaded(LATENTS, 500, text(CONTEXT), added_cond_kwargs=condition).sample
        attention.set_processor(usual)
        assert torch.allclose(out, expected, atol=1e-5)
        added.append(out - plain)
    assert len(added) == {"sd15": 11, "sdxl": 18}[family]
    assert min(float(change.abs().max()) for change in added) > 1e-3
    assert min(float((one - other).abs().max()) for n, one in enumerate(added) for other in added[:n]) > 1e-3


def test_weight_0_changes_no_bit_of_a_prediction(tmp_path: Path):
    file = adapter(image_shapes(), layer_shapes(widths(fresh("sdxl"), cross=True)))
    path = write_adapter(tmp_path / "a.safetensors", file)
    found, use = open_adapter(path), Use(weight=0.0)
    layers = numbered(fresh("sdxl").attn_processors)
    placed: Any = found.placed(found.tokens(References(pooled=POOLED), use), use, layers)
    assert not placed.numbers
    unet = deepcopy(fresh("sdxl"))
    for number in widths(unet, cross=True):
        unet.get_submodule(layers[number]).set_processor(Mounted(number, placed))
    with torch.no_grad():
        assert torch.equal(unet(LATENTS, 500, text(CONTEXT)).sample, bare("sdxl"))
