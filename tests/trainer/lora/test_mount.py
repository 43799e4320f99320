"""Anybody's LoRA file on a family: every spelling, several at once, and gone without a trace."""

import re
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from trainer.errors import DiskError, ModelError
from trainer.families.base import Base
from trainer.families.family import Family
from trainer.families.registry import load_family
from trainer.families.sd.model import StableDiffusion
from trainer.lora.mount import mount_lora, placed
from trainer.lora.peft_folder import write_peft_folder
from trainer.recipe.lora import Lora

from .test_adapter import predict, written

ADDRESSES = {
    "unet": "unet.down_blocks.1.attentions.0.transformer_blocks.0.attn1.to_q",
    "te1": "te1.text_model.encoder.layers.0.self_attn.q_proj",
    "te2": "te2.text_model.encoder.layers.0.mlp.fc1",
}


@pytest.fixture
def family(tiny_base: Base) -> StableDiffusion:
    loaded = load_family(tiny_base)
    assert isinstance(loaded, StableDiffusion)
    return loaded


@pytest.fixture
def kohya(tiny_base: Base, tmp_path: Path) -> Path:
    """A file of ours, of UNet and text encoders, whose alpha is its rank."""
    return written(load_family(tiny_base), tmp_path / "kohya.safetensors", Lora(rank=4, alpha=4.0), text=True)


def layers_of(family: Family, path: Path) -> dict[str, dict[str, torch.Tensor]]:
    return {address: dict(each.tensors) for address, each in placed(family, path).items()}


def respelled(family: StableDiffusion, path: Path, out: Path, spelling: str) -> Path:
    """The file in another spelling, without alphas where that spelling has none."""
    text = {
        "diffusers": {"te1": "text_encoder", "te2": "text_encoder_2"},
        "native": {"te1": "text_encoders.clip_l.transformer", "te2": "text_encoders.clip_g.transformer"},
    }
    tensors: dict[str, torch.Tensor] = {}
    for address, layer in layers_of(family, path).items():
        part, _, name = address.partition(".")
        if part != "unet":
            name = name if name.startswith("text_model") else f"text_model.{name}"
        if spelling == "native" and part == "unet":
            prefix = f"diffusion_model.{family.keys._names._ldm(name)}"
        elif spelling in ("native", "diffusers", "old diffusers"):
            words = {"unet": "unet", **text["native" if spelling == "native" else "diffusers"]}
            prefix = f"{words[part]}.{name}"
        elif spelling == "peft of each part":
            prefix = f"base_model.model.{part}.{name}"
        else:
            prefix = f"base_model.model.{name}"
        down, up = layer["lora_down.weight"], layer["lora_up.weight"]
        if spelling == "old diffusers" and (found := re.fullmatch(r"(.+)\.(to_q|to_k|to_v|to_out)(\.0)?", prefix)):
            tensors[f"{found[1]}.processor.{found[2]}_lora.down.weight"] = down
            tensors[f"{found[1]}.processor.{found[2]}_lora.up.weight"] = up
        elif spelling == "old diffusers":
            tensors[f"{prefix}.lora_linear_layer.down.weight"] = down
            tensors[f"{prefix}.lora_linear_layer.up.weight"] = up
        else:
            tensors[f"{prefix}.lora_A.weight"], tensors[f"{prefix}.lora_B.weight"] = down, up
    save_file(tensors, out)
    return out


@pytest.mark.parametrize("spelling", ["native", "diffusers", "old diffusers", "peft of each part"])
def test_every_spelling_of_a_file_predicts_the_same(
    tiny_base: Base, family: StableDiffusion, kohya: Path, tmp_path: Path, spelling: str
) -> None:
    other = respelled(load_family(tiny_base), kohya, tmp_path / "other.safetensors", spelling)
    bare = predict(family)
    applied = mount_lora(family, kohya, 0.7)
    wanted = predict(family)
    applied.remove()
    applied = mount_lora(family, other, 0.7)
    assert torch.equal(predict(family), wanted)
    assert not torch.allclose(wanted, bare, atol=1e-3)
    applied.remove()
    assert torch.equal(predict(family), bare)


@pytest.mark.parametrize(
    "lora", [Lora(rank=4, alpha=2.0, targets="attention_mlp_conv", conv_rank=2), Lora(rank=4, kind="dora")]
)
def test_a_peft_folder_predicts_the_same(tiny_base: Base, family: StableDiffusion, tmp_path: Path, lora: Lora) -> None:
    """Written and read by peft's own functions, alpha and rank of each layer included."""
    path = written(load_family(tiny_base), tmp_path / "kohya.safetensors", lora)
    layers = {name.removeprefix("unet."): tensors for name, tensors in layers_of(family, path).items()}
    names = [name for name, _ in family.denoiser.named_modules()]
    write_peft_folder(tmp_path / "peft", family.denoiser, layers)
    assert sorted(file.name for file in (tmp_path / "peft").glob("adapter_*")) == [
        "adapter_config.json",
        "adapter_model.safetensors",
    ]
    assert [name for name, _ in family.denoiser.named_modules()] == names
    read = layers_of(family, tmp_path / "peft")
    assert all(torch.equal(read[f"unet.{name}"][key], layers[name][key]) for name in layers for key in layers[name])
    applied = mount_lora(family, path, 1.0)
    wanted = predict(family)
    applied.remove()
    mount_lora(family, tmp_path / "peft", 1.0)
    assert torch.equal(predict(family), wanted)


def test_a_peft_folder_that_cannot_be_made_is_told_and_leaves_the_model_as_it_was(
    tiny_base: Base, family: StableDiffusion, tmp_path: Path
) -> None:
    path = written(load_family(tiny_base), tmp_path / "kohya.safetensors", Lora(rank=2))
    layers = {name.removeprefix("unet."): tensors for name, tensors in layers_of(family, path).items()}
    names = [name for name, _ in family.denoiser.named_modules()]
    (tmp_path / "peft").write_text("a file where a folder belongs")
    with pytest.raises(DiskError, match="peft cannot be used: File exists"):
        write_peft_folder(tmp_path / "peft", family.denoiser, layers)
    assert [name for name, _ in family.denoiser.named_modules()] == names


@pytest.mark.parametrize("kind", ["lora", "dora", "lokr"])
def test_two_files_stand_one_in_front_of_the_other(
    tiny_base: Base, family: StableDiffusion, tmp_path: Path, kind: str
) -> None:
    """Each is on the weight that the one before has made, as the host applies them; either goes first."""
    first = written(load_family(tiny_base), tmp_path / "a.safetensors", Lora(rank=4, alpha=2.0))
    lora = Lora(rank=2, alpha=2.0, kind=kind, factor=4)  # type: ignore[arg-type]
    second = written(load_family(tiny_base), tmp_path / "b.safetensors", lora)
    bare = predict(family)
    inner = mount_lora(family, first, 0.5)
    one = predict(family)
    outer = mount_lora(family, second, 1.0)
    both = predict(family)
    outer.remove()
    assert torch.equal(predict(family), one)
    outer = mount_lora(family, second, 1.0)
    inner.remove()
    alone = predict(family)
    outer.remove()
    assert torch.equal(predict(family), bare)
    again = mount_lora(family, second, 1.0)
    assert torch.equal(predict(family), alone)
    again.remove()
    assert not torch.allclose(both, alone, atol=1e-3)
    merged = load_family(tiny_base)
    for path, strength in ((first, 0.5), (second, 1.0)):
        merge(merged, path, strength)
    assert torch.allclose(predict(merged), both, atol=1e-4)


def merge(family: Family, path: Path, strength: float) -> None:
    """Write the changed weights into the base."""
    from trainer.lora.layers.layer import merged_weight

    applied = mount_lora(family, path, strength)
    weights = {address: merged_weight(layer.module).detach().clone() for address, layer in applied.layers.items()}
    applied.remove()
    for address, weight in weights.items():
        family.module(address).weight.data = weight


def test_layers_keep_their_names_under_adapters(tiny_base: Base, family: StableDiffusion, kohya: Path) -> None:
    targets, text = family.lora_targets("attention_mlp_conv"), family.text_targets()
    mount_lora(family, kohya, 1.0)
    mount_lora(family, kohya, 1.0)
    assert family.lora_targets("attention_mlp_conv") == targets
    assert family.text_targets() == text
    assert len(mount_lora(family, kohya, 1.0).layers) == len(layers_of(load_family(tiny_base), kohya))


def test_a_kind_that_is_not_applied_here_is_named(family: StableDiffusion, tmp_path: Path) -> None:
    prefix = family.keys.prefix(ADDRESSES["unet"])
    save_file({f"{prefix}.oft_blocks": torch.zeros(4, 8, 8)}, tmp_path / "oft.safetensors")
    with pytest.raises(ModelError, match=r"oft\.safetensors holds oft in lora_unet.*oft_blocks.*not applied here"):
        mount_lora(family, tmp_path / "oft.safetensors", 1.0)


def test_a_layer_of_another_size_is_named_and_nothing_is_put_in_place(family: StableDiffusion, tmp_path: Path) -> None:
    bare = predict(family)
    prefix = family.keys.prefix(ADDRESSES["unet"])
    tensors = {f"{prefix}.lora_down.weight": torch.ones(2, 7), f"{prefix}.lora_up.weight": torch.ones(9, 2)}
    save_file(tensors, tmp_path / "other.safetensors")
    with pytest.raises(ModelError, match="base of other sizes"):
        mount_lora(family, tmp_path / "other.safetensors", 1.0)
    assert torch.equal(predict(family), bare)


def test_a_peft_folder_with_pickled_weights_is_not_opened(family: StableDiffusion, tmp_path: Path) -> None:
    (tmp_path / "adapter_config.json").write_text('{"peft_type": "LORA", "r": 2}')
    (tmp_path / "adapter_model.bin").write_bytes(b"x")
    with pytest.raises(ModelError, match="has no adapter_model.safetensors"):
        mount_lora(family, tmp_path, 1.0)


def test_all_tensors_of_the_file_are_read(kohya: Path, family: StableDiffusion) -> None:
    read = layers_of(family, kohya)
    assert sum(len(layer) for layer in read.values()) == len(load_file(kohya))


def test_a_peft_folder_whose_alpha_is_no_number_gets_a_sentence(family: StableDiffusion, tmp_path: Path) -> None:
    (tmp_path / "adapter_config.json").write_text('{"peft_type": "LORA", "r": 2, "lora_alpha": "many"}')
    save_file({"base_model.model.x.lora_A.weight": torch.zeros(2, 4)}, tmp_path / "adapter_model.safetensors")
    with pytest.raises(ModelError, match="holds no rank and alpha for every layer"):
        mount_lora(family, tmp_path, 1.0)


def test_an_alpha_of_two_numbers_is_refused_before_anything_is_mounted(
    tiny_base: Base, family: StableDiffusion, tmp_path: Path
) -> None:
    path = written(load_family(tiny_base), tmp_path / "kohya.safetensors", Lora(rank=2))
    tensors = load_file(path)
    tensors |= {key: torch.ones(2) for key in list(tensors)[:40] if key.endswith(".alpha")}
    save_file(tensors, path)
    with pytest.raises(ModelError, match=r"kohya.safetensors is damaged: of .* alpha holds 2 numbers"):
        mount_lora(family, path, 1.0)
