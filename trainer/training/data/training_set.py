"""What training works from once it is ready: pictures by name, and batches of their latents."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from ...dataset.placed_sample import PlacedSample
from ...dataset.sample import Sample
from ...recipe.buckets import Placement
from .cache import Cache


@dataclass(frozen=True, kw_only=True)
class Example:
    """One picture to train on: where it goes, what is said of it, and how much it counts."""

    placed: PlacedSample
    caption: str
    class_caption: str
    """The caption of anybody in the character's place, for what the base itself would answer."""
    alternatives: tuple[str, ...] = ()
    """What else may be said of it: one of all captions is shown each time."""
    weight: float = 1.0
    is_masked: bool = False

    @property
    def sample(self) -> Sample:
        return self.placed.sample

    @property
    def placement(self) -> Placement:
        return self.placed.placement

    @property
    def name(self) -> str:
        return self.placed.name

    @property
    def repeats(self) -> int:
        return self.placed.repeats


@dataclass(frozen=True)
class Batch:
    """n pictures of one bucket. `latents` are posterior mean and log-variance, (n, 2c, h, w), unscaled."""

    latents: Tensor
    placements: Sequence[Placement]
    weight: Tensor
    """Loss weight a picture, (n,)."""
    mask: Tensor | None = None
    """Coverage 0 to 1 of each latent, (n, 1, h, w); None: no picture has a mask."""

    def rows(self, rows: Sequence[int]) -> "Batch":
        """Some of the pictures."""
        mask = None if self.mask is None else self.mask[rows]
        return Batch(self.latents[rows], [self.placements[row] for row in rows], self.weight[rows], mask)


@dataclass(frozen=True, kw_only=True)
class TrainingSet:
    """The character's examples, the held-out ones, those that keep everybody else, and the cache that holds them."""

    train: tuple[Example, ...]
    held_out: tuple[Example, ...]
    prior: tuple[Example, ...]
    cache: Cache

    def batch(self, examples: Sequence[Example]) -> Batch:
        """Items of one bucket as one forward pass needs them."""
        latents = torch.stack([self.cache.latents(example.sample, example.placement) for example in examples])
        masks = [self._mask(example, latents.shape[-2:]) for example in examples]
        whole = torch.ones((1, *latents.shape[-2:]))
        mask = None
        if any(each is not None for each in masks):
            mask = torch.stack([whole if each is None else each for each in masks])
        weight = torch.tensor([example.weight for example in examples])
        return Batch(latents, [example.placement for example in examples], weight, mask)

    def warm(self, example: Example) -> None:
        """See that the cache holds an example's latents and mask."""
        latents = self.cache.latents(example.sample, example.placement)
        self._mask(example, latents.shape[-2:])

    def _mask(self, example: Example, size: Sequence[int]) -> Tensor | None:
        height, width = size
        return self.cache.mask(example.sample, example.placement, (height, width)) if example.is_masked else None
