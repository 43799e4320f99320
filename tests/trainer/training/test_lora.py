"""Adapters and their files."""

import hashlib
import json
from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file

from trainer.errors import ModelError
from trainer.families import load_family
from trainer.families.base import Base
from trainer.families.sdxl import Sdxl
from trainer.recipe.lora import Lora
from trainer.recipe.optim import Optim
from trainer.training.lora import Adapter
from trainer.training.lora_file import lora_tensors, save_lora
from trainer.training.optim import FlatOptimizer
from trainer.training.tensorfile import serialise

LORA = Lora(rank=2, alpha=4.0)


@pytest.fixture
def family(tiny_base: Base) -> Sdxl:
    loaded = load_family(tiny_base)
    assert isinstance(loaded, Sdxl)
    return loaded


def predict(family: Sdxl) -> torch.Tensor:
    noisy = torch.randn((1, 4, 8, 8), generator=torch.Generator().manual_seed(0))
    conditions = {"text_embeds": torch.ones(1, 32), "time_ids": torch.ones(1, 6)}
    with torch.no_grad():
        return family.denoiser(noisy, 500, torch.ones(1, 77, 64), added_cond_kwargs=conditions).sample


def attach(family: Sdxl, seed: int = 0) -> Adapter:
    return Adapter(family.denoiser, family.lora_targets("attention"), LORA, seed)


def test_detached_is_as_if_never_attached(family: Sdxl) -> None:
    before, names = predict(family), [name for name, _ in family.denoiser.named_modules()]
    adapter = attach(family)
    assert torch.equal(predict(family), before), "B starts at zero"
    with torch.no_grad():
        for _, up in adapter.matrices().values():
            up.fill_(0.1)
    assert not torch.equal(predict(family), before)
    adapter.detach()
    assert torch.equal(predict(family), before)
    assert [name for name, _ in family.denoiser.named_modules()] == names


def test_only_the_adapter_learns_and_in_fp32(tiny_base: Base) -> None:
    family = load_family(tiny_base, precision="bf16")
    adapter = Adapter(family.denoiser, family.lora_targets("attention"), LORA, 0)
    learning = {id(weight) for weight in family.denoiser.parameters() if weight.requires_grad}
    assert learning == {id(weight) for weight in adapter.parameters}
    assert {weight.dtype for weight in adapter.parameters} == {torch.float32}


def test_the_seed_makes_the_start(tiny_base: Base) -> None:
    starts = [attach(load_family(tiny_base), seed).parameters for seed in (1, 1, 2)]  # type: ignore[arg-type]
    assert all(torch.equal(a, b) for a, b in zip(starts[0], starts[1], strict=True))
    assert not torch.equal(starts[0][0], starts[2][0])


def test_attaching_leaves_the_callers_random_numbers_alone(family: Sdxl) -> None:
    torch.manual_seed(0)
    expected = torch.rand(1)
    torch.manual_seed(0)
    attach(family)
    assert torch.equal(torch.rand(1), expected)


def test_a_file_holds_kohyas_three_tensors_a_module(family: Sdxl, tmp_path: Path) -> None:
    path = tmp_path / "x.safetensors"
    save_lora(path, attach(family), family, {"ss_network_dim": "2"})
    tensors = load_file(path)
    prefix = "lora_unet_down_blocks_0_attentions_0_transformer_blocks_0_attn1_to_out_0"
    assert tensors[f"{prefix}.lora_down.weight"].shape == (2, 32)
    assert tensors[f"{prefix}.lora_up.weight"].shape == (32, 2)
    assert tensors[f"{prefix}.alpha"].item() == 4.0
    assert len(tensors) == 3 * len(family.lora_targets("attention"))
    assert {tensor.dtype for tensor in tensors.values()} == {torch.float16}


def test_hashes_are_those_that_readers_compute(family: Sdxl, tmp_path: Path) -> None:
    path = tmp_path / "x.safetensors"
    save_lora(path, attach(family), family, {"ss_a": "1", "modelspec.title": "x"})
    data = path.read_bytes()
    start = 8 + int.from_bytes(data[:8], "little")
    with safe_open(path, "pt") as file:
        metadata = file.metadata()
    assert metadata["sshs_model_hash"] == hashlib.sha256(data[start:]).hexdigest()
    alone = serialise(lora_tensors(attach_again(family), family, torch.float16), {"ss_a": "1"})
    assert metadata["sshs_legacy_hash"] == hashlib.sha256(alone[0x100000:0x110000]).hexdigest()[:8]


def attach_again(family: Sdxl) -> Adapter:
    for name in family.lora_targets("attention"):
        family.denoiser.set_submodule(name, family.denoiser.get_submodule(name).base_layer)
    return attach(family)


def test_a_key_the_host_does_not_read_is_an_error_and_no_file(
    family: Sdxl, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    adapter = attach(family)
    monkeypatch.setattr(Sdxl, "to_saved_keys", lambda _self, module: f"unet.{module}")
    with pytest.raises(ModelError, match="would not load unet"):
        save_lora(tmp_path / "x.safetensors", adapter, family, {})
    assert not list(tmp_path.iterdir())


def test_the_header_is_what_the_library_reads() -> None:
    from safetensors.torch import load

    tensors = {"b": torch.arange(6.0).view(2, 3), "a": torch.tensor(1.5, dtype=torch.float16)}
    data = serialise(tensors, {"z": "1", "y": "ü"})
    loaded = load(data)
    assert torch.equal(loaded["b"], tensors["b"])
    assert loaded["a"].item() == 1.5
    length = int.from_bytes(data[:8], "little")
    assert length % 8 == 0
    assert list(json.loads(data[8 : 8 + length])["__metadata__"]) == ["y", "z"]


def test_the_flat_optimizer_is_adamw() -> None:
    torch.manual_seed(0)
    ours = [torch.nn.Parameter(torch.randn(3, 2)), torch.nn.Parameter(torch.randn(4))]
    theirs = [torch.nn.Parameter(weight.detach().clone()) for weight in ours]
    optim = Optim(lr=1e-2, grad_clip=0.5)
    flat = FlatOptimizer(ours, optim)
    reference = torch.optim.AdamW(theirs, lr=1e-2, weight_decay=0.01)
    for _ in range(3):
        for weights in (ours, theirs):
            sum((weight**3).sum() for weight in weights).backward()  # type: ignore[union-attr]
        flat.step(1e-2, flat.gradient_norm())
        torch.nn.utils.clip_grad_norm_(theirs, 0.5)
        reference.step()
        reference.zero_grad()
    assert all(torch.allclose(a, b, atol=1e-7) for a, b in zip(ours, theirs, strict=True))
