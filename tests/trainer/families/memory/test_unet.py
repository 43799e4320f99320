"""A UNet in little memory: what its blocks are, the plain way's bits, and runs that resume exactly."""

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from tests.conftest import write_tiny_dataset
from trainer.errors import Cancelled, RecipeError
from trainer.families.base import Base
from trainer.families.memory.blocks import block_names, chosen_blocks
from trainer.families.memory.quantised import QuantisedLinear
from trainer.families.registry import load_family
from trainer.families.residence import Residence
from trainer.recipe.buckets import Buckets
from trainer.recipe.lora import Lora
from trainer.recipe.memory import Memory, Quantization
from trainer.recipe.optim import Optim, Schedule
from trainer.recipe.output import Output
from trainer.recipe.recipe import Recipe
from trainer.recipe.text import Text
from trainer.runtime.work import follow
from trainer.training.job import Job
from trainer.training.run.events import Event, Finished, HeldOut, Sampled, Stepped
from trainer.training.train import train

from .sides import Side, side
from .test_same_numbers import CHECKPOINTED, PLAIN, SWAPPED, assert_same, kept_bytes

WAYS = {
    "some recompute": replace(CHECKPOINTED, checkpointed_blocks=2),
    "swapped": SWAPPED,
    "all at once": replace(SWAPPED, offload_activations=True, checkpointed_blocks=3),
}
_LINEARS = 4 + 4 + 2
"""Of a block: two attentions and an MLP."""


def test_blocks_are_all_of_its_transformers_down_middle_up(unet_base: Base) -> None:
    family = load_family(unet_base, Residence(device="meta"))
    names = block_names(family.outline("unet."), family.spec.blocks)
    assert len(names) == {"sdxl": 4, "sd15": 11}[family.spec.name]
    sides = [name.partition("_")[0] for name in names]
    assert sides == sorted(sides, key=["down", "mid", "up"].index)
    assert names[0].endswith(".attentions.0.transformer_blocks.0")


@pytest.fixture(scope="module")
def plain(unet_base: Base) -> Side:
    return side(unet_base, PLAIN)


@pytest.mark.parametrize("way", WAYS)
def test_every_way_gives_the_plain_ways_bits(
    unet_base: Base, plain: Side, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("trainer.families.memory.recomputed._SMALL", 0)
    one = side(unet_base, WAYS[way])
    with torch.no_grad():
        # A held-out loss or a sample before it goes round the ring without coming back.
        assert torch.equal(one.loss(), plain.loss())
    assert_same(one, plain)


def test_what_lies_between_recomputes_in_the_same_share() -> None:
    names, between = [f"b.{n}" for n in range(4)], [f"r.{n}" for n in range(7)]
    for count, share in ((1, 2), (2, 4), (3, 6), (4, 7), (0, 7)):
        blocks = chosen_blocks(names, replace(CHECKPOINTED, checkpointed_blocks=count), between)
        assert blocks.between == tuple(between[:share])
    assert not chosen_blocks(names, PLAIN, between).between


def test_the_fewer_recompute_the_more_is_kept(tiny_base: Base) -> None:
    ways = [replace(CHECKPOINTED, checkpointed_blocks=count) for count in (0, 3, 1)]
    sizes = [kept_bytes(side(tiny_base, way)) for way in (*ways, PLAIN)]
    assert sizes == sorted(set(sizes))


@pytest.mark.parametrize("kind", ["nf4", "int8", "fp8", "int8_w8a8"])
def test_linears_of_blocks_are_packed_and_nothing_else(tiny_base: Base, kind: Quantization) -> None:
    one = side(tiny_base, Residence(quantization=kind, gradient_checkpointing=True), targets="attention_mlp_conv")
    packed = [name for name, module in one.family.denoiser.named_modules() if isinstance(module, QuantisedLinear)]
    count = len(block_names(one.family.denoiser, one.family.spec.blocks))
    assert len(packed) == count * _LINEARS
    assert all(".transformer_blocks." in name for name in packed)
    _, gradients = one.step()
    assert all(gradient.isfinite().all() and gradient.any() for gradient in gradients)


def test_packed_answers_are_those_of_the_unpacked_weights(tiny_base: Base) -> None:
    packed, dense = side(tiny_base, Residence(quantization="int8")), side(tiny_base, PLAIN)
    for name, module in packed.family.denoiser.named_modules():
        if isinstance(module, QuantisedLinear):
            layer: Any = dense.family.denoiser.get_submodule(name)
            layer.weight.data.copy_(module.dense())
    (loss, gradients), (other, others) = packed.step(), dense.step()
    torch.testing.assert_close(loss, other)
    torch.testing.assert_close(gradients, others)


def test_more_than_there_are_is_said_first(tiny_base: Base) -> None:
    with pytest.raises(RecipeError, match="swapped_blocks is 9, but this base has 4 blocks"):
        load_family(tiny_base, replace(SWAPPED, swapped_blocks=9))


def test_encoders_read_packed(tiny_base: Base) -> None:
    packed = load_family(tiny_base, Residence(text_quantization="int8"))
    mine, theirs = (one.encode_text("a red ground")["context"] for one in (packed, load_family(tiny_base)))
    assert 0 < (mine - theirs).norm() / theirs.norm() < 0.05


RECIPE = Recipe(
    lora=Lora(rank=2, alpha=2.0, targets="attention_mlp"),
    optim=Optim(lr=2e-3, optimizer="adamw"),
    schedule=Schedule(steps=4, batch=1),
    buckets=Buckets(resolution=64, step=16, shortest=32, longest=128),
    output=Output(sample_every=4, save_every=2, held_out_every=4, watch=False),
    text=Text(encoder_lr=1e-3),
)
MEMORIES = {
    "w8a8, swapped": Memory(
        precision="fp32", quantization="int8_w8a8", text_quantization="int8", swapped_blocks=3, offload_activations=True
    ),
    "nf4, some recompute": Memory(precision="bf16", quantization="nf4", checkpointed_blocks=2),
}


@pytest.mark.parametrize("memory", [*list(MEMORIES)[:1], pytest.param(list(MEMORIES)[1], marks=pytest.mark.slow)])
def test_a_run_draws_learns_and_resumes_exactly(tiny_base: Base, tmp_path: Path, memory: str) -> None:
    dataset = write_tiny_dataset(tmp_path / "set", sizes=((64, 64),))
    recipe = replace(RECIPE, memory=MEMORIES[memory])
    job = Job(recipe=recipe, dataset=dataset, base=tiny_base, run=tmp_path / "run", name="sage")
    events = list(train(job))
    assert any(isinstance(event, Sampled) for event in events)
    held = [event.held_out for event in events if isinstance(event, HeldOut)]
    assert held[-1] < held[0]
    stopped = replace(job, run=tmp_path / "stopped")
    steps: list[Event] = []
    with pytest.raises(Cancelled):
        follow(train(stopped, cancelled=lambda: sum(isinstance(each, Stepped) for each in steps) >= 3), steps.append)
    *_, resumed = train(stopped)
    finished = events[-1]
    assert isinstance(finished, Finished) and isinstance(resumed, Finished)
    assert _digest(finished.checkpoints[-1]) == _digest(resumed.checkpoints[-1])


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
