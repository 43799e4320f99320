"""Masks from a picture's transparency to the latents they weigh."""

import logging
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from tests.trainer.training.clear import write_clear_dataset
from trainer.dataset.dataset import Dataset
from trainer.dataset.files.folder import read_dataset
from trainer.errors import DatasetError
from trainer.families.base import Base
from trainer.families.registry import load_family
from trainer.images.alpha import Alpha
from trainer.recipe.buckets import Buckets, placement
from trainer.recipe.loss import Loss
from trainer.recipe.output import Output
from trainer.recipe.recipe import Recipe
from trainer.training.data.cache import Cache
from trainer.training.data.placed import placed_mask, placed_picture
from trainer.training.data.prepare import Preparation, prepare
from trainer.training.data.training_set import TrainingSet
from trainer.training.run.folder import RunFolder

BUCKETS = Buckets(resolution=64, step=16, shortest=48, longest=96)
RECIPE = Recipe(loss=Loss(masked=True), buckets=BUCKETS, output=Output(sample_every=0))


@pytest.fixture
def clear(tmp_path: Path) -> Dataset:
    return write_clear_dataset(tmp_path / "clear")


def materials(recipe: Recipe, dataset: Dataset, base: Base, run: Path) -> TrainingSet:
    work = Preparation(
        recipe=recipe,
        dataset=dataset,
        base=base,
        run=RunFolder(run),
        family=load_family(base),
        regularisation=None,
        prompts=(),
        cancelled=lambda: False,
    )
    steps = prepare(work)
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return end.value


def test_a_mask_is_cut_as_its_picture_is(tmp_path: Path) -> None:
    """A white figure on black, opaque where it is white: after scaling and cutting, mask and picture still agree."""
    grey = np.zeros((90, 140), np.uint8)
    grey[20:70, 30:90] = 255
    Image.fromarray(np.dstack([np.full_like(grey, 255)] * 3 + [grey])).save(tmp_path / "figure.png")
    (sample,) = read_dataset(tmp_path, trigger="sage", alpha=Alpha(matte="black", masked=True)).samples
    place = placement((sample.width, sample.height), BUCKETS)
    assert place.scaled != place.original
    assert place.crop != (0, 0)
    mask, picture = placed_mask(sample, place), placed_picture(sample, place)
    assert mask.size == place.bucket
    assert np.array_equal(np.asarray(mask), np.asarray(picture)[..., 0])


def test_masks_are_averaged_to_latents_and_kept(clear: Dataset, tiny_base: Base, tmp_path: Path) -> None:
    sample = clear.train[0]
    place = placement((sample.width, sample.height), BUCKETS)
    cache = Cache(tmp_path / "cache", load_family(tiny_base), tiny_base.sha256)
    mask = cache.mask(sample, place, (8, 8))
    assert mask.shape == (1, 8, 8)
    assert mask[0, 0].tolist() == [0, 0, 0.5, 1, 1, 1, 1, 1]
    sample.path.unlink()
    assert torch.equal(cache.mask(sample, place, (8, 8)), mask)


def test_only_masked_training_pictures_bring_masks(clear: Dataset, tiny_base: Base, tmp_path: Path) -> None:
    plain = replace(clear.samples[1], masked=False)
    held_out = replace(clear.samples[2], split="held_out")
    dataset = clear.with_samples((clear.samples[0], plain, held_out))
    ready = materials(RECIPE, dataset, tiny_base, tmp_path / "run")
    assert [item.is_masked for item in (*ready.train, *ready.held_out)] == [True, False, False]
    off = replace(RECIPE, loss=Loss())
    assert not any(item.is_masked for item in materials(off, dataset, tiny_base, tmp_path / "run").train)


def test_a_picture_without_a_mask_counts_whole_beside_one_that_has_one(
    clear: Dataset, tiny_base: Base, tmp_path: Path
) -> None:
    plain = replace(clear.samples[1], masked=False)
    ready = materials(RECIPE, clear.with_samples((clear.samples[0], plain)), tiny_base, tmp_path / "run")
    batch = ready.batch(ready.train)
    assert batch.mask is not None
    assert batch.mask[0].min() == 0
    assert (batch.mask[1] == 1).all()
    assert ready.batch(ready.train[1:]).mask is None


def test_a_picture_with_nothing_left_to_learn_is_named(tmp_path: Path) -> None:
    Image.new("RGBA", (64, 64), (9, 9, 9, 0)).save(tmp_path / "empty.png")
    (sample,) = read_dataset(tmp_path, trigger="sage", alpha=Alpha(masked=True)).samples
    with pytest.raises(DatasetError, match=r"empty\.png is masked all over"):
        placed_mask(sample, placement((64, 64), BUCKETS))


def test_a_masked_loss_without_any_mask_says_so(
    tiny_dataset: Dataset, tiny_base: Base, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        materials(RECIPE, tiny_dataset, tiny_base, tmp_path / "run")
    assert "no picture has a mask" in caplog.text
