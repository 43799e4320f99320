"""What a run will leave on disk, in bytes."""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ..families.spec import FamilySpec
from ..recipe.recipe import Recipe
from .table import Bucket

_MOMENT_BYTES = 2 * 4
"""Mean and log-variance of a latent's channel in fp32."""
_PRECISION_BYTES = {"fp16": 2, "bf16": 2, "fp32": 4}
_SAMPLE_BYTES_A_PIXEL = 1.5


@dataclass(frozen=True, kw_only=True)
class Disk:
    """Bytes by what they are for; `free` is what the disk has. None while the LoRA's size is unknown."""

    cache: int
    prior: int
    samples: int
    checkpoints: int | None
    state: int | None
    free: int

    @property
    def needed(self) -> int:
        # While one state is written the one before stands.
        return self.cache + self.prior + self.samples + (self.checkpoints or 0) + 2 * (self.state or 0)


def disk_use(  # noqa: PLR0913
    recipe: Recipe, buckets: Sequence[Bucket], family: FamilySpec, weights: int | None, state: int | None, folder: Path
) -> Disk:
    """Of a run with so many trained `weights` and so large a `state`; both are known after a warm-up."""
    side = recipe.buckets.resolution
    pictures = sum(len(bucket.cuts) for bucket in buckets)
    pixels = sum(len(bucket.cuts) * bucket.size[0] * bucket.size[1] for bucket in buckets)
    pixels += recipe.prior.images * side * side
    cache = round(pixels / family.latent_factor**2 * family.latent_channels * _MOMENT_BYTES)
    told = family.text_values * _PRECISION_BYTES[recipe.memory.precision]
    cache += told * (pictures + recipe.prior.images)
    kept = saves(recipe)
    if recipe.output.keep_last:
        kept = min(kept, recipe.output.keep_last + 1)
    each = None if weights is None else weights * _PRECISION_BYTES[recipe.output.precision]
    return Disk(
        cache=cache if recipe.memory.cache == "disk" else 0,
        prior=round(recipe.prior.images * side * side * _SAMPLE_BYTES_A_PIXEL),
        samples=round(samplings(recipe) * len(recipe.output.samples) * side * side * _SAMPLE_BYTES_A_PIXEL),
        checkpoints=None if each is None else each * kept * recipe.seeds,
        state=state,
        free=free_bytes(folder),
    )


def saves(recipe: Recipe) -> int:
    """Checkpoints written."""
    steps, every = recipe.schedule.steps, recipe.output.save_every
    return steps // every + (steps % every > 0)


def samplings(recipe: Recipe) -> int:
    """Times that samples are drawn, the bare base's at the start among them."""
    steps, every = recipe.schedule.steps, recipe.output.sample_every
    return 0 if not every else 1 + steps // every + (steps % every > 0)


def free_bytes(folder: Path) -> int:
    """Free on the disk that `folder` will lie on."""
    place = folder.absolute()
    while not place.exists():
        place = place.parent
    return shutil.disk_usage(place).free
