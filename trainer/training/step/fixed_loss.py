"""Squared error of pictures at noise and timesteps that are the same each time, so that two moments compare."""

from collections.abc import Sequence

import torch
from torch import Tensor

from ...families.family import Family
from ...recipe.loss import Loss
from ...storage.seeding import random_source
from ..data.training_set import Example, TrainingSet
from .conditioning import Conditioning
from .loss import picture_losses

_DRAWS = 4
# Squared error everywhere, whatever the recipe trains on, so that curves of different recipes compare.
_PLAIN = Loss(min_snr_gamma=0.0)


class FixedLoss:
    """Of a recipe's `seed`: the n-th picture of any list meets the same noise."""

    def __init__(self, family: Family, training_set: TrainingSet, conditioning: Conditioning, seed: int) -> None:
        self._family, self._training_set, self._conditioning = family, training_set, conditioning
        self._seed = seed

    @torch.no_grad()
    def of(self, examples: Sequence[Example]) -> Tensor:
        """Mean loss a picture, (n,), with the adapter as it stands, on the CPU."""
        return torch.stack([self._one(number, example) for number, example in enumerate(examples)])

    def _one(self, number: int, example: Example) -> Tensor:
        source = random_source(self._seed, "held out", number)
        batch = self._training_set.batch([example] * _DRAWS)
        noised = self._family.noised(batch.latents, source)
        text = self._conditioning.of([example.caption] * _DRAWS)
        predicted = self._family.predict(noised.noisy, noised.level.time, text, batch.placements)
        target = noised.target.to(predicted.device)
        return picture_losses(predicted.float(), target, _PLAIN, noised.level, None).mean().cpu()
