import numpy as np
import pytest
from PIL import Image

from trainer.scoring.measures.variety import distance, distance_ratio, mean_distance
from trainer.scoring.reading.thumbnail import small


def flat(value: int) -> np.ndarray:
    return small(Image.new("RGB", (64, 32), (value, value, value)))


def test_black_and_white_are_one_apart():
    assert distance(flat(0), flat(255)) == pytest.approx(1.0)


def test_one_picture_has_no_spread():
    assert mean_distance([flat(0)]) is None
    assert distance_ratio([flat(0)], [flat(9)]) is None


def test_half_the_difference_is_half_the_spread():
    ratio = distance_ratio([flat(0), flat(50), flat(100)], [flat(0), flat(100), flat(200)])
    assert ratio and ratio.value == pytest.approx(0.5)


def test_a_control_that_never_changes_gives_no_ratio():
    assert distance_ratio([flat(0), flat(9)], [flat(7), flat(7)]) is None
