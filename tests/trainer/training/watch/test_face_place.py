"""Which part of a picture's latents is decoded for its face."""

from pathlib import Path

import pytest

from trainer.dataset.placed_sample import PlacedSample
from trainer.dataset.sample import FaceMark, Sample
from trainer.recipe.buckets import Placement
from trainer.training.data.training_set import Example
from trainer.training.watch.face_place import face_place


def example(box: tuple[float, float, float, float] | None, placement: Placement) -> Example:
    width, height = placement.original
    face = None if box is None else FaceMark(box=box, reader="any")
    sample = Sample(path=Path("a.png"), sha256="0", width=width, height=height, face=face)
    return Example(placed=PlacedSample(sample, placement), caption="", class_caption="")


HALVED = Placement((2048, 1024), (1024, 512), (256, 0), (512, 512))
"""Of a wide picture the middle, at half its size."""


def test_a_face_is_cut_out_with_its_surroundings() -> None:
    # 200 x 240 at (1000, 400) is 100 x 120 at (244, 200) in the bucket, with 90 around it.
    assert face_place(example((1000, 400, 1200, 640), HALVED), 8) == (19, 13, 55, 52)


def test_what_is_cut_ends_with_the_picture() -> None:
    assert face_place(example((500, 0, 900, 480), HALVED), 8) == (0, 0, 47, 53)


@pytest.mark.parametrize("box", [None, (1600, 100, 2000, 500), (0, 0, 0, 0)])
def test_without_a_mark_or_with_one_outside_it_is_the_whole_picture(
    box: tuple[float, float, float, float] | None,
) -> None:
    expected = (0, 0, 64, 64)
    assert face_place(example(box, replace_away(HALVED)), 8) == expected


def replace_away(placement: Placement) -> Placement:
    """The bucket's crop far from where those faces are."""
    return Placement(placement.original, placement.scaled, (16, 0), placement.bucket)
