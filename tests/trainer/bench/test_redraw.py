"""What a picture shows, found by drawing it again."""

from dataclasses import replace

import numpy as np
import pytest
from PIL import ImageFilter

from trainer.bench.redraw import Shown, shown
from trainer.demo.characters.character import SAGE, character
from trainer.demo.world.draw import draw
from trainer.demo.world.look import Look

LOOK = Look(
    background="purple",
    scene="beach",
    garment="scarf",
    garment_color="blue",
    expression="smiling",
    turn="left",
    style="flat",
)


@pytest.fixture(scope="module")
def found() -> Shown:
    """Sage, softened as generated pictures are, looked for from another person in another look."""
    image = draw(SAGE, LOOK, np.random.default_rng(3)).image.filter(ImageFilter.GaussianBlur(1))
    return shown(image, character(1), replace(LOOK, background="green", scene="city", expression="angry", turn="front"))


def test_the_person_is_found_from_another_start(found: Shown) -> None:
    assert float(found.identity.vector() @ SAGE.vector()) > 0.97
    assert float(found.identity.vector() @ character(1).vector()) < 0.3


def test_every_slot_is_read_as_it_was_drawn(found: Shown) -> None:
    assert found.look == LOOK


def test_what_was_found_reads_back(found: Shown) -> None:
    assert Shown.from_json(found.to_json()).identity == found.identity
