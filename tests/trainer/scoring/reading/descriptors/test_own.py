import io
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image, ImageOps

from trainer.demo.characters.character import character
from trainer.demo.world.draw import Drawing, draw
from trainer.demo.world.look import Look
from trainer.scoring.reading.descriptor import Description
from trainer.scoring.reading.descriptors.own import OwnDescriptor

COPY = 0.5
LOOK = Look(
    background="green",
    scene="city",
    garment="hoodie",
    garment_color="red",
    expression="smiling",
    turn="front",
    style="flat",
)
OWN = OwnDescriptor()


def drawn(person: int = 0, seed: int = 1, **look: str) -> Drawing:
    return draw(character(person), replace(LOOK, **look), np.random.default_rng(seed), size=256)


def seen(drawing: Drawing) -> Description:
    return OWN.describe(drawing.image, drawing.box)


TRAINED = drawn()


def recompressed(image: Image.Image) -> Image.Image:
    file = io.BytesIO()
    image.save(file, "JPEG", quality=40)
    return Image.open(file)


def recoloured(image: Image.Image) -> Image.Image:
    tinted = np.asarray(image, np.float32) * (1.1, 0.92, 1.0) + (5, -4, 8)
    return Image.fromarray(tinted.clip(0, 255).astype(np.uint8))


def part(left: float, top: float, right: float, bottom: float) -> Callable[[Image.Image], Image.Image]:
    return lambda image: image.crop((256 * left, 256 * top, 256 * right, 256 * bottom))


@pytest.mark.parametrize(
    "made",
    [
        Image.Image.copy,
        ImageOps.mirror,
        recompressed,
        recoloured,
        part(0.0, 0.0, 1.0, 0.7),
        part(0.2, 0.15, 0.82, 0.77),
        lambda image: image.resize((96, 96)),
        lambda image: recompressed(recoloured(part(0.1, 0.05, 0.85, 0.8)(ImageOps.mirror(image)))),
    ],
    ids=["identical", "mirrored", "recompressed", "recoloured", "wide", "three-fifths", "small", "all-at-once"],
)
def test_a_training_picture_made_over_is_a_copy(made: Callable[[Image.Image], Image.Image]):
    again = OWN.describe(made(TRAINED.image), None)
    assert OWN.copied(again, seen(TRAINED)) > COPY
    assert OWN.copied(seen(TRAINED), again) > COPY


@pytest.mark.parametrize(
    "other",
    [
        drawn(4),
        drawn(turn="left", expression="sad"),
        drawn(scene="room", background="blue"),
        drawn(garment="scarf", garment_color="blue", scene="forest", turn="right"),
    ],
    ids=["other person before the same place", "other pose", "other place", "other everything"],
)
def test_a_picture_that_is_merely_like_it_is_none(other: Drawing):
    assert OWN.copied(seen(other), seen(TRAINED)) < COPY


def test_the_picture_itself_is_exactly_one():
    assert OWN.copied(seen(TRAINED), seen(TRAINED)) == pytest.approx(1.0, abs=1e-3)


def test_somebody_else_pasted_before_a_trained_place_shares_its_background():
    pasted = drawn(4, seed=2)
    shared = OWN.shared_background(seen(pasted), seen(TRAINED))
    assert shared is not None and shared > 0.6
    elsewhere = OWN.shared_background(seen(drawn(4, scene="room", background="purple")), seen(TRAINED))
    assert elsewhere is not None and elsewhere < 0.3


def test_a_plain_ground_is_shared_by_all_who_have_it_and_by_its_colour_alone():
    """So it says nothing by itself: the control before the same ground has as much."""
    ours, control = drawn(scene="studio"), drawn(7, seed=5, scene="studio")
    trained = seen(drawn(3, seed=9, scene="studio"))
    both = [OWN.shared_background(seen(each), trained) for each in (ours, control)]
    assert all(shared is not None and shared > 0.5 for shared in both)
    red = OWN.shared_background(seen(drawn(scene="studio", background="red")), trained)
    assert red is not None and red < 0.3


def test_a_face_that_fills_the_picture_has_no_background():
    close = TRAINED.image.crop(TRAINED.box)
    described = OWN.describe(close, (0, 0, close.width, close.height))
    assert described.background is None
    assert OWN.shared_background(described, seen(TRAINED)) is None


def test_blank_pictures_are_described_and_copy_nothing():
    blank = OWN.describe(Image.new("RGB", (64, 64), (9, 9, 9)), None)
    assert OWN.copied(blank, seen(TRAINED)) == 0
    assert np.isfinite(blank.whole).all()


def test_a_description_stays_small_and_is_numbers_of_a_byte():
    described = seen(TRAINED)
    assert described.whole.dtype == np.int8 and described.whole.nbytes < 32_000


def test_a_gallery_says_what_its_likest_picture_says():
    others = [TRAINED, drawn(4, seed=2), drawn(scene="room", background="blue"), drawn(2, seed=3, scene="forest")]
    pictures = [seen(each) for each in others]
    again = OWN.describe(recompressed(ImageOps.mirror(TRAINED.image)), None)
    gallery = OWN.gallery(pictures)
    assert gallery.copied(again) == pytest.approx(max(OWN.copied(again, each) for each in pictures), abs=1e-4)
    pasted = seen(drawn(7, seed=5))
    shared = [each for other in pictures if (each := OWN.shared_background(pasted, other)) is not None]
    assert gallery.background(pasted) == pytest.approx(max(shared), abs=1e-4)


def test_the_copy_among_more_pictures_than_hang_on_a_wall_is_found():
    many = [seen(drawn(number, seed=number)) for number in range(1, 34)]
    gallery = OWN.gallery([*many, seen(TRAINED)])
    assert gallery.copied(OWN.describe(recompressed(TRAINED.image), None)) > COPY
    assert OWN.gallery([]).copied(seen(TRAINED)) is None
    assert OWN.gallery([]).background(seen(TRAINED)) is None
