import numpy as np
import pytest
from PIL import Image

from trainer.scoring.measures.copies import copied, nearest
from trainer.scoring.measures.variety import distance, mean_distance, small, spread_ratio


def flat(value: int) -> np.ndarray:
    return small(Image.new("RGB", (64, 32), (value, value, value)))


def test_black_and_white_are_one_apart():
    assert distance(flat(0), flat(255)) == pytest.approx(1.0)


def test_one_picture_has_no_spread():
    assert mean_distance([flat(0)]) is None
    assert spread_ratio([flat(0)], [flat(9)]) is None


def test_half_the_difference_is_half_the_spread():
    ratio = spread_ratio([flat(0), flat(50), flat(100)], [flat(0), flat(100), flat(200)])
    assert ratio and ratio.value == pytest.approx(0.5)


def test_a_control_that_never_changes_gives_no_ratio():
    assert spread_ratio([flat(0), flat(9)], [flat(7), flat(7)]) is None


def test_a_repeated_training_picture_is_a_copy():
    training = [flat(0), flat(200)]
    distances = [nearest(flat(201), training), nearest(flat(100), training)]
    assert copied(distances) == 0.5
    assert copied([nearest(flat(1), [])]) is None
