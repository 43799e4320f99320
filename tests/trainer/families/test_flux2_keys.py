"""LoRA layers of FLUX.2 klein in files: ours, diffusers' and kohya's names, with nothing lost between them."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor

from tests.tiny_flux2 import WIDTH, transformer_shapes
from trainer.errors import ModelError
from trainer.families.flux2.keys import Flux2Keys
from trainer.families.flux2.model import Flux2Klein
from trainer.families.flux2.names import native
from trainer.families.flux2.shapes import transformer_config
from trainer.families.flux2.targets import target_names
from trainer.families.flux2.transformer import make_transformer
from trainer.families.key_layout import ALPHA, DOWN, UP, LayerTensors
from trainer.families.registry import describe_base, load_family
from trainer.lora.adapter import Adapter
from trainer.lora.file import opened_lora
from trainer.lora.mount import mount_lora, placed
from trainer.lora.save import lora_tensors
from trainer.recipe.lora import Lora

KLEIN = {"4B": (3072, 5, 20, 7680), "9B": (4096, 8, 24, 12288)}
"""Width, double and single blocks, numbers a word."""


@pytest.fixture(scope="module")
def family(tiny_klein_home: Path) -> Flux2Klein:
    loaded = load_family(describe_base(tiny_klein_home / "models" / "diffusion_models" / "tiny-klein-base.safetensors"))
    assert isinstance(loaded, Flux2Klein)
    return loaded


def lora(family: Flux2Klein, address: str, seed: int = 0) -> LayerTensors:
    layer: Any = family.outline(address)
    source = torch.Generator().manual_seed(seed)
    return {
        DOWN: torch.randn(2, layer.in_features, generator=source),
        UP: torch.randn(layer.out_features, 2, generator=source),
        ALPHA: torch.tensor(1.0),
    }


def change(tensors: Mapping[str, Tensor]) -> Tensor:
    return tensors[UP].float() @ tensors[DOWN].float() * (float(tensors[ALPHA]) / len(tensors[DOWN]))


@pytest.mark.parametrize(
    ("size", "weights", "counts"),
    [
        ("4B", 3_875_544_576, {"attention": 5 * 8 + 20 * 2, "all": 5 * 12 + 20 * 2, "single_blocks": 40}),
        ("9B", 9_078_581_248, {"attention": 8 * 8 + 24 * 2, "all": 8 * 12 + 24 * 2, "single_blocks": 48}),
    ],
)
def test_layers_of_the_real_models_are_counted_and_named_one_for_one(
    size: str, weights: int, counts: dict[str, int]
) -> None:
    """As many blocks as the file has: diffusers' script counts 24 single ones in any case. Without weights."""
    from accelerate import init_empty_weights

    shapes = transformer_shapes(*KLEIN[size])
    with init_empty_weights():
        model = make_transformer(transformer_config(shapes))
    assert sum(p.numel() for p in model.parameters()) == weights
    linears = [name for name, module in model.named_modules() if isinstance(module, torch.nn.Linear)]
    assert {targets: len(target_names(linears, targets)) for targets in counts} == counts
    assert target_names(linears, "all") == target_names(linears, "attention_mlp")
    keys, names = Flux2Keys(lambda: model), {name: native(name) for name in linears}
    found = keys.find({f"diffusion_model.{whole.name}" for whole in names.values() if whole})
    assert sorted(n for members in found.values() for n in members) == sorted(f"transformer.{n}" for n in linears)
    assert all(whole and f"{whole.name}.weight" in shapes for whole in names.values())


def test_a_saved_file_has_the_hosts_own_names(family: Flux2Klein) -> None:
    saved = family.keys.save({address: lora(family, address) for address in family.lora_targets("all")})
    layers = {key.split(".lora_")[0] for key in saved if ".lora_" in key}
    double = [f"{side}_{name}" for side in ("img", "txt") for name in ("attn.qkv", "attn.proj", "mlp.0", "mlp.2")]
    expected = {f"diffusion_model.double_blocks.0.{name}" for name in double}
    assert layers == expected | {f"diffusion_model.single_blocks.{n}.linear{m}" for n in (0, 1) for m in (1, 2)}
    assert saved["diffusion_model.single_blocks.0.linear1.lora_up.weight"].shape == (9 * WIDTH, 2)
    assert saved["diffusion_model.double_blocks.0.txt_attn.qkv.lora_up.weight"].shape == (3 * WIDTH, 6)


@pytest.mark.parametrize("targets", ["all", "attention", "double_blocks", "single_blocks"])
def test_what_is_saved_changes_the_same_when_it_is_read(family: Flux2Klein, tmp_path: Path, targets: str) -> None:
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
        "PEFT": f"base_model.model.transformer.{name}",
        "bare": name,
        "SimpleTuner": f"lycoris_{flat}",
        "OneTrainer": f"lora_transformer_{flat}",
    }[spelling]


@pytest.mark.parametrize("spelling", ["diffusers", "PEFT", "bare", "SimpleTuner", "OneTrainer"])
def test_diffusers_names_are_read(family: Flux2Klein, tmp_path: Path, spelling: str) -> None:
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


def test_a_single_blocks_output_is_not_a_double_blocks_list(family: Flux2Klein) -> None:
    found = family.keys.find(
        [
            "lora_unet_single_blocks_0_linear2",
            "transformer.single_transformer_blocks.0.attn.to_out",
            "transformer.transformer_blocks.0.attn.to_out.0",
            "transformer.transformer_blocks.0.attn.to_out",
        ]
    )
    assert list(found.values()) == [
        ("transformer.single_transformer_blocks.0.attn.to_out",),
        ("transformer.single_transformer_blocks.0.attn.to_out",),
        ("transformer.transformer_blocks.0.attn.to_out.0",),
    ]


def test_shared_modulation_is_read_by_its_own_names_alone(family: Flux2Klein, tmp_path: Path) -> None:
    """Under diffusers' names the host passes over it and the time; the last one's halves lie the other way round."""
    ours = ["diffusion_model.double_stream_modulation_img.lin", "lora_unet_single_stream_modulation_lin"]
    lost = [
        "transformer.double_stream_modulation_img.linear",
        "transformer.time_guidance_embed.timestep_embedder.linear_1",
    ]
    assert list(family.keys.find([*ours, *lost]).values()) == [
        ("transformer.double_stream_modulation_img.linear",),
        ("transformer.single_stream_modulation.linear",),
    ]
    tensors = lora(family, "transformer.norm_out.linear")
    path = tmp_path / "a.safetensors"
    save_file(family.keys.save({"transformer.norm_out.linear": tensors}), path)
    with opened_lora(path) as file:
        assert list(file.prefixes) == ["diffusion_model.final_layer.adaLN_modulation.1"]
    found = placed(family, path)["transformer.norm_out.linear"]
    assert torch.allclose(change(found.tensors), change(tensors), atol=1e-6)


@pytest.mark.parametrize(("kind", "is_fused"), [("dora", True), ("lokr", False)])
def test_other_kinds_are_saved_and_mounted(family: Flux2Klein, tmp_path: Path, kind: Any, is_fused: bool) -> None:
    adapter = Adapter(family, family.lora_targets("all"), Lora(rank=2, alpha=2.0, kind=kind, factor=4), 0)
    try:
        tensors = lora_tensors(adapter, family, torch.float32)
        wanted = set(adapter.layers)
    finally:
        adapter.detach()
    assert any("qkv" in key for key in tensors) is is_fused
    path = tmp_path / "a.safetensors"
    save_file({key: tensor.contiguous() for key, tensor in tensors.items()}, path)
    assert set(placed(family, path)) == wanted
    mount_lora(family, path, 1.0).remove()


def test_flux1s_loras_are_told_by_their_sizes(family: Flux2Klein, tmp_path: Path) -> None:
    path = tmp_path / "a.safetensors"
    for rows, said in ((7, "FLUX.1"), (9, "FLUX.2")):
        up = torch.ones(rows * 8, 2)
        layer = "diffusion_model.single_blocks.0.linear1"
        save_file({f"{layer}.lora_down.weight": torch.ones(2, 8), f"{layer}.lora_up.weight": up}, path)
        with opened_lora(path) as file:
            assert file.made_for == said
    save_file({f"{layer}.lora_down.weight": torch.ones(2, 8), f"{layer}.lora_up.weight": torch.ones(56, 2)}, path)
    with pytest.raises(ModelError, match=r"other sizes, being a LoRA for FLUX\.1 while this is FLUX\.2 klein"):
        placed(family, path)
