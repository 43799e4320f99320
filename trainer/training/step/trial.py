"""One batch of a run, gone through before it starts and forgotten again: does another way give the same gradients?"""

from typing import Any

import torch

from ...families.family import Family
from ...recipe.buckets import Size
from ...recipe.recipe import Recipe
from ...storage.seeding import random_source
from ..data.training_set import Example, TrainingSet
from .conditioning import Conditioning
from .train_step import TrainStep

_TOLERANCE = {torch.float32: 0.01}
_OF_HALF = 0.1
"""Largest difference of two gradients, of their length: kernels of 8 or 11 bits add up in other orders, wrong ones give
others altogether."""


class Trial:
    """Of the largest pictures, as many as a step shows at once, told their captions."""

    def __init__(self, family: Family, training_set: TrainingSet, recipe: Recipe, train_step: TrainStep) -> None:
        self._family, self._training_set, self._recipe, self._train_step = family, training_set, recipe, train_step
        cached, off = training_set.cache.condition, train_step.adapter.off
        self._conditioning = Conditioning(family, recipe.text, cached, off)

    @property
    def shapes(self) -> int:
        """How many sizes of pictures there are."""
        return len({example.placement.bucket for example in self._examples})

    @property
    def size(self) -> Size:
        """Of the largest pictures."""
        return self._largest[0].placement.bucket

    @property
    def shows_others(self) -> bool:
        """Whether a picture of other people is shown beside each."""
        return bool(self._training_set.prior)

    @torch.enable_grad()
    def gradients(self) -> torch.Tensor:
        """Of all that learns in one flat tensor, and none of them left behind."""
        batch, step = self._training_set.batch(self._largest), self._train_step
        noised = self._family.noised(batch.latents, random_source(self._recipe.seed, "trial"))
        time = noised.level.time
        try:
            with step.adapter.at(time):
                told = self._conditioning.of([example.caption for example in self._largest])
                predicted = self._family.predict(noised.noisy, time, told, batch.placements).float()
                loss: Any = (predicted - noised.target.to(predicted.device)).square().mean() * step.scale.factor
                loss.backward()
            found = torch.cat([gradient.detach().flatten() for gradient in step.optimizer.gradients()])
        finally:
            step.optimizer.forget_gradients()
        if found.is_cuda:
            torch.cuda.synchronize(found.device)
        return found

    def agrees(self, one: torch.Tensor, other: torch.Tensor) -> bool:
        """Whether two ways' gradients are the same but for rounding; never where one is not finite."""
        most = _TOLERANCE.get(self._family.dtype, _OF_HALF)
        return bool((one - other).square().sum().sqrt() <= most * one.square().sum().sqrt())

    @property
    def _examples(self) -> tuple[Example, ...]:
        return (*self._training_set.train, *self._training_set.prior)

    @property
    def _largest(self) -> list[Example]:
        """The batch; pictures are shown again where their bucket has too few."""
        examples = self._training_set.train
        width, height = max((example.placement.bucket for example in examples), key=lambda size: size[0] * size[1])
        same = [example for example in examples if example.placement.bucket == (width, height)]
        return [same[number % len(same)] for number in range(self._recipe.schedule.batch)]
