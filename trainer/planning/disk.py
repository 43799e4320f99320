"""What a run will leave on disk, in bytes."""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ..dataset.placed_sample import PlacedSample
from ..families.spec import FamilySpec
from ..recipe.recipe import Recipe

_MOMENT_BYTES = 2 * 4
"""Mean and log-variance of a latent's channel in fp32."""
_PRECISION_BYTES = {"fp16": 2, "bf16": 2, "fp32": 4}
_SAMPLE_BYTES_A_PIXEL = 1.5


@dataclass(frozen=True, kw_only=True)
class Disk:
    """Bytes by what they are for; `free` is what the disk has. None while the LoRA's size is unknown.

    `regularisation` is the part of the cache that pictures of others take."""

    cache: int
    prior: int
    samples: int
    checkpoints: int | None
    state: int | None
    free: int
    regularisation: int = 0

    @property
    def needed(self) -> int:
        # While one state is written the one before stands.
        return self.cache + self.prior + self.samples + (self.checkpoints or 0) + 2 * (self.state or 0)


@dataclass(frozen=True, kw_only=True)
class Encoded:
    """The pictures that are encoded: the character's, held-out ones among them, and the user's own of others."""

    own: Sequence[PlacedSample]
    others: Sequence[PlacedSample]


def disk_use(  # noqa: PLR0913
    recipe: Recipe, encoded: Encoded, family: FamilySpec, weights: int | None, state: int | None, folder: Path
) -> Disk:
    """Of a run with so many trained `weights` and so large a `state`; both are known after a warm-up."""
    side = recipe.buckets.resolution
    drawn = recipe.prior.images
    told = family.text_values * _PRECISION_BYTES[recipe.memory.precision]

    def cached(pixels: int, pictures: int) -> int:
        moments = pixels / family.latent_factor**2 * family.latent_channels * _MOMENT_BYTES
        return round(moments + told * pictures) if recipe.memory.cache == "disk" else 0

    others = cached(_pixels(encoded.others), len(encoded.others))
    kept = saves(recipe)
    if recipe.output.keep_last:
        kept = min(kept, recipe.output.keep_last + 1)
    each = None if weights is None else weights * _PRECISION_BYTES[recipe.output.precision]
    return Disk(
        cache=cached(_pixels(encoded.own) + drawn * side * side, _captions(encoded.own) + drawn) + others,
        prior=round(drawn * side * side * _SAMPLE_BYTES_A_PIXEL),
        samples=round(samplings(recipe) * len(recipe.output.samples) * side * side * _SAMPLE_BYTES_A_PIXEL),
        checkpoints=None if each is None else each * kept * recipe.seeds,
        state=state,
        free=free_bytes(folder),
        regularisation=others,
    )


def _captions(placed: Sequence[PlacedSample]) -> int:
    """A picture's is kept once, at however many sizes it is shown."""
    return len({id(one.sample) for one in placed})


def _pixels(placed: Sequence[PlacedSample]) -> int:
    return sum(one.placement.bucket[0] * one.placement.bucket[1] for one in placed)


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
