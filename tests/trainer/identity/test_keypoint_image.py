"""The picture of five points, beside what the pipeline of InstantID/InstantID at 2145b67 (2024-07) draws."""

import numpy as np
import pytest
from PIL import Image

from trainer.errors import FaceError
from trainer.identity.keypoint_image import keypoint_image

FACE = [(90.2, 70.5), (160.7, 66.1), (128.9, 105.3), (100.4, 140.8), (155.6, 137.2)]
LARGE = [(193.0, 240.0), (319.0, 240.0), (257.0, 314.0), (201.0, 371.0), (313.0, 371.0)]
CUT = [(5.0, 5.0), (60.0, 4.0), (30.0, 30.0), (12.0, 60.0), (70.0, 60.0)]


@pytest.mark.parametrize(
    ("size", "points", "painted", "sums"),
    [
        ((256, 192), FACE, 2541, (347_310, 236_640, 191_046)),
        ((512, 512), LARGE, 3814, (489_447, 331_041, 238_017)),
        ((64, 64), CUT, 1666, (201_450, 149_226, 127_959)),
    ],
)
def test_it_is_the_pipelines_picture_but_for_edges(
    size: tuple[int, int], points: list[tuple[float, float]], painted: int, sums: tuple[int, int, int]
):
    pixels = np.asarray(keypoint_image(size, points)).astype(int)
    assert pixels.shape == (size[1], size[0], 3)
    assert (pixels.any(axis=-1)).sum() == pytest.approx(painted, rel=0.015)
    assert pixels.sum(axis=(0, 1)) == pytest.approx(sums, rel=0.02)


def test_dots_have_the_points_colours_and_limbs_are_darker():
    pixels = np.asarray(keypoint_image((256, 192), FACE))
    found = [tuple(pixels[int(y), int(x)].tolist()) for x, y in FACE]
    assert found == [(255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 0), (255, 0, 255)]
    assert pixels[90, 110].tolist() == [153, 0, 0] and pixels[120, 115].tolist() == [153, 153, 0]
    row = pixels[70, 80:102].any(axis=-1).nonzero()[0]
    assert (row[0], row[-1]) == (0, 20)


def test_points_in_one_place_are_drawn():
    assert isinstance(keypoint_image((32, 32), [(16.0, 16.0)] * 5), Image.Image)


def test_another_number_of_points_is_refused():
    with pytest.raises(FaceError, match="five points here, and 4 were given"):
        keypoint_image((64, 64), FACE[:4])
