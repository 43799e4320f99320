"""Little memory on a CUDA device: the same numbers as without, within a tenth of the memory; skipped where there is
none."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from tests.tiny_flux import transformer_shapes, write
from tests.trainer.families.memory.sides import Side, side
from trainer.families.base import Base
from trainer.families.memory.recomputed import offloaded
from trainer.families.residence import Residence
from trainer.recipe.memory import Quantization
from trainer.runtime.backends import Backends

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device"),
]
WIDTH, DOUBLE, SINGLE = 1024, 3, 9
PLAIN = Residence(device="cuda", precision="bf16")
CHECKPOINTED = replace(PLAIN, gradient_checkpointing=True)
SWAPPED = replace(CHECKPOINTED, swapped_blocks=DOUBLE + SINGLE)
MODULES = "attention_mlp"


@pytest.fixture(scope="module")
def flux(tmp_path_factory: pytest.TempPathFactory) -> Base:
    """Blocks of 37 and 15 MB, which take a while to copy and to compute."""
    shapes = transformer_shapes(True, width=WIDTH, double=DOUBLE, single=SINGLE)
    path = write(tmp_path_factory.mktemp("wide") / "wide.safetensors", shapes)
    return Base(family="flux1", name="wide", sha256="0", files={"transformer": path})


@pytest.fixture(autouse=True)
def same_kernels() -> Iterator[None]:
    with Backends(device="cuda", is_deterministic=True).at_work():
        yield
    torch.cuda.empty_cache()


def assert_same(mine: tuple[Tensor, list[Tensor]], theirs: tuple[Tensor, list[Tensor]]) -> None:
    assert torch.equal(mine[0], theirs[0])
    assert all(map(torch.equal, mine[1], theirs[1]))
    assert all(gradient.any() for gradient in mine[1])


@pytest.mark.parametrize(
    "way",
    [
        CHECKPOINTED,
        replace(CHECKPOINTED, checkpointed_blocks=5),
        replace(CHECKPOINTED, offload_activations=True),
        SWAPPED,
        replace(SWAPPED, offload_activations=True),
    ],
    ids=["recomputed", "some recomputed", "offloaded", "swapped", "swapped and offloaded"],
)
def test_every_way_gives_the_plain_ways_bits(flux: Base, way: Residence, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("trainer.families.memory.recomputed._SMALL", 0)
    assert_same(side(flux, way, MODULES).step(), side(flux, PLAIN, MODULES).step())


@pytest.mark.parametrize("quantization", ["none", "nf4", "int8", "fp8"])
def test_swapped_twenty_times_no_copy_comes_too_late(flux: Base, quantization: Quantization) -> None:
    still = side(flux, replace(CHECKPOINTED, quantization=quantization), MODULES).step()
    swapped = side(flux, replace(SWAPPED, quantization=quantization), MODULES)
    for number in range(20):
        if number % 3 == 1:
            with torch.no_grad():
                assert torch.equal(swapped.loss(), still[0])
        if number % 5 == 2:
            _keep_busy()
        assert_same(swapped.step(), still)


def test_swapped_blocks_take_two_buffers(flux: Base) -> None:
    whole, swapped = (_weights(flux, way) for way in (CHECKPOINTED, SWAPPED))
    largest = max(_bytes(block) for block in side(flux, PLAIN).family.denoiser.transformer_blocks)  # type: ignore
    assert swapped < whole / 2
    assert swapped < 2 * largest + 64 * 2**20


def test_packed_weights_take_the_bytes_that_are_planned(flux: Base) -> None:
    whole = _weights(flux, CHECKPOINTED)
    for kind, share in (("nf4", 0.516 / 2), ("int8", 0.5), ("fp8", 0.5)):
        packed = _weights(flux, replace(CHECKPOINTED, quantization=kind))  # type: ignore[arg-type]
        assert packed / whole == pytest.approx(share, abs=0.06), kind


def test_what_is_offloaded_leaves_the_device_and_comes_back() -> None:
    start: Any = torch.randn(64, 2**18, device="cuda").requires_grad_()
    before = torch.cuda.memory_allocated()
    with offloaded(least=0):
        answer = start.exp().log()
    torch.cuda.synchronize()
    assert torch.cuda.memory_allocated() - before < 2 * answer.nbytes
    answer.sum().backward()
    torch.testing.assert_close(start.grad, torch.ones_like(start), rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("optimizer", ["adamw8bit", "paged_adamw8bit"])
def test_8_bit_moments_resume_exactly(optimizer: str, tmp_path: Path) -> None:
    from trainer.recipe.optim import Optim
    from trainer.training.step.flat_optimizer import FlatOptimizer

    def made() -> tuple[torch.nn.Parameter, FlatOptimizer]:
        weight = torch.nn.Parameter(torch.linspace(-1, 1, 2**16, device="cuda"))
        return weight, FlatOptimizer([[weight]], Optim(optimizer=optimizer, lr=1e-3))  # type: ignore[arg-type]

    def update(weight: torch.nn.Parameter, flat: FlatOptimizer, number: int) -> None:
        source = torch.Generator(device="cuda").manual_seed(number)
        loss: Any = (weight - torch.randn(weight.shape, device="cuda", generator=source)).square().sum()
        loss.backward()
        flat.step([1e-3], flat.gradient_norm())

    weight, straight = made()
    for number in range(6):
        if number == 3:
            kept = {name: tensor.clone() for name, tensor in straight.tensors().items()}
        update(weight, straight, number)
    again, resumed = made()
    resumed.restore(kept, 3)
    for number in range(3, 6):
        update(again, resumed, number)
    assert torch.equal(weight, again)


def _keep_busy() -> None:
    """Work that the device is still at when the next step is given to it."""
    square = torch.randn(4096, 4096, device="cuda")
    for _ in range(8):
        square = square @ square * 1e-3


def _weights(flux: Base, way: Residence) -> int:
    torch.cuda.synchronize()
    before = torch.cuda.memory_allocated()
    one: Side = side(flux, way, MODULES)
    with torch.no_grad():
        one.loss()
    torch.cuda.synchronize()
    return torch.cuda.memory_allocated() - before


def _bytes(module: torch.nn.Module) -> int:
    return sum(weight.nbytes for weight in module.parameters())
