"""Several resolutions: what a picture is shown at, and the buckets of each."""

from dataclasses import replace
from pathlib import Path

import pytest

from trainer.dataset.placed_sample import place_once, place_samples
from trainer.dataset.sample import Sample
from trainer.errors import RecipeError
from trainer.recipe.buckets import Buckets, at_side, bucket_sizes, sides_of
from trainer.recipe.recipe import Recipe

THREE = Buckets(also=(512, 768))


def sample(name: str, width: int, height: int) -> Sample:
    return Sample(path=Path(name), sha256=name, width=width, height=height)


@pytest.mark.parametrize(
    ("size", "sides"),
    [
        ((2048, 2048), (1024, 512, 768)),
        ((1024, 1024), (1024, 512, 768)),
        ((950, 950), (1024, 512, 768)),
        ((800, 800), (512, 768)),
        ((600, 600), (512,)),
        ((200, 200), (512,)),
        ((2000, 500), (1024, 512, 768)),
        ((1500, 400), (512, 768)),
    ],
)
def test_a_picture_skips_the_sizes_that_it_has_not_the_pixels_for(
    size: tuple[int, int], sides: tuple[int, ...]
) -> None:
    assert sides_of(size, THREE) == sides
    assert sides_of(size, replace(THREE, also=())) == (1024,)
    assert sides_of(size, replace(THREE, also=(1024,))) == (1024,)


def test_the_buckets_of_another_size_are_as_wide_in_proportion() -> None:
    half = at_side(THREE, 512)
    assert (half.resolution, half.shortest, half.longest, half.step, half.also) == (512, 256, 1024, 64, ())
    assert at_side(THREE, 1024) == replace(THREE, also=())
    for side in (64, 100, 512, 700, 2048):
        made = at_side(THREE, side)
        assert Recipe(buckets=made).buckets == made
        assert all(width * height <= side * side for width, height in bucket_sizes(made))


def test_all_are_placed_at_the_first_size_before_any_at_another() -> None:
    samples = [sample("a", 1024, 1024), sample("b", 600, 600), sample("c", 1536, 1024)]
    placed = place_samples(samples, THREE)
    assert [(one.name, one.placement.bucket) for one in placed] == [
        ("a", (1024, 1024)),
        ("c", (1216, 832)),
        ("a", (512, 512)),
        ("b", (512, 512)),
        ("c", (640, 384)),
        ("a", (768, 768)),
        ("c", (896, 640)),
    ]
    assert [one.name for one in place_once(samples, THREE)] == ["a", "b", "c"]
    assert place_samples(samples, Buckets()) == place_once(samples, THREE)


def test_sizes_that_no_bucket_has_are_refused() -> None:
    with pytest.raises(RecipeError, match="further resolutions are 32, 4096; use 64 to 2048"):
        Recipe(buckets=Buckets(also=(32, 4096)))
