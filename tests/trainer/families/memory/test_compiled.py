"""Compiled blocks compute what the blocks compute, and nothing of a process or of a model is other than before."""

import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from trainer.families.memory.compiled import CompiledBlocks, pays, repeated, why_not_compiled
from trainer.families.memory.recomputed import recompute
from trainer.recipe.memory import Memory

WIDTH, TOKENS = 16, 12


class Part(torch.nn.Module):
    """Attention over a frozen layer with a low-rank change of it."""

    def __init__(self, number: int) -> None:
        super().__init__()
        source = torch.Generator().manual_seed(number)
        self.frozen = torch.nn.Parameter(torch.randn(WIDTH, WIDTH, generator=source), requires_grad=False)
        self.down = torch.nn.Parameter(torch.randn(2, WIDTH, generator=source))
        self.up = torch.nn.Parameter(torch.randn(WIDTH, 2, generator=source))
        self.kind = 0

    def forward(self, x: Tensor, _nothing: None) -> Tensor:
        changed = F.linear(x, self.frozen) + F.linear(F.linear(x, self.down), self.up)
        heads = F.gelu(changed).unflatten(-1, (2, -1)).transpose(1, 2)
        mixed = F.scaled_dot_product_attention(heads, heads, heads)
        return x + torch.tanh(mixed.transpose(1, 2).flatten(2)) + self.kind


class Denoiser(torch.nn.Module):
    """Blocks as diffusers goes through them."""

    _repeated_blocks = ("Part",)

    def __init__(self) -> None:
        super().__init__()
        self.blocks = torch.nn.ModuleList(Part(number) for number in range(3))
        self.run: Callable[..., Tensor] | None = None

    def enable_gradient_checkpointing(self, run: Callable[..., Tensor]) -> None:
        self.run = run

    def forward(self, x: Tensor) -> Tensor:
        for block in self.blocks:
            x = self.run(block, x, None) if self.run and torch.is_grad_enabled() else block(x, None)
        return x

    def step(self, tokens: int = TOKENS) -> list[Tensor]:
        x: Any = self(torch.randn(2, tokens, WIDTH, generator=torch.Generator().manual_seed(7)))
        x.square().mean().backward()
        found = [x.detach(), *(weight.grad for weight in self.parameters() if weight.grad is not None)]
        for weight in self.parameters():
            weight.grad = None
        return found

    def kept(self) -> int:
        """Bytes that a forward pass keeps for the backward one, weights left out."""
        weights = {weight.data_ptr() for weight in self.parameters()}
        sizes: list[int] = []

        def note(tensor: Tensor) -> Tensor:
            if tensor.data_ptr() not in weights:
                sizes.append(tensor.nbytes)
            return tensor

        with torch.autograd.graph.saved_tensors_hooks(note, lambda tensor: tensor):
            self(torch.randn(2, TOKENS, WIDTH))
        return sum(sizes)


def same(one: list[Tensor], other: list[Tensor]) -> bool:
    return len(one) == len(other) and all(map(torch.equal, one, other))


class Graphs:
    """A compiler that leaves graphs as they are, and counts them."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, graph: Any, _inputs: Any) -> Any:
        self.count += 1
        return graph.forward


def compiled(denoiser: torch.nn.Module, backend: Any) -> CompiledBlocks:
    made = CompiledBlocks(denoiser, backend)
    assert not made.fault
    return made


def test_compiled_blocks_give_the_blocks_bits_and_keep_what_they_did() -> None:
    denoiser = Denoiser()
    plain, whole = denoiser.step(), denoiser.kept()
    recompute(denoiser, None, offloads=False)
    boundaries = denoiser.kept()
    through = compiled(denoiser, "aot_eager")
    for blocks in ([], [*denoiser.blocks][:2], None):
        recompute(denoiser, blocks, offloads=False, through=through)
        assert same(denoiser.step(), plain)
    assert denoiser.kept() == boundaries < whole / 3, "compilation undoes checkpointing"
    recompute(denoiser, None, offloads=False, keeps_attention=True, through=through)
    assert same(denoiser.step(), plain)
    recompute(denoiser, None, offloads=True, through=through)
    assert same(denoiser.step(), plain)
    assert not through.fault


def test_all_blocks_of_a_class_share_what_is_made_and_drawing_makes_nothing() -> None:
    denoiser, graphs = Denoiser(), Graphs()
    names = [*denoiser.state_dict()]
    through = compiled(denoiser, graphs)
    recompute(denoiser, None, offloads=False, through=through)
    denoiser.step()
    # The first block's input learns nothing, the others' does.
    assert graphs.count == 2
    with torch.no_grad():
        denoiser(torch.randn(1, 2 * TOKENS, WIDTH))
    denoiser.step()
    assert graphs.count == 2
    assert [*denoiser.state_dict()] == names


def test_as_many_graphs_are_made_as_are_needed_in_any_thread() -> None:
    """Dynamo gives up after eight, and its settings are each thread's own."""
    denoiser, graphs = Denoiser(), Graphs()
    through = compiled(denoiser, graphs)
    recompute(denoiser, [], offloads=False, through=through)

    def often() -> None:
        for kind in range(10):
            for block in denoiser.blocks:
                block.kind = kind  # type: ignore[assignment]
            denoiser.step()

    before = dynamo_settings()
    elsewhere: list[Any] = []
    thread = threading.Thread(target=lambda: (often(), elsewhere.append(dynamo_settings())))
    thread.start()
    thread.join()
    assert graphs.count == 20
    assert not through.fault
    assert dynamo_settings() == before
    assert elsewhere == [before]


def dynamo_settings() -> dict[str, Any]:
    config: Any = torch._dynamo.config
    return {name: getattr(config, name) for name in ("recompile_limit", "suppress_errors", "cache_size_limit")}


def test_what_cannot_be_compiled_goes_plainly_and_says_why() -> None:
    denoiser = Denoiser()
    plain = denoiser.step()

    def broken(_graph: Any, _inputs: Any) -> Any:
        raise RuntimeError("No working C++ compiler found\nand a long story")

    through = CompiledBlocks(denoiser, broken)
    recompute(denoiser, None, offloads=False, through=through)
    assert same(denoiser.step(), plain)
    assert "No working C++ compiler found" in through.fault
    assert "story" not in through.fault


def test_a_device_whose_memory_is_full_is_no_fault_of_compilation() -> None:
    def full(_graph: Any, _inputs: Any) -> Any:
        def run(*_: Any) -> Any:
            raise torch.OutOfMemoryError("full")

        return run

    denoiser = Denoiser()
    through = CompiledBlocks(denoiser, full)
    recompute(denoiser, None, offloads=False, through=through)
    with pytest.raises(torch.OutOfMemoryError):
        denoiser.step()
    assert not through.fault


def test_other_parts_of_a_denoiser_go_plainly() -> None:
    graphs = Graphs()
    through = CompiledBlocks(Denoiser(), graphs)
    x = torch.randn(1, 3, WIDTH)
    assert torch.equal(through(torch.nn.Identity(), x), x)
    assert graphs.count == 0


@pytest.mark.parametrize(
    ("memory", "device", "expected"),
    [
        (Memory(compile="off"), "cuda", "switched off"),
        (Memory(), "cpu", "only GPUs gain by it"),
        (Memory(compile="on"), "cpu", ""),
        (Memory(compile="on", swapped_blocks=3), "cpu", "swapped blocks change their place in every step"),
        (Memory(), "cuda", "triton is not installed"),
    ],
)
def test_what_speaks_against_it_is_said(
    memory: Memory, device: str, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("trainer.families.memory.compiled.find_spec", lambda _: None)
    denoiser = Denoiser()
    assert len(repeated(denoiser)) == 3
    assert why_not_compiled(memory, device, denoiser) == expected
    on = replace(memory, compile="on", swapped_blocks=0)
    assert why_not_compiled(on, "cpu", torch.nn.Identity()) == "this base has no blocks that repeat"
    block: Any = denoiser.blocks[0]
    block.down.data = torch.zeros(100)[1 : 1 + block.down.numel()].view_as(block.down)
    assert "uneven places" in why_not_compiled(on, "cpu", denoiser)


def test_it_pays_in_a_long_run() -> None:
    assert not pays(seconds_left=600.0, classes=2)
    assert pays(seconds_left=1000.0, classes=2)
    assert not pays(seconds_left=1000.0, classes=3)
