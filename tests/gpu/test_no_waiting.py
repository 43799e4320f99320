"""No step waits for the GPU; skipped where there is none."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from trainer.dataset.dataset import Dataset
from trainer.families.base import Base
from trainer.families.registry import load_family
from trainer.families.residence import Residence
from trainer.recipe.buckets import Buckets
from trainer.recipe.lora import Lora
from trainer.recipe.memory import Memory
from trainer.recipe.optim import Optim, Schedule
from trainer.recipe.recipe import Recipe
from trainer.runtime.work import follow
from trainer.training.data.prepare import Preparation, prepare
from trainer.training.run.folder import RunFolder
from trainer.training.step.train_step import TrainStep

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device"),
]
RECIPE = Recipe(
    lora=Lora(rank=4, alpha=4.0),
    optim=Optim(lr=1e-3),
    schedule=Schedule(steps=20, batch=2),
    buckets=Buckets(resolution=64, step=8, shortest=32, longest=128),
    memory=Memory(precision="bf16", gradient_checkpointing=False, cache="memory"),
)


@pytest.mark.parametrize("is_checkpointed", [False, True])
def test_a_step_sends_its_work_and_waits_for_nothing(
    tiny_base: Base, tiny_dataset: Dataset, tmp_path: Path, is_checkpointed: bool
) -> None:
    recipe = replace(RECIPE, memory=replace(RECIPE.memory, gradient_checkpointing=is_checkpointed))
    family = load_family(tiny_base, Residence.of(recipe.memory, "cuda"))
    work = Preparation(
        recipe=recipe,
        dataset=tiny_dataset,
        base=tiny_base,
        run=RunFolder(tmp_path),
        family=family,
        regularisation=None,
        prompts=(),
        cancelled=lambda: False,
    )
    step = TrainStep(family, follow(prepare(work)), recipe)
    # The first steps look for layers that learn nothing, bring every caption and make what optimizers keep.
    losses = [step.update(number).loss() for number in range(12)]
    cuda: Any = torch.cuda
    cuda.set_sync_debug_mode("error")
    try:
        late = step.update(12)
    finally:
        cuda.set_sync_debug_mode("default")
    assert all(loss == loss for loss in [*losses, late.loss()])
