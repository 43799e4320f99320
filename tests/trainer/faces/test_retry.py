"""The attempts at faces that are not found at first sight."""

from dataclasses import dataclass, field

import numpy as np
from PIL import Image

from trainer.demo.assets import demo_reader
from trainer.demo.characters.character import character
from trainer.demo.world.draw import draw
from trainer.demo.world.look import random_look
from trainer.faces.face import Face
from trainer.faces.metric import COSINE, Metric
from trainer.faces.retry import detect_with_retries


@dataclass
class Shortsighted:
    """Sees a face of 100 pixels at (50, 40) only when the picture is `needs` wide, or never."""

    needs: int | None = None
    at: tuple[float, float] = (50.0, 40.0)
    name: str = "shortsighted"
    same_person: float = 0.5
    licence: str = "Free."
    measures_identity: bool = True
    metric: Metric = COSINE
    asked: list[str] = field(default_factory=list[str])

    def faces(self, image: Image.Image) -> list[Face]:
        self.asked.append(f"{image.width}x{image.height}")
        if image.width != self.needs:
            return []
        x, y = self.at
        points = ((x, y),) * 5
        return [Face(box=(x, y, x + 100, y + 100), points=points, yaw=0.0, embedding=np.ones(1), score=0.9)]


@dataclass
class Sized(Shortsighted):
    """Told its detector's size it finds the face at one of them, and only when it need not be sure."""

    side: int = 256
    sure: float = 0.9
    sides: tuple[int, ...] = (320, 256, 128)

    def faces_at(self, image: Image.Image, *, side: int, threshold: float) -> list[Face]:
        self.asked.append(f"{side} {threshold}")
        if side != self.side or threshold > self.sure:
            return []
        return Shortsighted(needs=image.width).faces(image)


PAGE = Image.new("RGB", (200, 300))


def test_a_face_found_at_once_is_not_sought_again() -> None:
    reader = Shortsighted(needs=200)
    found = detect_with_retries(reader, PAGE)
    assert (found.attempt, len(found.faces), reader.asked) == ("as it is", 1, ["200x300"])


def test_a_face_found_with_a_border_is_told_in_pixels_of_the_original() -> None:
    found = detect_with_retries(Shortsighted(needs=440, at=(150.0, 140.0)), PAGE)
    assert found.attempt == "with a border"
    assert found.faces[0].box == (30.0, 20.0, 130.0, 120.0)
    assert found.faces[0].points[0] == (30.0, 20.0)


def test_smaller_detector_sizes_are_tried_in_turn_then_a_lower_threshold() -> None:
    assert detect_with_retries(Sized(side=256), PAGE).attempt == "detector size 256"
    shy = Sized(side=320, sure=0.4)
    assert detect_with_retries(shy, PAGE).attempt == "lower threshold"
    turned = ["300x200", "300x200", "200x300", "354x354", "354x354"]
    assert shy.asked == ["200x300", "440x540", "320 0.5", "256 0.5", "128 0.5", *turned, "640 0.3", "320 0.3"]


def test_a_reader_without_sizes_is_asked_seven_times_at_most_and_says_it_found_nothing() -> None:
    reader = Shortsighted()
    assert detect_with_retries(reader, PAGE).attempt == "not found"
    assert len(reader.asked) == 7


def test_the_demo_s_faces_are_found_when_they_fill_the_picture() -> None:
    rng = np.random.default_rng(4)
    found = 0
    for _ in range(10):
        drawing = draw(character(0), random_look(rng), rng, 256)
        tight = drawing.image.crop(tuple(round(side) for side in drawing.box))
        found += bool(detect_with_retries(demo_reader(), tight).faces)
    assert found >= 8
