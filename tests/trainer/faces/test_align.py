"""Faces on the recogniser's frame."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from trainer.faces.align import ARCFACE, aligned, similarity, unit


@given(st.floats(0.2, 8), st.floats(-math.pi, math.pi), st.floats(-900, 900), st.floats(-900, 900))
def test_a_known_turn_scale_and_shift_is_found_again(scale: float, angle: float, x: float, y: float) -> None:
    turn = scale * np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
    moved = np.array(ARCFACE) @ turn.T + (x, y)
    found = similarity(ARCFACE, moved)
    assert np.allclose(found, np.hstack([turn, [[x], [y]]]), atol=1e-6)


def test_a_mirrored_face_is_turned_but_never_mirrored() -> None:
    flipped = [(-x, y) for x, y in ARCFACE]
    assert np.linalg.det(similarity(flipped, ARCFACE)[:, :2]) > 0


def test_a_face_on_the_frame_already_is_copied_pixel_for_pixel() -> None:
    pixels = np.random.default_rng(1).integers(0, 255, (112, 112, 3)).astype(np.uint8)
    assert np.abs(np.asarray(aligned(Image.fromarray(pixels), ARCFACE)).astype(int) - pixels).max() <= 1


def test_five_points_come_to_lie_on_the_template() -> None:
    page = Image.new("RGB", (800, 600))
    points = [(x * 3.0 + 150, y * 3.0 + 90) for x, y in ARCFACE]
    for x, y in points:
        page.paste((255, 255, 255), (round(x) - 6, round(y) - 6, round(x) + 7, round(y) + 7))
    crop = np.asarray(aligned(page, points))[:, :, 0]
    assert all(crop[round(y), round(x)] > 200 for x, y in ARCFACE)
    assert crop.mean() < 40


def test_a_unit_vector_of_nothing_is_nothing() -> None:
    assert np.linalg.norm(unit(np.array([3.0, 4.0]))) == pytest.approx(1)
    assert not unit(np.zeros(4)).any()
