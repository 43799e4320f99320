"""peft is the engine of LoRA layers: on the main path, in our precision, on quantised layers too."""

import sys
from pathlib import Path

import pytest
import torch
from peft.tuners.lora.layer import Conv2d, Linear

from trainer.errors import ModelError
from trainer.families.base import Base
from trainer.families.registry import load_family
from trainer.lora.layers.build import build_layers
from trainer.lora.layers.layer import AdapterState, LowRank, bare
from trainer.lora.layers.lokr import Kronecker, blocks
from trainer.lora.layers.peft_lora import PeftLora
from trainer.recipe.lora import Lora

from .test_adapter import attach, written


def test_layers_in_training_are_pefts(tiny_base: Base) -> None:
    family = load_family(tiny_base)
    adapter = attach(family, lora=Lora(rank=4, targets="attention_mlp_conv"), text=True)
    kinds = {address: type(family.module(address)) for address in adapter.layers}
    assert set(kinds.values()) == {Linear, Conv2d}
    assert any(address.startswith("te2.") for address in kinds)


def test_layers_of_a_file_are_pefts(tiny_base: Base, tmp_path: Path) -> None:
    from trainer.lora.mount import mount_lora

    path = written(load_family(tiny_base), tmp_path / "x.safetensors", Lora(rank=4))
    family = load_family(tiny_base)
    applied = mount_lora(family, path, 1.0)
    assert {type(family.module(address)) for address in applied.layers} == {Linear}


def test_without_peft_one_sentence_says_what_to_install(tiny_base: Base, monkeypatch: pytest.MonkeyPatch) -> None:
    family = load_family(tiny_base)
    monkeypatch.setitem(sys.modules, "peft", None)
    with pytest.raises(ModelError, match="pip install peft"):
        attach(family)


def test_half_precision_activations_are_never_copied_up(tiny_base: Base) -> None:
    """peft's own way casts the input to the adapter's fp32, which the backward pass would keep."""
    base = torch.nn.Linear(64, 64, dtype=torch.bfloat16).requires_grad_(False)
    layer = build_layers({"a": (base, LowRank(4, 4.0))}, AdapterState())["a"]
    kept: list[torch.Tensor] = []

    def pack(tensor: torch.Tensor) -> torch.Tensor:
        kept.append(tensor)
        return tensor

    x = torch.randn(2, 100, 64, dtype=torch.bfloat16, requires_grad=True)
    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        answer = layer.module(x)
    assert answer.dtype == torch.bfloat16
    assert {tensor.dtype for tensor in kept if tensor.numel() >= x.numel()} <= {torch.bfloat16}
    assert {weight.dtype for weight in layer.weights()} == {torch.float32}


# Not DoRA on 8 bits: on a processor peft's dequantising loses bitsandbytes' scales (peft 0.21, bitsandbytes 0.50).
@pytest.mark.parametrize(("kind", "bits"), [("lora", 4), ("lora", 8), ("dora", 4), ("lokr", 4), ("lokr", 8)])
def test_a_quantised_layer_learns(kind: str, bits: int) -> None:
    import bitsandbytes
    from peft.tuners.lora import bnb

    if bits == 4:
        frozen = bitsandbytes.nn.Linear4bit(64, 128, compute_dtype=torch.float32)
    else:
        frozen = bitsandbytes.nn.Linear8bitLt(64, 128, has_fp16_weights=False)
    frozen = frozen.to("cpu").requires_grad_(False)
    x = torch.randn(3, 64, generator=torch.Generator().manual_seed(0))
    plain = frozen(x)
    shape = LowRank(4, 2.0, is_dora=kind == "dora")
    shape = Kronecker(blocks(torch.Size((128, 64)), 4, 8), 2.0) if kind == "lokr" else shape
    layer = build_layers({"a": (frozen, shape)}, AdapterState())["a"]
    layer.start(torch.Generator().manual_seed(1))
    if kind != "lokr":
        assert isinstance(layer, PeftLora)
        assert isinstance(layer.module, bnb.Linear4bit if bits == 4 else bnb.Linear8bitLt)
    assert bare(layer.module) is frozen
    assert torch.allclose(layer.module(x), plain, atol=1e-4)
    layer.module(x).square().sum().backward()
    assert any(weight.grad is not None and weight.grad.abs().sum() > 0 for weight in layer.weights())
    layer.enable(is_on=False)
    assert torch.equal(layer.module(x), plain)


def test_switching_off_and_on_changes_nothing_of_what_learns() -> None:
    layer = build_layers({"a": (torch.nn.Linear(8, 8), LowRank(2, 2.0))}, AdapterState())["a"]
    first, second = layer.weights()
    first.requires_grad_(False)
    layer.enable(is_on=False)
    layer.enable(is_on=True)
    assert (first.requires_grad, second.requires_grad) == (False, True)
