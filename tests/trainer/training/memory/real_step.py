"""A step of a real tiny base on the processor, whose storages are counted as they come and go."""

import gc
from dataclasses import dataclass
from typing import Any

import torch

from trainer.families.base import Base
from trainer.families.condition import Condition
from trainer.families.options import FamilyOptions
from trainer.families.registry import load_family
from trainer.families.residence import Residence
from trainer.lora.adapter import Adapter
from trainer.recipe.buckets import Placement, Size
from trainer.recipe.recipe import Recipe
from trainer.training.memory.tracked import Tracked


@dataclass(frozen=True)
class RealStep:
    """Bytes besides weights, what is learned and its gradients: at the end of the forward pass, and at the most."""

    kept: int
    peak: int
    learns: int
    weights: int


def real_step(base: Base, recipe: Recipe, size: Size) -> RealStep:
    family: Any = load_family(base, Residence.of(recipe.memory, "cpu"), FamilyOptions.of(recipe))
    weights = sum(tensor.nbytes for tensor in [*family.denoiser.parameters(), *family.denoiser.buffers()])
    adapter = Adapter(family, family.lora_targets(recipe.lora.targets), recipe.lora, seed=0)
    learned = adapter.parameters((family.spec.denoiser,))
    for weight in learned:
        weight.grad = torch.zeros_like(weight)
    own = [*family.denoiser.parameters(), *family.denoiser.buffers(), *(weight.grad for weight in learned)]
    count = recipe.schedule.batch
    place = Placement(original=size, scaled=size, crop=(0, 0), bucket=size)
    blank = family.blank_condition().tensors
    told = Condition({name: torch.zeros(each.shape, dtype=each.dtype) for name, each in blank.items()})
    shape = count, family.spec.latent_channels, *(side // family.spec.latent_factor for side in reversed(size))
    # Made once and kept: the noise schedule is no part of a step.
    _ = getattr(family, "signal", None)
    gc.collect()
    gc.disable()
    try:
        with Tracked(own, "cpu") as tracked:
            answer = family.predict(torch.randn(shape), torch.rand(count), [told] * count, [place] * count)
            kept = tracked.now
            (answer.float() - torch.zeros(answer.shape)).square().mean().backward()
    finally:
        gc.enable()
    return RealStep(kept, tracked.peak, sum(weight.numel() for weight in learned), weights)
