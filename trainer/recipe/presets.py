"""Recipes by name: where to start from."""

from dataclasses import dataclass

from .buckets import Buckets
from .lora import Lora
from .loss import Loss
from .memory import Memory
from .optim import Optim, Schedule
from .output import Output
from .prior import Prior
from .recipe import Recipe


@dataclass(frozen=True, kw_only=True)
class Preset:
    """A recipe and one sentence on when to take it."""

    recipe: Recipe
    when: str


PRESETS: dict[str, Preset] = {
    "SDXL character (guide)": Preset(
        when="A character from 15 to 30 pictures on an SDXL base: 2000 pictures shown in 500 steps of 4.",
        recipe=Recipe(
            lora=Lora(rank=32, alpha=16.0),
            optim=Optim(lr=1e-4),
            # The guide's formula counts pictures shown; with accumulation 4 one optimizer update shows four.
            schedule=Schedule(steps=500, batch=1, accumulation=4),
            loss=Loss(min_snr_gamma=5.0),
            prior=Prior(images=24, weight=1.0),
            buckets=Buckets(resolution=1024, step=64, shortest=512, longest=2048),
            memory=Memory(precision="bf16", gradient_checkpointing=True),
            output=Output(save_every=50, sample_every=50, held_out_every=25),
        ),
    ),
}
