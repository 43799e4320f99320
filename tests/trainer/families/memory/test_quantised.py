"""Frozen weights in 4 and 8 bits: how exact they are, what learns on them, and that a run on them resumes exactly."""

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
import torch.nn.functional as F

from tests.conftest import write_tiny_dataset
from trainer.errors import Cancelled, RecipeError
from trainer.families.base import Base
from trainer.families.flow.family import FlowFamily
from trainer.families.memory.packing import PACKINGS
from trainer.families.memory.quantised import QuantisedLinear
from trainer.families.residence import Residence
from trainer.recipe.buckets import Buckets
from trainer.recipe.flow import Flow
from trainer.recipe.lora import Lora
from trainer.recipe.loss import Loss
from trainer.recipe.memory import Memory, Quantization
from trainer.recipe.optim import Optim, Schedule
from trainer.recipe.output import Output
from trainer.recipe.recipe import Recipe
from trainer.runtime.work import follow
from trainer.training.job import Job
from trainer.training.run.events import Event, Finished, HeldOut, Stepped
from trainer.training.train import train

from .sides import side

KINDS = ("nf4", "int8", "fp8", "int8_w8a8")


def linear(dtype: torch.dtype = torch.float32) -> torch.nn.Linear:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return torch.nn.Linear(96, 64, dtype=dtype).requires_grad_(False)


# A normal variable's share: 4-bit NormalFloat keeps about 9 %, int8 by row under 1 %, e4m3 3 bits of mantissa.
@pytest.mark.parametrize(("kind", "share"), [("nf4", 0.11), ("int8", 0.008), ("fp8", 0.035), ("int8_w8a8", 0.01)])
def test_weights_come_back(kind: str, share: float) -> None:
    plain = linear()
    packed = QuantisedLinear(plain, kind)
    error = (packed.dense() - plain.weight).norm() / plain.weight.norm()
    assert 0 < error < share
    assert packed.weight.nbytes == plain.weight.numel() // (2 if kind == "nf4" else 1)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16])
def test_answers_and_gradients_are_those_of_the_unpacked_weight(kind: str, dtype: torch.dtype) -> None:
    packed = QuantisedLinear(linear(dtype), kind)
    x = torch.linspace(-1, 1, 5 * 96).view(5, 96).to(dtype)
    mine, theirs = x.clone().requires_grad_(), x.clone().requires_grad_()
    answer, wanted = packed(mine), F.linear(theirs, packed.dense(), packed.bias)
    assert torch.equal(answer, wanted)
    answer.square().sum().backward()
    wanted.square().sum().backward()
    assert mine.grad is not None and theirs.grad is not None
    torch.testing.assert_close(mine.grad, theirs.grad)


def test_nothing_of_the_input_is_kept() -> None:
    kept: list[int] = []
    with torch.autograd.graph.saved_tensors_hooks(lambda tensor: kept.append(tensor.numel()), lambda none: none):
        QuantisedLinear(linear(), "nf4")(torch.ones(3, 96, requires_grad=True))
    assert not kept


def test_int8_is_bitsandbytes_own() -> None:
    from bitsandbytes import functional

    weight = linear(torch.float16).weight
    theirs, scales, _ = functional.int8_vectorwise_quant(weight.data)
    mine = PACKINGS["int8"].pack(weight)
    assert (mine["weight"].int() - theirs.int()).abs().max() <= 1
    assert (mine["weight"] == theirs).float().mean() > 0.99
    torch.testing.assert_close(mine["scales"].flatten() * 127, scales)


@pytest.mark.parametrize("scale", [1.0, 0.37])
def test_what_was_fp8_stays_as_it_is(scale: float) -> None:
    numbers = torch.randn(64, 32, generator=torch.Generator().manual_seed(0)).clamp(-3, 3)
    numbers[0, 0] = 448 if scale != 1 else 3
    stored = numbers.to(torch.float8_e4m3fn)
    weight = stored.float() * scale
    packed = PACKINGS["fp8"].pack(weight)
    torch.testing.assert_close(PACKINGS["fp8"].unpack(packed, (64, 32), torch.float32), weight, rtol=1e-6, atol=0)


@pytest.mark.parametrize(
    ("kind", "adapter"),
    [("nf4", "lora"), ("nf4", "dora"), ("nf4", "lokr"), ("int8", "lora"), ("fp8", "dora"), ("int8_w8a8", "lokr")],
)
def test_every_adapter_learns_on_packed_weights(flux: Base, kind: Quantization, adapter: str) -> None:
    one = side(flux, Residence(quantization=kind, gradient_checkpointing=True), targets="all", kind=adapter)
    packed = [module for module in one.family.denoiser.modules() if isinstance(module, QuantisedLinear)]
    assert len(packed) == 14 + 2 * 6
    losses: list[float] = []
    for number in range(3):
        loss, gradients = one.step()
        losses.append(float(loss))
        assert number or all(gradient.any() for gradient in gradients)
        for weight, gradient in zip(one.weights, gradients, strict=True):
            weight.data -= 0.02 * gradient
    assert losses == sorted(losses, reverse=True)
    assert losses[-1] < losses[0] - 1e-3


def test_a_recipe_packs_denoiser_and_encoders(job: Job) -> None:
    family = replace(job, recipe=replace(RECIPE, memory=RESTS)).family()
    assert isinstance(family, FlowFamily)
    kinds = {
        part: {each.kind for each in family._residents.get(part).modules() if isinstance(each, QuantisedLinear)}
        for part in ("transformer", "text")
    }
    assert kinds == {"transformer": {"nf4"}, "text": {"int8"}}
    # A caption means nearly the same to encoders in 8 bits.
    plain = replace(job, recipe=replace(RECIPE, memory=Memory(precision="fp32"))).family()
    mine, theirs = (one.encode_text("a red ground")["context"] for one in (family, plain))
    assert 0 < (mine - theirs).norm() / theirs.norm() < 0.05


def test_small_updates_survive_on_a_base_in_bf16(flux: Base) -> None:
    one = side(flux, Residence(precision="bf16", quantization="nf4"))
    weight = one.weights[0]
    assert weight.dtype == torch.float32
    before, small = weight.detach().clone(), 1e-6 * weight.abs().mean()
    for _ in range(100):
        weight.data += small
    moved = (weight - before).detach() / small
    # In bf16 not one of them would count: 1e-6 is far below half a step of 2^-8.
    assert torch.equal((before.bfloat16() + small.bfloat16()), before.bfloat16())
    assert (moved - 100).abs().max() < 5


RECIPE = Recipe(
    lora=Lora(rank=2, alpha=2.0, targets="attention_mlp"),
    optim=Optim(lr=2e-3, optimizer="paged_adamw8bit"),
    schedule=Schedule(steps=4, batch=1),
    loss=Loss(min_snr_gamma=0.0),
    buckets=Buckets(resolution=64, step=16, shortest=32, longest=128),
    output=Output(sample_every=0, save_every=2, held_out_every=4),
    flow=Flow(text_tokens=64),
)
RESTS = Memory(
    precision="fp32",
    quantization="nf4",
    text_quantization="int8",
    swapped_blocks=3,
    offload_activations=True,
    precompute_modulation=True,
)


@pytest.fixture(scope="module")
def job(flux: Base, tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder = tmp_path_factory.mktemp("packed_run")
    dataset = write_tiny_dataset(folder / "set", sizes=((64, 64),))
    return Job(recipe=RECIPE, dataset=dataset, base=flux, run=folder / "run", name="sage")


@pytest.mark.parametrize("memory", [RESTS, Memory(precision="bf16", quantization="int8")], ids=["nf4", "int8"])
def test_a_run_learns_and_resumes_exactly(job: Job, memory: Memory) -> None:
    job = replace(job, recipe=replace(RECIPE, memory=memory), run=job.run / memory.quantization)
    events = list(train(job))
    held = [event.held_out for event in events if isinstance(event, HeldOut)]
    assert held[-1] < held[0]
    stopped = replace(job, run=job.run.with_name(f"{memory.quantization}_stopped"))
    steps: list[Event] = []
    with pytest.raises(Cancelled):
        follow(train(stopped, cancelled=lambda: sum(isinstance(each, Stepped) for each in steps) >= 3), steps.append)
    *_, resumed = train(stopped)
    assert isinstance(resumed, Finished)
    finished = events[-1]
    assert isinstance(finished, Finished)
    assert _digest(finished.checkpoints[-1]) == _digest(resumed.checkpoints[-1])


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.mark.parametrize(
    ("memory", "said"),
    [
        (Memory(swapped_blocks=9), "swapped_blocks is 9, but this base has 3 blocks"),
        (Memory(checkpointed_blocks=4), "checkpointed_blocks is 4, but this base has 3 blocks"),
        (Memory(precompute_modulation=True), "with targets 'all' those layers learn; use targets 'attention', "),
    ],
)
def test_what_cannot_be_is_said_before_anything_loads(job: Job, memory: Memory, said: str) -> None:
    recipe = replace(RECIPE, memory=memory, lora=replace(RECIPE.lora, targets="all"))
    with pytest.raises(RecipeError, match=said):
        replace(job, recipe=recipe).family()


def test_too_little_memory_in_the_computer_is_said_first(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("trainer.families.memory.housing.free_ram", lambda: 100_000)
    recipe = replace(RECIPE, memory=Memory(swapped_blocks=3))
    with pytest.raises(RecipeError, match=r"rests in the computer's memory needs 0\.0 GiB, and 0\.0 GiB are free"):
        replace(job, recipe=recipe).family()


def test_a_missing_library_is_said_first(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "bitsandbytes", None)
    with pytest.raises(RecipeError, match="'nf4' needs the Python package bitsandbytes"):
        replace(job, recipe=replace(RECIPE, memory=Memory(quantization="nf4"))).family()
