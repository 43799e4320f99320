"""LoRA layers of Z-Image in files: ours, diffusers', ai-toolkit's and kohya's names, with nothing lost between them."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor

from tests.tiny_z_image import HEAD, transformer_shapes
from trainer.errors import ModelError
from trainer.families.key_layout import ALPHA, DOWN, UP, LayerTensors
from trainer.families.registry import describe_base, load_family
from trainer.families.z_image.keys import ZImageKeys
from trainer.families.z_image.model import ZImage
from trainer.families.z_image.names import native
from trainer.families.z_image.shapes import transformer_config
from trainer.families.z_image.targets import target_names
from trainer.families.z_image.transformer import make_transformer
from trainer.lora.adapter import Adapter
from trainer.lora.mount import mount_lora, placed
from trainer.lora.save import lora_tensors
from trainer.recipe.lora import Lora

BLOCKS = ("layers.0", "noise_refiner.0", "context_refiner.0")


@pytest.fixture(scope="module")
def family(tiny_z_image_home: Path) -> ZImage:
    loaded = load_family(describe_base(tiny_z_image_home / "models" / "diffusion_models" / "tiny-z-image.safetensors"))
    assert isinstance(loaded, ZImage)
    return loaded


def lora(family: ZImage, address: str, seed: int = 0) -> LayerTensors:
    layer: Any = family.outline(address)
    source = torch.Generator().manual_seed(seed)
    return {
        DOWN: torch.randn(2, layer.in_features, generator=source),
        UP: torch.randn(layer.out_features, 2, generator=source),
        ALPHA: torch.tensor(1.0),
    }


def change(tensors: Mapping[str, Tensor]) -> Tensor:
    return tensors[UP].float() @ tensors[DOWN].float() * (float(tensors[ALPHA]) / len(tensors[DOWN]))


def test_layers_of_the_real_model_are_counted_and_named_one_for_one() -> None:
    """3840 wide, 30 blocks and two pairs of refiners, without weights."""
    from accelerate import init_empty_weights

    config = transformer_config(transformer_shapes(refiners=2, width=3840, head=128, layers=30, word=2560))
    with init_empty_weights():
        model = make_transformer(config)
    assert (config["n_heads"], config["axes_dims"]) == (30, [32, 48, 48])
    assert sum(p.numel() for p in model.parameters()) == 6_154_908_736
    linears = [name for name, module in model.named_modules() if isinstance(module, torch.nn.Linear)]
    counts = {targets: len(target_names(linears, targets)) for targets in ("attention", "attention_mlp", "all")}
    # diffusers' script has to_q, to_k, to_v and to_out.0 of all 34 blocks; 32 have a modulation.
    assert counts == {"attention": 136, "attention_mlp": 238, "all": 270}
    keys = ZImageKeys(lambda: model)
    found = keys.find({f"diffusion_model.{native(name).name}" for name in linears})
    assert sorted(n for names in found.values() for n in names) == sorted(f"transformer.{n}" for n in linears)
    stored = transformer_shapes(refiners=2, width=3840, head=128, layers=30, word=2560)
    assert all(f"{native(name).name}.weight" in stored for name in linears)


def test_a_saved_file_has_the_hosts_own_names(family: ZImage) -> None:
    saved = family.keys.save({address: lora(family, address) for address in family.lora_targets("all")})
    layers = {key.split(".lora_")[0] for key in saved if ".lora_" in key}
    names = ("attention.qkv", "attention.out", *(f"feed_forward.w{n}" for n in (1, 2, 3)))
    expected = {f"diffusion_model.{block}.{name}" for block in BLOCKS for name in names}
    assert layers == expected | {f"diffusion_model.{block}.adaLN_modulation.0" for block in BLOCKS[:2]}
    assert saved["diffusion_model.layers.0.attention.qkv.lora_up.weight"].shape == (3 * 3 * HEAD, 6)


@pytest.mark.parametrize("targets", ["all", "attention", "attention_mlp"])
def test_what_is_saved_changes_the_same_when_it_is_read(family: ZImage, tmp_path: Path, targets: str) -> None:
    layers = {a: lora(family, a, seed=n) for n, a in enumerate(family.lora_targets(targets))}
    path = tmp_path / "a.safetensors"
    save_file({k: t.contiguous() for k, t in family.keys.save(layers).items()}, path)
    found = placed(family, path)
    assert set(found) == set(layers)
    for address, tensors in layers.items():
        assert torch.allclose(change(found[address].tensors), change(tensors), atol=1e-5), address


def spelled(name: str, spelling: str) -> str:
    flat = name.replace(".", "_")
    return {
        "diffusers": f"transformer.{name}",
        "ai-toolkit": f"diffusion_model.{name}",
        "PEFT": f"base_model.model.transformer.{name}",
        "bare": name,
        "SimpleTuner": f"lycoris_{flat}",
    }[spelling]


@pytest.mark.parametrize("spelling", ["diffusers", "ai-toolkit", "PEFT", "bare", "SimpleTuner"])
def test_diffusers_names_are_read(family: ZImage, tmp_path: Path, spelling: str) -> None:
    layers = {a: lora(family, a, seed=n) for n, a in enumerate(family.lora_targets("all"))}
    tensors = {
        f"{spelled(address.partition('.')[2], spelling)}.{suffix}": tensor
        for address, layer in layers.items()
        for suffix, tensor in layer.items()
    }
    path = tmp_path / "a.safetensors"
    save_file(tensors, path)
    found = placed(family, path)
    assert set(found) == set(layers)
    assert all(torch.allclose(change(found[a].tensors), change(layers[a]), atol=1e-5) for a in layers)


def test_kohyas_names_are_the_native_ones(family: ZImage) -> None:
    """`lora_unet_` before diffusers' names is what musubi once wrote, and ComfyUI passes over."""
    known = ["lora_unet_layers_0_attention_qkv", "lora_unet_x_embedder", "diffusion_model.final_layer.linear"]
    found = family.keys.find([*known, "lora_unet_layers_0_attention_to_q", "lora_te1_x"])
    assert list(found.values()) == [
        tuple(f"transformer.layers.0.attention.to_{p}" for p in "qkv"),
        ("transformer.all_x_embedder.2-1",),
        ("transformer.all_final_layer.2-1.linear",),
    ]


@pytest.mark.parametrize(("kind", "is_fused"), [("dora", True), ("lokr", False)])
def test_other_kinds_are_saved_and_mounted(family: ZImage, tmp_path: Path, kind: Any, is_fused: bool) -> None:
    adapter = Adapter(family, family.lora_targets("attention"), Lora(rank=2, alpha=2.0, kind=kind, factor=4), 0)
    try:
        tensors = lora_tensors(adapter, family, torch.float32)
        wanted = set(adapter.layers)
    finally:
        adapter.detach()
    assert any("attention.qkv" in key for key in tensors) is is_fused
    path = tmp_path / "a.safetensors"
    save_file({key: tensor.contiguous() for key, tensor in tensors.items()}, path)
    assert set(placed(family, path)) == wanted
    mount_lora(family, path, 1.0).remove()


def test_a_lora_of_another_base_is_named(family: ZImage, tmp_path: Path) -> None:
    key = "diffusion_model.double_blocks.0.img_attn.qkv"
    path = tmp_path / "a.safetensors"
    save_file({f"{key}.lora_down.weight": torch.ones(2, 8), f"{key}.lora_up.weight": torch.ones(8, 2)}, path)
    with pytest.raises(ModelError, match=r"a LoRA for FLUX\.1 while this is Z-Image"):
        placed(family, path)
