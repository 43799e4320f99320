"""Further captions of a picture, on their way to training."""

from dataclasses import replace
from pathlib import Path

from tests.trainer.training.clear import write_clear_dataset
from tests.trainer.training.test_masks import RECIPE, materials
from trainer.families.base import Base
from trainer.recipe.loss import Loss


def test_every_alternative_is_encoded_before_the_encoders_go(tiny_base: Base, tmp_path: Path) -> None:
    dataset = write_clear_dataset(tmp_path / "clear")
    first, *others = dataset.samples
    several = dataset.with_samples((replace(first, alternatives=("sage, snow", "sage, street")), *others))
    ready = materials(replace(RECIPE, loss=Loss()), several, tiny_base, tmp_path / "run")
    assert ready.train[0].alternatives == ("sage, snow", "sage, street")
    kept = [path.stat().st_mtime_ns for path in sorted((tmp_path / "run").rglob("*")) if path.is_file()]
    for caption in ready.train[0].alternatives:
        ready.cache.condition(caption)
    assert kept == [path.stat().st_mtime_ns for path in sorted((tmp_path / "run").rglob("*")) if path.is_file()]
