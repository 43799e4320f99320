"""What a picture loses at noise that is the same each time, where a watcher asks for it."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from ...families.family import Family
from ...families.noise import Noised, NoiseLevel
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
    def losses(self, told: Sequence[tuple[Example, str]], noise: Noise, *, with_adapter: bool) -> list[float]:
        """Mean squared error of each picture told its caption, all at the same noise, in one forward pass.

        The pictures are of one bucket; one may stand there with several captions.
        """
        weights = self._weights() if with_adapter else self._adapter.off()
        with weights:
            return self._losses([example for example, _ in told], [caption for _, caption in told], noise)

    def _losses(self, examples: Sequence[Example], captions: Sequence[str], noise: Noise) -> list[float]:
        noised = [self._noised(example, noise) for example in examples]
        level = NoiseLevel(
            time=torch.cat([each.level.time for each in noised]),
            snr=torch.cat([each.level.snr for each in noised]),
            objective=noised[0].level.objective,
        )
        text, places = self._conditioning.of(captions), [example.placement for example in examples]
        noisy = torch.cat([each.noisy for each in noised])
        answers: dict[int, Tensor] = {}
        for rows in self._adapter.asked_at_once(len(text), lambda: text):
            told, where, times = [text[row] for row in rows], [places[row] for row in rows], level.time[rows]
            with self._adapter.at(times):
                answers |= dict(zip(rows, self._family.predict(noisy[rows], times, told, where), strict=True))
        predicted = torch.stack([answers[row] for row in range(len(text))])
        target = torch.cat([each.target for each in noised]).to(predicted.device)
        found = picture_losses(predicted.float(), target, _PLAIN, level, None)
        return [float(loss) for loss in found.cpu()]

    def _noised(self, example: Example, noise: Noise) -> Noised:
        """One picture, (1, c, h, w): of many draws as training makes them the one at the wanted level."""
        batch = self._training_set.batch([example] * _CANDIDATES)
        drawn = self._family.noised(batch.latents, random_source(self._seed, "watched noise", noise.number))
        order = torch.argsort(drawn.level.time, stable=True)
        row = int(order[min(int(noise.noisier_than * _CANDIDATES), _CANDIDATES - 1)])
        return Noised(drawn.noisy[[row]], drawn.target[[row]], drawn.level.rows([row]))
