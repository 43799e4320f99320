"""Faces in what a denoiser takes a few pictures for, which are noised in the same way each time."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import isfinite

import torch
from PIL import Image
from torch import Tensor

from ...families.family import Family
from ...families.noise import Noised, clean_of
from ...storage.seeding import random_source
from ..data.training_set import Example, TrainingSet
from ..step.conditioning import Conditioning
from .face_place import face_place

_DRAWS, _LEVELS = 32, 8
_LEFT = 0.25
Read = Callable[[Sequence[Image.Image]], Sequence[float | None]]
"""As a Job's likeness."""


@dataclass(frozen=True)
class View:
    """An example at one noise, the `number`-th of its views: `noised` is one picture, (1, c, h, w)."""

    example: Example
    number: int
    noised: Noised

    @property
    def snr(self) -> float:
        return float(self.noised.level.snr[0])


class PredictedFaces:
    """Of a training set's examples, read by `read`. `seed` draws their noise; nothing of training's own is drawn."""

    def __init__(
        self, family: Family, training_set: TrainingSet, conditioning: Conditioning, read: Read, seed: int
    ) -> None:
        self._family, self._training_set, self._conditioning = family, training_set, conditioning
        self._read, self._seed = read, seed

    def views(self, example: Example) -> list[View]:
        """The example under ever more noise, as training noises it."""
        source = random_source(self._seed, f"live likeness of {example.sample.sha256}")
        batch = self._training_set.batch([example] * _DRAWS)
        noised = self._family.noised(batch.latents, source)
        snr = noised.level.snr.numpy()
        rows = sorted(range(_DRAWS), key=lambda row: -float(snr[row]))
        return [View(example, number, _row(noised, row)) for number, row in enumerate(rows)]

    @torch.no_grad()
    def likeness(self, view: View) -> float | None:
        """Of the picture that the denoiser takes the noisy one for; None without a face."""
        noised, example = view.noised, view.example
        text = self._conditioning.of([example.caption])
        predicted = self._family.predict(noised.noisy, noised.level.time, text, [example.placement])
        return self._seen(example, clean_of(noised.level, noised.noisy, predicted))

    @torch.no_grad()
    def own(self, example: Example) -> float | None:
        """Of the picture itself, as the base's autoencoder keeps it; None without a face."""
        mean = self._training_set.batch([example]).latents.chunk(2, dim=1)[0]
        return self._seen(example, self._family.codec.to_model(mean.float()))

    def mostly_lost(self, views: Sequence[View], own: float) -> View:
        """Of one example's views, ever noisier, the first of eight in which no more than a quarter of the character is
        left: from the noisiest to the picture itself, which is `own`. Found by halving, as likeness falls with noise.
        """
        least = self.likeness(views[-1]) or 0.0
        levels = views[:: max(1, len(views) // _LEVELS)]
        low, high = 0, len(levels) - 1
        while low < high:
            at = (low + high) // 2
            value = self.likeness(levels[at])
            is_lost = value is None or value <= least + _LEFT * (own - least)
            low, high = (low, at) if is_lost else (at + 1, high)
        return levels[low]

    def _seen(self, example: Example, latents: Tensor) -> float | None:
        left, top, right, bottom = face_place(example, self._family.codec.factor)
        pictures = self._family.codec.decode(latents[:, :, top:bottom, left:right])
        value = self._read(pictures)[0]
        return value if value is not None and isfinite(value) else None


def _row(noised: Noised, row: int) -> Noised:
    level = noised.level.rows([row])
    return Noised(noised.noisy[[row]], noised.target[[row]], level)
