"""Swapping, offloading, recomputing and precomputing change where things are and nothing else: bit for bit."""

import gc
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file
from torch.utils._python_dispatch import TorchDispatchMode

from trainer.errors import ModelError, RunError
from trainer.families.base import Base
from trainer.families.memory.modulation import RestingLinear
from trainer.families.memory.recomputed import offloaded
from trainer.families.memory.swap import SwappedBlocks
from trainer.families.residence import Residence
from trainer.lora.mount import mount_lora
from trainer.recipe.memory import Quantization

from .sides import Side, side

PLAIN = Residence()
CHECKPOINTED = Residence(gradient_checkpointing=True)
SWAPPED = replace(CHECKPOINTED, swapped_blocks=3)
WAYS = {
    "all recompute": CHECKPOINTED,
    "some recompute": replace(CHECKPOINTED, checkpointed_blocks=2),
    "swapped": SWAPPED,
    "attention kept": replace(CHECKPOINTED, keep_attention=True),
    "some recompute, attention kept": replace(CHECKPOINTED, checkpointed_blocks=2, keep_attention=True),
    "offloaded": replace(CHECKPOINTED, offload_activations=True),
    "modulation": replace(PLAIN, precompute_modulation=True),
    "all at once": replace(SWAPPED, offload_activations=True, precompute_modulation=True),
}


@pytest.fixture(scope="module")
def plain(flux: Base) -> Side:
    return side(flux, PLAIN)


def assert_same(mine: Side, theirs: Side, lengths: tuple[int, int] = (8, 8)) -> None:
    (loss, gradients), (other, others) = mine.step(lengths), theirs.step(lengths)
    assert torch.equal(loss, other)
    assert all(map(torch.equal, gradients, others))
    assert all(gradient.any() for gradient in gradients)


@pytest.mark.parametrize("way", WAYS)
def test_every_way_gives_the_plain_ways_bits(
    flux: Base, plain: Side, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("trainer.families.memory.recomputed._SMALL", 0)
    assert_same(side(flux, WAYS[way]), plain)


def test_captions_of_two_lengths_recompute_with_their_own_modulation(flux: Base, plain: Side) -> None:
    assert_same(side(flux, WAYS["all at once"]), plain, lengths=(8, 12))


@pytest.mark.parametrize("quantization", ["none", "nf4"])
def test_swapped_ten_times_gives_the_same_bits(flux: Base, quantization: Quantization) -> None:
    still = side(flux, replace(PLAIN, quantization=quantization))
    swapped = side(flux, replace(SWAPPED, quantization=quantization))
    loss, gradients = still.step()
    with torch.no_grad():
        # A LoRA that does not learn adds what it has in another order.
        shown = still.loss()
    for number in range(10):
        if number % 3 == 1:
            # A held-out loss or a sample in between goes round the ring without coming back.
            with torch.no_grad():
                assert torch.equal(swapped.loss(), shown)
        again = swapped.step()
        assert torch.equal(again[0], loss)
        assert all(map(torch.equal, again[1], gradients))


def test_swapped_blocks_rest_and_only_two_are_held(flux: Base) -> None:
    swapped = side(flux, SWAPPED)
    blocks = [swapped.family.module(f"transformer.{name}") for name in _NAMES]
    resting = {_memory_of(block) for block in blocks}
    assert len(resting) == 3
    swapped.step()
    held = [_memory_of(block) for block in blocks]
    # The backward pass ends with the first two in the ring.
    assert held[2] in resting
    assert not {held[0], held[1]} & resting
    assert held[0] != held[1]


_NAMES = ("transformer_blocks.0", "single_transformer_blocks.0", "single_transformer_blocks.1")


def _memory_of(block: torch.nn.Module) -> int:
    weight = next(weight for name, weight in block.named_parameters() if "lora" not in name)
    return weight.untyped_storage().data_ptr()


def test_modulation_rests(flux: Base) -> None:
    denoiser = side(flux, WAYS["modulation"]).family.denoiser
    resting = [name for name, module in denoiser.named_modules() if isinstance(module, RestingLinear)]
    assert resting == [
        "transformer_blocks.0.norm1.linear",
        "transformer_blocks.0.norm1_context.linear",
        "single_transformer_blocks.0.norm.linear",
        "single_transformer_blocks.1.norm.linear",
    ]


def test_a_lora_on_resting_layers_is_refused(flux: Base, tmp_path: Path) -> None:
    resting = side(flux, WAYS["modulation"]).family
    layer = "diffusion_model.single_blocks.0.modulation.lin"
    path = tmp_path / "mine.safetensors"
    sizes = {"lora_A": (2, 128), "lora_B": (384, 2)}
    save_file({f"{layer}.{name}.weight": torch.ones(size) for name, size in sizes.items()}, path)
    with pytest.raises(ModelError, match=r"mine\.safetensors changes .*modulation.*switch that off"):
        mount_lora(resting, path, 1.0)


def test_blocks_that_recompute_keep_their_inputs_alone(flux: Base) -> None:
    kept = {name: kept_bytes(side(flux, WAYS[name])) for name in ("all recompute", "some recompute", "modulation")}
    assert kept["all recompute"] < kept["some recompute"] < kept["modulation"]


class Attended(TorchDispatchMode):
    """Counts how often attention is computed."""

    def __init__(self) -> None:
        super().__init__()
        self.count = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        self.count += "_scaled_dot_product" in str(func) and "backward" not in str(func)
        return func(*args, **(kwargs or {}))


@pytest.mark.parametrize(("way", "expected"), [("all recompute", 6), ("some recompute", 5), ("attention kept", 3)])
def test_attention_is_kept_where_all_else_is_recomputed(flux: Base, way: str, expected: int) -> None:
    """Once for each of three blocks, and again where a block recomputes it."""
    one = side(flux, WAYS[way])
    with Attended() as attended:
        one.step()
    assert attended.count == expected


def kept_bytes(one: Side) -> int:
    """Bytes that a forward pass keeps for the backward one."""
    sizes: list[int] = []

    def note(tensor: torch.Tensor) -> torch.Tensor:
        sizes.append(tensor.nbytes)
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(note, lambda tensor: tensor):
        one.loss()
    return sum(sizes)


def test_what_is_offloaded_is_another_copy() -> None:
    source = torch.ones(64, requires_grad=True) * 2
    address = source.data_ptr()
    with offloaded(least=0):
        kept = source.square()
    source.data.zero_()
    assert kept.grad_fn is not None
    assert kept.grad_fn._saved_self.data_ptr() != address  # type: ignore[attr-defined]
    assert torch.equal(kept.grad_fn._saved_self, torch.full((64,), 2.0))  # type: ignore[attr-defined]


class Runtime:
    """A CUDA runtime that locks memory, or has none left to lock."""

    def __init__(self, fault: int = 0) -> None:
        self.fault = fault
        self.locked: dict[int, int] = {}

    def cudaHostRegister(self, place: int, size: int, flags: int) -> int:  # noqa: N802
        self.locked[place] = size
        return self.fault

    def cudaHostUnregister(self, place: int) -> int:  # noqa: N802
        del self.locked[place]
        return 0


def test_memory_is_locked_in_place_until_it_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    """torch.empty(pin_memory=True) takes the next power of two: 16 GiB for 9."""
    runtime = Runtime()
    monkeypatch.setattr(torch.cuda, "cudart", lambda: runtime)
    weight = torch.nn.Parameter(torch.arange(300.0), requires_grad=False)
    blocks = SwappedBlocks(torch.device("cuda"))
    blocks.add(torch.nn.Identity(), [weight])
    assert runtime.locked == {weight.data_ptr(): 1280}
    assert torch.equal(weight, torch.arange(300.0))
    weight.data = torch.empty(0)
    del blocks
    gc.collect()
    assert not runtime.locked


def test_too_little_memory_to_lock_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "cudart", lambda: Runtime(fault=2))
    with pytest.raises(
        RunError, match="gives no 0 MiB of page-locked memory for a swapped block .*fewer swapped_blocks"
    ):
        SwappedBlocks(torch.device("cuda")).add(torch.nn.Identity(), [torch.ones(8)])
