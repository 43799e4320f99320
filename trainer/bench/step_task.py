"""What every arm of `bench train` trains: the same file, pictures of the same size, rank, batch and precision."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from ..dataset.placed_sample import PlacedSample
from ..dataset.sample import Sample
from ..families.condition import Condition
from ..recipe.buckets import Buckets, Placement
from ..recipe.lora import Lora, Targets
from ..recipe.loss import Loss
from ..recipe.memory import Memory
from ..recipe.optim import Optim, Schedule
from ..recipe.recipe import Recipe
from ..training.data.training_set import Example

_PICTURES, _STEPS = 16, 100_000
_WORDS, _CONTEXT, _POOLED = 77, 2048, 1280
_LATENT, _SMALLEST = 8, 64


@dataclass(frozen=True, kw_only=True)
class StepTask:
    """`base` is a checkpoint of SDXL's layout; pictures are `side` pixels square; fp32 adapter, plain AdamW."""

    base: str
    side: int
    batch: int
    rank: int = 32
    targets: Targets = "attention"
    memory: Memory = Memory(precision="fp32", gradient_checkpointing=False, cache="memory")
    device: str = "cpu"

    @property
    def recipe(self) -> Recipe:
        """As users would write it."""
        smallest = min(_SMALLEST, self.side)
        return Recipe(
            lora=Lora(rank=self.rank, alpha=float(self.rank), targets=self.targets),
            optim=Optim(lr=1e-4),
            schedule=Schedule(steps=_STEPS, batch=self.batch),
            loss=Loss(min_snr_gamma=5.0),
            buckets=Buckets(resolution=self.side, step=smallest, shortest=smallest, longest=2 * self.side),
            memory=self.memory,
        )

    @property
    def placement(self) -> Placement:
        size = (self.side, self.side)
        return Placement(original=size, scaled=size, crop=(0, 0), bucket=size)

    @property
    def latent(self) -> tuple[int, int, int, int]:
        """Shape of a batch's latents."""
        return (self.batch, 4, self.side // _LATENT, self.side // _LATENT)

    def json(self) -> str:
        """As `of_json` reads it."""
        return json.dumps(asdict(self))

    @classmethod
    def of_json(cls, text: str) -> "StepTask":
        """From a parent process."""
        said: dict[str, Any] = json.loads(text)
        memory = Memory(**said.pop("memory"))
        return cls(**said, memory=memory)


class DrawnCache:
    """Random latents and conditions in place of encoded ones, so that no arm loads a VAE or text encoders."""

    def __init__(self, task: StepTask, dtype: torch.dtype) -> None:
        source = torch.Generator().manual_seed(1)
        _, channels, height, width = task.latent
        self._latents = torch.randn(_PICTURES, 2 * channels, height, width, generator=source)
        # Log-variances as SDXL's autoencoder has them, small.
        self._latents[:, channels:] -= 12
        self._conditions = [Condition(dict(_told(source))).to("cpu", dtype) for _ in range(_PICTURES)]
        self.examples = tuple(_example(number, task.placement) for number in range(_PICTURES))

    def latents(self, sample: Sample, _: Placement) -> Tensor:
        """Posterior mean and log-variance, (2c, h, w)."""
        return self._latents[int(sample.sha256)]

    def condition(self, caption: str) -> Condition:
        """What is drawn for a caption, which is its picture's number."""
        return self._conditions[int(caption or 0)]

    @property
    def pictures(self) -> list[tuple[Tensor, Condition, Placement]]:
        """As diffusers' example caches them."""
        return [
            (self.latents(each.sample, each.placement), self.condition(each.caption), each.placement)
            for each in self.examples
        ]


def _told(source: torch.Generator) -> Iterator[tuple[str, Tensor]]:
    yield "context", torch.randn(_WORDS, _CONTEXT, generator=source)
    yield "pooled", torch.randn(_POOLED, generator=source)


def _example(number: int, placement: Placement) -> Example:
    side = placement.original[0]
    sample = Sample(path=Path(f"{number}.png"), sha256=str(number), width=side, height=side)
    return Example(placed=PlacedSample(sample, placement), caption=str(number), class_caption=str(number))


def same_start(weights: Mapping[str, Any]) -> None:
    """Draw A of every layer, by name, as all arms begin; B stays nothing."""
    source = torch.Generator().manual_seed(2)
    for name in sorted(weights):
        weights[name].data = torch.randn(weights[name].shape, generator=source).mul_(0.02).to(weights[name])
