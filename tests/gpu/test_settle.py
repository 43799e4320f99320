"""How a run computes on a CUDA device: what is taken gives the plain way's gradients; skipped where there is none."""

from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import pytest
import torch

from trainer.dataset.dataset import Dataset
from trainer.families.base import Base
from trainer.recipe.buckets import Buckets
from trainer.recipe.lora import Lora
from trainer.recipe.memory import Memory
from trainer.recipe.optim import Schedule
from trainer.recipe.output import Output
from trainer.recipe.recipe import Recipe
from trainer.runtime.backends import attention_for
from trainer.training.job import Job
from trainer.training.run.events import Settled, Stepped
from trainer.training.train import train

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device"),
]
RECIPE = Recipe(
    lora=Lora(rank=4, alpha=4.0),
    schedule=Schedule(steps=3, batch=2),
    buckets=Buckets(resolution=64, step=8, shortest=32, longest=128),
    memory=Memory(precision="bf16", compile="off"),
    output=Output(save_every=3, sample_every=0, held_out_every=9),
)


@pytest.fixture
def job(tiny_base: Base, tiny_dataset: Dataset, tmp_path: Path) -> Job:
    run = tmp_path / "run"
    return Job(recipe=RECIPE, dataset=tiny_dataset, base=tiny_base, run=run, name="sage", device="cuda")


def losses(job: Job, memory: Memory, name: str) -> tuple[Settled, list[float]]:
    events = list(train(replace(job, recipe=replace(RECIPE, memory=memory), run=job.run.with_name(name))))
    (told,) = [event for event in events if isinstance(event, Settled)]
    return told, [event.loss for event in events if isinstance(event, Stepped)]


def test_compiled_blocks_learn_what_plain_ones_do(job: Job) -> None:
    _, plain = losses(job, RECIPE.memory, "plain")
    for keep_attention in (False, True):
        memory = replace(RECIPE.memory, compile="on", keep_attention=keep_attention)
        told, compiled = losses(job, memory, f"compiled {keep_attention}")
        assert told.compiled == ("yes" if find_spec("triton") else "no: triton is not installed")
        assert compiled == pytest.approx(plain, rel=0.02)


def test_memory_that_is_free_is_used(job: Job) -> None:
    told, _ = losses(job, replace(RECIPE.memory, checkpoint_as_needed=True), "needed")
    assert told.recomputed == 0
    assert told.planned


def test_attention_is_cudnns_on_hopper_alone(job: Job) -> None:
    told, _ = losses(job, RECIPE.memory, "run")
    wanted = attention_for("cuda", is_deterministic=False)
    assert told.attention in ({"cuDNN", "PyTorch's choice"} if wanted == "cudnn" else {"PyTorch's choice"})
