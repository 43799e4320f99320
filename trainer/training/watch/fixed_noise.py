"""What a picture loses at noise that is the same each time, where a watcher asks for it."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from ...families.family import Family
from ...recipe.loss import Loss
from ...recipe.text import Text
from ...storage.seeding import random_source
from ..data.training_set import Example, TrainingSet
from ..step.conditioning import Conditioning
from ..step.loss import picture_losses
from ..step.train_step import TrainStep

_CANDIDATES = 16
# Squared error everywhere, whatever the recipe trains on, so that curves of different recipes compare.
_PLAIN = Loss(min_snr_gamma=0.0)


@dataclass(frozen=True)
class Noise:
    """Draw `number` of noise at a level noisier than the part `noisier_than` (0 to 1) of those a run trains at."""

    noisier_than: float
    number: int


class FixedNoise:
    """Of the pictures of a run with this `seed`. Every picture meets the same noise, so that what its pattern adds to
    one picture's loss it adds to another's."""

    def __init__(self, family: Family, training_set: TrainingSet, train_step: TrainStep, text: Text, seed: int) -> None:
        adapter = train_step.adapter
        self._family, self._training_set, self._adapter = family, training_set, adapter
        self._conditioning = Conditioning(family, text, training_set.cache.condition, adapter.off)
        self._weights = train_step.optimizer.eval_weights
        self._seed = seed

    @torch.no_grad()
    def losses(self, example: Example, captions: Sequence[str], noise: Noise, *, with_adapter: bool) -> list[float]:
        """Mean squared error of one picture told each of the captions, the same noise for all.

        The captions share a forward pass.
        """
        if with_adapter:
            with self._weights():
                return self._losses(example, captions, noise)
        with self._adapter.off():
            return self._losses(example, captions, noise)

    def _losses(self, example: Example, captions: Sequence[str], noise: Noise) -> list[float]:
        batch = self._training_set.batch([example] * _CANDIDATES)
        source = random_source(self._seed, "watched noise", noise.number)
        noised = self._family.noised(batch.latents, source)
        order = torch.argsort(noised.level.time, stable=True)
        row = int(order[min(int(noise.noisier_than * _CANDIDATES), _CANDIDATES - 1)])
        rows = [row] * len(captions)
        level = noised.level.rows(rows)
        text = self._conditioning.of(captions)
        places = [example.placement] * len(captions)
        with self._adapter.at(level.time):
            predicted = self._family.predict(noised.noisy[rows], level.time, text, places)
        target = noised.target[rows].to(predicted.device)
        found = picture_losses(predicted.float(), target, _PLAIN, level, None)
        return [float(loss) for loss in found.cpu()]
