"""Adapters and their files."""

import hashlib
import json
from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file

from trainer.errors import ModelError
from trainer.families.base import Base
from trainer.families.registry import load_family
from trainer.families.sd.keys import SdKeys
from trainer.families.sd.model import StableDiffusion
from trainer.lora.adapter import Adapter
from trainer.lora.save import lora_tensors, save_lora
from trainer.recipe.lora import Lora
from trainer.storage.tensor_file import serialise

LORA = Lora(rank=2, alpha=4.0)


@pytest.fixture
def family(tiny_base: Base) -> StableDiffusion:
    loaded = load_family(tiny_base)
    assert isinstance(loaded, StableDiffusion)
    return loaded


def attach(family: StableDiffusion, seed: int = 0) -> Adapter:
    return Adapter(family, family.lora_targets("attention"), LORA, seed)


def test_a_file_holds_kohyas_three_tensors_a_module(family: StableDiffusion, tmp_path: Path) -> None:
    path = tmp_path / "x.safetensors"
    save_lora(path, attach(family), family, {"ss_network_dim": "2"})
    tensors = load_file(path)
    prefix = "lora_unet_input_blocks_3_1_transformer_blocks_0_attn1_to_out_0"
    assert tensors[f"{prefix}.lora_down.weight"].shape == (2, 32)
    assert tensors[f"{prefix}.lora_up.weight"].shape == (32, 2)
    assert tensors[f"{prefix}.alpha"].item() == 4.0
    assert len(tensors) == 3 * len(family.lora_targets("attention"))
    assert {tensor.dtype for tensor in tensors.values()} == {torch.float16}


def test_hashes_are_those_that_readers_compute(family: StableDiffusion, tmp_path: Path) -> None:
    path = tmp_path / "x.safetensors"
    save_lora(path, attach(family), family, {"ss_a": "1", "modelspec.title": "x"})
    data = path.read_bytes()
    start = 8 + int.from_bytes(data[:8], "little")
    with safe_open(path, "pt") as file:
        metadata = file.metadata()
    assert metadata["sshs_model_hash"] == hashlib.sha256(data[start:]).hexdigest()
    alone = serialise(lora_tensors(attach_again(family), family, torch.float16), {"ss_a": "1"})
    assert metadata["sshs_legacy_hash"] == hashlib.sha256(alone[0x100000:0x110000]).hexdigest()[:8]


def attach_again(family: StableDiffusion) -> Adapter:
    for address in family.lora_targets("attention"):
        family.replace(address, family.module(address).base_layer)
    return attach(family)


def test_a_key_the_host_does_not_read_is_an_error_and_no_file(
    family: StableDiffusion, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    adapter = attach(family)
    monkeypatch.setattr(SdKeys, "prefix", lambda _self, module: f"unet.no_{module}")
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
