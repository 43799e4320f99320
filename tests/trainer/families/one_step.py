"""One training step of ours beside one of diffusers' scripts: the same weights, noise, σ and batch."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest
import torch
from torch import Tensor

from trainer.families.condition import Condition
from trainer.families.family import Family
from trainer.families.noise import Noised
from trainer.runtime.work import follow
from trainer.training.data.prepare import Preparation, prepare
from trainer.training.data.training_set import TrainingSet
from trainer.training.job import Job
from trainer.training.run.folder import RunFolder
from trainer.training.step.train_step import TrainStep

Ask = Callable[[Any, Tensor, Tensor, Sequence[Condition]], Tensor]
"""The script's prediction, (n, c, h, w): of its transformer, noisy latents, σ and captions."""


def compare_one_step(job: Job, transformer: Any, ask: Ask, patch: pytest.MonkeyPatch) -> None:
    """Asserts that loss (to 1e-5) and gradients of every layer are those of the script's lines with peft."""
    from peft import LoraConfig

    family = job.family()
    step = TrainStep(family, training_set_of(job, family), job.recipe)
    # B is zero at the start, and A would then have no gradient to compare.
    for number, layer in enumerate(step.adapter.layers.values()):
        up = layer.weights()[1]
        up.data.copy_(torch.randn(up.shape, generator=torch.Generator().manual_seed(number)) * 0.1)
    asked: list[Any] = []
    predict = family.predict
    patch.setattr(family, "predict", lambda *inputs: asked.append(inputs) or predict(*inputs))
    noised: list[Noised] = []
    noise = family.noised
    patch.setattr(family, "noised", lambda *inputs: noised.append(noise(*inputs)) or noised[-1])
    gradients: dict[str, Tensor] = {}

    def kept(*_: Any) -> None:
        for address, layer in step.adapter.layers.items():
            gradients.update({f"{address}.{n}": w.grad.clone() for n, w in enumerate(layer.weights())})  # type: ignore[union-attr]

    patch.setattr(step.optimizer, "step", kept)
    loss = step.update(0).loss()

    lora, names = job.recipe.lora, [address.partition(".")[2] for address in step.adapter.layers]
    transformer.add_adapter(LoraConfig(r=lora.rank, lora_alpha=int(lora.alpha), target_modules=names))
    theirs: dict[str, Any] = {}
    for address, layer in step.adapter.layers.items():
        module = transformer.get_submodule(address.partition(".")[2])
        pair = module.lora_A["default"].weight, module.lora_B["default"].weight
        for number, (mine, weight) in enumerate(zip(layer.weights(), pair, strict=True)):
            weight.data.copy_(mine.data)
            theirs[f"{address}.{number}"] = weight
    losses: list[Tensor] = []
    for (noisy, sigmas, told, _), part in zip(asked, noised, strict=True):
        predicted = ask(transformer, noisy, sigmas.float(), told)
        losses.append(((predicted.float() - part.target.float()) ** 2).reshape(len(noisy), -1).mean(1))
    expected: Any = torch.cat(losses).mean()
    expected.backward()
    assert loss == pytest.approx(float(expected.detach()), rel=1e-5)
    assert set(gradients) == set(theirs)
    gaps = {name: float((gradients[name] - weight.grad).norm() / weight.grad.norm()) for name, weight in theirs.items()}
    assert max(gaps.values()) < 1e-4


def training_set_of(job: Job, family: Family) -> TrainingSet:
    preparing = prepare(
        Preparation(
            recipe=job.recipe,
            dataset=job.dataset,
            base=job.base,
            run=RunFolder(job.run),
            family=family,
            regularisation=None,
            prompts=(),
            cancelled=lambda: False,
        )
    )
    return follow(preparing)
