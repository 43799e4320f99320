"""Faces that lie sideways or upside down are found with the picture turned, and told where they lie in it."""

import math
from collections.abc import Sequence

import numpy as np
import pytest
from PIL import Image

from trainer.demo.assets import demo_reader
from trainer.demo.characters.character import balanced_looks, character
from trainer.demo.world.draw import draw, draw_empty
from trainer.demo.world.look import random_look
from trainer.faces.face import Face
from trainer.faces.retry import TURNED, detect_with_retries
from trainer.faces.turned import TURNS, faces_when_turned, leaning, upright_box

RED, GREEN = (255, 0, 0), (0, 255, 0)


def page(size: tuple[int, int]) -> Image.Image:
    """A red eye at (60, 40) and a green one at (100, 40), 8 pixels each, on black."""
    image = Image.new("RGB", size)
    image.paste(RED, (56, 36, 64, 44))
    image.paste(GREEN, (96, 36, 104, 44))
    return image


def middle(image: Image.Image, colour: tuple[int, int, int]) -> tuple[float, float]:
    far = np.abs(np.asarray(image.convert("RGB")).astype(int) - colour).sum(axis=2)
    rows, columns = np.nonzero(far < 200)
    return float(columns.mean()) + 0.5, float(rows.mean()) + 0.5


def seen_level(image: Image.Image) -> list[Face]:
    """A detector that knows only upright heads: its red eye left of its green one, at one height."""
    red, green = middle(image, RED), middle(image, GREEN)
    if green[0] - red[0] < 39 or abs(green[1] - red[1]) > 1:
        return []
    x, y = (red[0] + green[0]) / 2, red[1]
    box = (x - 30, y - 20, x + 30, y + 60)
    return [Face(box=box, points=(red, green), yaw=0.0, embedding=np.ones(1), score=0.9, roll=0.0)]


@pytest.mark.parametrize("turn", TURNS)
@pytest.mark.parametrize("size", [(200, 160), (201, 163)])
def test_landmarks_and_boxes_are_told_in_the_picture_as_it_is(turn: float, size: tuple[int, int]) -> None:
    lying = page(size).rotate(-turn, Image.Resampling.BICUBIC, expand=True)
    (face,) = faces_when_turned(seen_level, lying)
    for point, colour in zip(face.points, (RED, GREEN), strict=True):
        assert point == pytest.approx(middle(lying, colour), abs=0.6 if turn % 90 else 1e-6)
    centre = (face.box[0] + face.box[2]) / 2, (face.box[1] + face.box[3]) / 2
    eyes = tuple(np.mean(face.points, axis=0))
    assert leaning((centre[0], centre[1] - 20), centre, turn) == pytest.approx(eyes, abs=0.6 if turn % 90 else 1e-6)
    if turn % 90 == 0:
        assert upright_box(face.box, turn) == pytest.approx(
            (centre[0] - 30, centre[1] - 40, *(centre + np.array([30, 40])))
        )
    else:
        assert (face.width, face.height) == pytest.approx((math.hypot(60, 80) / math.sqrt(2),) * 2)
    assert face.roll is not None
    assert abs(face.roll) == abs(turn)


def test_the_surest_turn_counts_and_lies_are_counted_on_from_its_lean() -> None:
    def detect(image: Image.Image) -> Sequence[Face]:
        plain, bordered = {(160, 200): 0.5, (200, 160): 0.8}, {(320, 360): 0.5, (360, 320): 0.8}
        score, by = plain.get(image.size) or bordered.get(image.size), 0 if image.size in plain else 80
        box = (10.0 + by, 20.0 + by, 50.0 + by, 80.0 + by)
        return (
            [] if score is None else [Face(box=box, points=(), yaw=None, embedding=np.ones(1), score=score, roll=-9.0)]
        )

    (face,) = faces_when_turned(detect, Image.new("RGB", (200, 160)))
    assert face.roll == 171.0
    assert face.box == pytest.approx((150, 80, 190, 140))


def test_where_nobody_is_drawn_no_turn_shows_anybody() -> None:
    rng = np.random.default_rng(11)
    for look in balanced_looks(8, rng):
        assert faces_when_turned(demo_reader().faces, draw_empty(look, rng, 256)) == []


@pytest.mark.parametrize("turn", [90, 180, 270])
def test_a_drawn_person_who_lies_is_found(turn: int) -> None:
    rng = np.random.default_rng(7)
    drawn = draw(character(3), random_look(rng), rng).image
    found = detect_with_retries(demo_reader(), drawn)
    lying = drawn.rotate(-turn, expand=True)
    again = detect_with_retries(demo_reader(), lying)
    assert found.attempt == "as it is"
    if again.attempt == TURNED:
        assert float(again.faces[0].embedding @ found.faces[0].embedding) > 0.99
    assert again.faces
