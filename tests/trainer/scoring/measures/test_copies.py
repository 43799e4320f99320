import pytest

from trainer.scoring.measures.copies import copies, nearest, nearest_of
from trainer.scoring.observation import Batch, PictureScore

from .test_variety import flat


def picture(distance: float | None) -> PictureScore:
    return PictureScore(probe=0, kind="trigger", seed=1, path="", nearest=distance)


def test_a_repeated_training_picture_is_a_copy():
    training = [flat(0), flat(200)]
    distances = [nearest_of(flat(201), training), nearest_of(flat(100), training)]
    batch = Batch(pictures=[picture(distance) for distance in distances])
    repeated, far = copies(batch), nearest(batch)
    assert repeated and repeated.value == 0.5
    assert far and far.value == pytest.approx((1 / 255 + 100 / 255) / 2)


def test_without_training_pictures_nothing_is_a_copy_or_none():
    assert nearest_of(flat(1), []) is None
    assert copies(Batch(pictures=[picture(None)])) is None
