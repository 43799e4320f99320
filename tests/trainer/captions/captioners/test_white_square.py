"""Expected numbers were made by `preprocess_image` of kohya's tag_images_by_wd14_tagger.py with OpenCV 4.10 and 5.0."""

import hashlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from trainer.captions.captioners.white_square import white_square


def pattern(width: int, height: int) -> Image.Image:
    y, x = np.mgrid[:height, :width]
    planes = ((x * 37 + y * 11) % 256, (x * 5 + y * 83) % 256, (x * x + y * 7) % 256)
    return Image.fromarray(np.stack(planes, axis=-1).astype(np.uint8))


@pytest.mark.parametrize(
    ("size", "blue"),
    [
        ((7, 5), [[146, 148, 152, 159], [8, 13, 23, 39], [20, 25, 35, 51], [158, 160, 164, 171]]),
        ((8, 8), [[4, 10, 24, 46], [18, 24, 38, 60], [32, 38, 52, 74], [46, 52, 66, 88]]),
        ((12, 6), [[255, 255, 255, 255], [9, 24, 57, 108], [30, 45, 78, 129], [255, 255, 255, 255]]),
        ((9, 9), [[6, 14, 31, 59], [21, 29, 47, 74], [37, 45, 62, 90], [52, 60, 78, 106]]),
    ],
)
def test_small_squares_equal_the_reference(size: tuple[int, int], blue: list[list[int]]):
    assert white_square(pattern(*size), 4)[..., 0].tolist() == blue


@pytest.mark.parametrize(
    ("size", "digest"),
    [
        ((640, 400), "d2e951aff93b7d70"),
        ((448, 448), "23f1251a505e0cf9"),
        ((1000, 1344), "8975da9fa627c682"),
        ((896, 896), "3ffdbd60a2645805"),
        ((2048, 1365), "73c30aa2e470733c"),
    ],
)
def test_shrinking_to_a_taggers_size_equals_the_reference_in_every_byte(size: tuple[int, int], digest: str):
    square = white_square(pattern(*size), 448)
    assert (square.dtype, square.shape) == (np.float32, (448, 448, 3))
    assert hashlib.sha256(square.astype(np.uint8).tobytes()).hexdigest()[:16] == digest


def test_enlarging_equals_the_reference():
    square = white_square(pattern(300, 200), 448)
    assert square.mean() == pytest.approx(169.81766, abs=0.01)
    assert square[224, ::64, 1].tolist() == pytest.approx([80, 86, 44, 247, 205, 127, 85], abs=1)


def test_blue_comes_first_and_padding_is_white():
    square = white_square(Image.new("RGB", (900, 300), (255, 128, 0)), 448)
    assert square[224, 224].tolist() == [0, 128, 255]
    assert square[0, 224].tolist() == [255, 255, 255]


def test_a_strip_whose_square_would_not_fit_into_memory_is_scaled():
    assert white_square(Image.new("RGB", (200_000, 2)), 448).shape == (448, 448, 3)


def covered(longer: int, side: int) -> np.ndarray:
    """(side, longer): the part of each cell that each pixel of a square covers."""
    edges = np.arange(side + 1) * longer / side
    pixels = np.arange(longer)
    shared = np.minimum(edges[1:, None], pixels + 1) - np.maximum(edges[:-1, None], pixels)
    return np.clip(shared, 0, None) * side / longer


@given(width=st.integers(1, 60), height=st.integers(1, 60), side=st.integers(1, 12))
def test_every_cell_is_the_mean_of_what_it_covers(width: int, height: int, side: int):
    longer = max(width, height, side)
    picture = pattern(max(width, side), height)
    page = np.full((longer, longer, 3), 255.0)
    top, left = (longer - picture.height) // 2, (longer - picture.width) // 2
    page[top : top + picture.height, left : left + picture.width] = np.asarray(picture)
    share = covered(longer, side)
    mean = np.einsum("yr,xc,rcp->yxp", share, share, page)
    assert np.abs(white_square(picture, side)[..., ::-1] - mean).max() <= 0.76
