"""LoRA layers of FLUX.1 in files: ours, diffusers' and kohya's names, with nothing lost on the way between them."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor

from tests.tiny_flux import WIDTH
from trainer.errors import ModelError
from trainer.families.flux.keys import FluxKeys
from trainer.families.flux.model import Flux1
from trainer.families.flux.names import native
from trainer.families.flux.transformer import make_transformer
from trainer.families.key_layout import ALPHA, DORA, DOWN, UP, LayerTensors
from trainer.families.registry import describe_base, load_family
from trainer.lora.adapter import Adapter
from trainer.lora.mount import mount_lora, placed
from trainer.lora.save import lora_tensors
from trainer.recipe.lora import Lora

DOUBLE = ("img_attn.qkv", "img_attn.proj", "img_mlp.0", "img_mlp.2", "img_mod.lin")
SINGLE = ("linear1", "linear2", "modulation.lin")


@pytest.fixture(scope="module")
def family(tiny_flux_home: Path) -> Flux1:
    loaded = load_family(describe_base(tiny_flux_home / "models" / "diffusion_models" / "tiny-flux.safetensors"))
    assert isinstance(loaded, Flux1)
    return loaded


@pytest.fixture(scope="module")
def dev() -> FluxKeys:
    """Of FLUX.1's own sizes, without weights."""
    from accelerate import init_empty_weights

    with init_empty_weights():
        model = make_transformer({"guidance_embeds": True})
    return FluxKeys(lambda: model)


def lora(family: Flux1, address: str, rank: int = 2, seed: int = 0) -> LayerTensors:
    layer: Any = family.outline(address)
    source = torch.Generator().manual_seed(seed)
    return {
        DOWN: torch.randn(rank, layer.in_features, generator=source),
        UP: torch.randn(layer.out_features, rank, generator=source),
        ALPHA: torch.tensor(1.0),
    }


def change(tensors: Mapping[str, Tensor]) -> Tensor:
    return tensors[UP].float() @ tensors[DOWN].float() * (float(tensors[ALPHA]) / len(tensors[DOWN]))


def by_layer(saved: Mapping[str, Tensor]) -> dict[str, dict[str, Tensor]]:
    layers: dict[str, dict[str, Tensor]] = {}
    for key, tensor in saved.items():
        name, _, suffix = key.partition(".lora_") if ".lora_" in key else key.rpartition(".")
        layers.setdefault(name, {})[f"lora_{suffix}" if ".lora_" in key else suffix] = tensor
    return layers


def test_all_are_the_304_layers_that_kohya_trains(dev: FluxKeys) -> None:
    linears = [n for n, m in dev._outlined().named_modules() if isinstance(m, torch.nn.Linear)]
    from trainer.families.flux.targets import target_names

    whole = {found.name for name in target_names(linears, "all") if (found := native(name))}
    assert len(whole) == 304
    counts = {t: len({native(n) for n in target_names(linears, t)}) for t in ("double_blocks", "single_blocks")}
    assert counts == {"double_blocks": 190, "single_blocks": 114}
    assert len(target_names(linears, "attention")) == 19 * 8 + 38 * 3
    assert len(target_names(linears, "attention_mlp")) == 19 * 12 + 38 * 5


def test_a_saved_file_has_the_hosts_own_names(family: Flux1) -> None:
    addresses = family.lora_targets("all")
    saved = by_layer(family.keys.save({a: lora(family, a) for a in addresses}))
    sides = [name for name in DOUBLE] + [name.replace("img", "txt") for name in DOUBLE]
    expected = {f"diffusion_model.double_blocks.0.{name}" for name in sides}
    expected |= {f"diffusion_model.single_blocks.{n}.{name}" for n in (0, 1) for name in SINGLE}
    assert set(saved) == expected
    assert saved["diffusion_model.single_blocks.0.linear1"][UP].shape == (7 * WIDTH, 8)


@pytest.mark.parametrize("targets", ["all", "attention", "attention_mlp", "double_blocks", "single_blocks"])
def test_what_is_saved_changes_the_same_when_it_is_read(family: Flux1, tmp_path: Path, targets: str) -> None:
    layers = {a: lora(family, a, seed=n) for n, a in enumerate(family.lora_targets(targets))}
    path = tmp_path / "a.safetensors"
    save_file({k: t.contiguous() for k, t in family.keys.save(layers).items()}, path)
    found = placed(family, path)
    for address, tensors in layers.items():
        assert torch.allclose(change(found[address].tensors), change(tensors), atol=1e-5), address
    # Nothing is read for the layers that did not learn within a larger matrix.
    assert set(found) == set(layers)


def spelled(name: str, spelling: str) -> str:
    return {
        "diffusers": f"transformer.{name}",
        "PEFT": f"base_model.model.transformer.{name}",
        "bare": name,
        "SimpleTuner": f"lycoris_{name.replace('.', '_')}",
        "OneTrainer": f"lora_transformer_{name.replace('.', '_')}",
    }[spelling]


@pytest.mark.parametrize("spelling", ["diffusers", "PEFT", "bare", "SimpleTuner", "OneTrainer"])
def test_diffusers_names_are_read(family: Flux1, tmp_path: Path, spelling: str) -> None:
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


@pytest.mark.parametrize("root", ["lora_unet_", "diffusion_model.", "model.diffusion_model."])
def test_kohyas_and_native_names_lead_to_the_same_layers(family: Flux1, root: str) -> None:
    def spell(name: str) -> str:
        return root + (name.replace(".", "_") if root.endswith("_") else name)

    prefixes = [spell("double_blocks.0.txt_attn.qkv"), spell("single_blocks.1.linear1"), spell("img_in"), "lora_te1_x"]
    assert list(family.keys.find(prefixes).values()) == [
        tuple(f"transformer.transformer_blocks.0.attn.add_{p}_proj" for p in "qkv"),
        tuple(
            f"transformer.single_transformer_blocks.1.{p}" for p in ("attn.to_q", "attn.to_k", "attn.to_v", "proj_mlp")
        ),
        ("transformer.x_embedder",),
    ]


def test_the_last_modulations_halves_lie_the_other_way_round_in_the_host(family: Flux1, tmp_path: Path) -> None:
    tensors = lora(family, "transformer.norm_out.linear")
    turned = torch.cat(change(tensors).chunk(2)[::-1])
    for key, expected in (
        ("diffusion_model.final_layer.adaLN_modulation.1", turned),
        ("lora_unet_final_layer_adaLN_modulation_1", turned),
        ("transformer.norm_out.linear", change(tensors)),
        ("lycoris_norm_out_linear", change(tensors)),
    ):
        path = tmp_path / "a.safetensors"
        save_file({f"{key}.{suffix}": tensor for suffix, tensor in tensors.items()}, path)
        assert torch.allclose(change(placed(family, path)["transformer.norm_out.linear"].tensors), expected, atol=1e-5)
    saved = family.keys.save({"transformer.norm_out.linear": tensors})
    assert torch.allclose(change(by_layer(saved)["diffusion_model.final_layer.adaLN_modulation.1"]), turned, atol=1e-5)


def test_every_native_layer_is_read_back_as_it_was_saved(dev: FluxKeys) -> None:
    """Of FLUX.1's real names: no two of the model's layers share a name, and none is without one."""
    linears = [n for n, m in dev._outlined().named_modules() if isinstance(m, torch.nn.Linear | torch.nn.RMSNorm)]
    assert all(native(name) for name in linears)
    found = dev.find([f"diffusion_model.{found.name}" for name in linears if (found := native(name))])
    assert sorted(name for names in found.values() for name in names) == sorted(f"transformer.{n}" for n in linears)


@pytest.mark.parametrize(("kind", "targets"), [("dora", "all"), ("dora", "attention"), ("lokr", "all")])
def test_other_kinds_are_saved_and_mounted(family: Flux1, tmp_path: Path, kind: Any, targets: str) -> None:
    """What cannot be joined goes under diffusers' names, which the host cuts its matrices for."""
    adapter = Adapter(family, family.lora_targets(targets), Lora(rank=2, alpha=2.0, kind=kind), 0)
    try:
        with torch.no_grad():
            for number, weight in enumerate(adapter.parameters((family.spec.denoiser,))):
                source = torch.Generator().manual_seed(number)
                weight.add_(torch.randn(weight.shape, generator=source) * 0.05)
        tensors = lora_tensors(adapter, family, torch.float32)
        wanted = {a: layer.saved() for a, layer in adapter.layers.items()}
    finally:
        adapter.detach()
    fused = [key for key in tensors if "linear1" in key or "qkv" in key]
    assert bool(fused) is (kind == "dora")
    path = tmp_path / "a.safetensors"
    save_file({key: tensor.contiguous() for key, tensor in tensors.items()}, path)
    found = placed(family, path)
    assert set(wanted) <= set(found)
    if kind == "dora":
        address = "transformer.transformer_blocks.0.attn.to_q"
        assert torch.allclose(found[address].tensors[DORA].flatten(), wanted[address][DORA].flatten(), atol=1e-6)
    mounted = mount_lora(family, path, 1.0)
    mounted.remove()


def test_layers_of_text_encoders_are_left_out_aloud(
    family: Flux1, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    text = "lora_te1_text_model_encoder_layers_0_mlp_fc1"
    wide = "lora_unet_single_blocks_0_linear2"
    tensors = {f"{name}.lora_{side}.weight": torch.ones(2, 2) for name in (text,) for side in ("down", "up")}
    tensors |= {f"{wide}.lora_down.weight": torch.ones(2, 5 * WIDTH), f"{wide}.lora_up.weight": torch.ones(WIDTH, 2)}
    save_file(tensors, tmp_path / "a.safetensors")
    assert list(placed(family, tmp_path / "a.safetensors")) == ["transformer.single_transformer_blocks.0.proj_out"]
    assert f"its layers of text encoders are left out here ({text}); ComfyUI has them" in caplog.text
    assert "passes over" not in caplog.text


def test_flux_has_its_real_sizes_without_its_weights(dev: FluxKeys) -> None:
    """11.9 billion numbers: 22.2 GiB in bf16, 11.1 in fp8."""
    count = sum(weight.numel() for weight in dev._outlined().parameters())
    assert count == 11_901_408_320
    blocks = [
        m
        for m in dev._outlined().modules()
        if type(m).__name__ in ("FluxTransformerBlock", "FluxSingleTransformerBlock")
    ]
    inside = sum(weight.numel() for block in blocks for weight in block.parameters())
    assert len(blocks) == 57
    assert inside / count > 0.99


def test_a_lora_of_flux2_is_named(family: Flux1, tmp_path: Path) -> None:
    key = "diffusion_model.double_stream_modulation_img.lin"
    path = tmp_path / "a.safetensors"
    save_file({f"{key}.lora_down.weight": torch.ones(2, 8), f"{key}.lora_up.weight": torch.ones(8, 2)}, path)
    with pytest.raises(ModelError, match=r"a LoRA for FLUX\.2 while this is FLUX\.1"):
        placed(family, path)
