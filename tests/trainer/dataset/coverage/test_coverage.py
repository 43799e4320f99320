"""What a set shows, by bucket."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from trainer.dataset.coverage.coverage import Coverage, CoverageRow, cover, framing_of, lighting_of, observe
from trainer.dataset.coverage.lighting import Light, name_light, neutral_of
from trainer.dataset.coverage.observe import clothing_of
from trainer.dataset.sample import FaceMark, Sample
from trainer.errors import DatasetError
from trainer.faces.pose import angle_of

BOX = (100.0, 80.0, 200.0, 200.0)
SKIN, WALL = (200, 150, 120), (90, 110, 140)


def mark(yaw: float | None = 0.0, pitch: float | None = None, box: tuple[float, float, float, float] = BOX) -> FaceMark:
    return FaceMark(box=box, reader="reader", yaw=yaw, pitch=pitch)


def row(number: int, **given: object) -> CoverageRow:
    return replace(CoverageRow(sha256=f"{number}", size=(300, 400), reader="reader", face=mark()), **given)  # type: ignore[arg-type]


def scene(
    wall: tuple[int, int, int] = WALL, skin: tuple[int, int, int] = SKIN, shirt: tuple[int, int, int] = (20, 20, 160)
) -> Image.Image:
    page = Image.new("RGB", (300, 400), wall)
    page.paste(skin, tuple(int(side) for side in BOX))
    page.paste(shirt, (60, 210, 240, 400))
    return page


def seen(number: int, image: Image.Image, caption: str = "") -> CoverageRow:
    sample = Sample(path=Path(f"{number}.png"), sha256=f"{number}", width=300, height=400, face=mark(), caption=caption)
    return observe(sample, image)


@pytest.mark.parametrize(
    ("yaw", "pitch", "bucket"),
    [
        (0, None, "front"),
        (-20, 0, "front"),
        (-21, None, "three-quarter left"),
        (55, 5, "three-quarter right"),
        (56, None, "right profile"),
        (-80, 40, "left profile"),
        (5, 25, "looking up"),
        (-30, -21, "looking down"),
        (None, 30, None),
    ],
)
def test_angles_have_names(yaw: float | None, pitch: float | None, bucket: str | None) -> None:
    assert angle_of(yaw, pitch) == bucket


@pytest.mark.parametrize(("tall", "bucket"), [(360, "close-up"), (350, "medium"), (120, "medium"), (119, "full body")])
def test_framing_goes_by_the_face_s_part_of_the_height(tall: float, bucket: str) -> None:
    assert framing_of((0, 0, 50, tall), (500, 1000)) == bucket


def test_light_from_one_side_is_told_from_even_light() -> None:
    lit = np.asarray(scene()).copy()
    assert lighting_of(lit, BOX) == "even light"
    lit[80:200, 150:200] = lit[80:200, 150:200] // 2
    assert lighting_of(lit, BOX) == "side light"


def test_a_dark_face_before_a_bright_wall_is_backlit() -> None:
    assert lighting_of(np.asarray(scene(wall=(240, 240, 240), skin=(80, 60, 48))), BOX) == "backlight"


def test_warm_and_cool_are_told_against_the_rest_of_the_set() -> None:
    blue_skin = [Light(luma=110, warmth=0.7)] * 6
    neutral = neutral_of(blue_skin)
    assert name_light(blue_skin[0], neutral) == "even light"
    assert name_light(Light(luma=110, warmth=1.0), neutral) == "warm light"
    assert name_light(Light(luma=110, warmth=0.5), neutral) == "cool light"


def test_a_face_too_small_to_be_lit_is_not_measured() -> None:
    assert lighting_of(np.asarray(scene()), (10, 10, 16, 17)) is None


@pytest.mark.parametrize(
    ("caption", "clothing"),
    [
        ("sage, woman, a white shirt, smiling", "white shirt"),
        ("she is wearing a long red dress, beach", "long red dress"),
        ("sage in dark blue jeans", "dark blue jeans"),
        ("two t-shirts", "two t-shirts"),
        ("sage, portrait, topaz eyes", None),
        ("", None),
    ],
)
def test_captions_name_clothing(caption: str, clothing: str | None) -> None:
    assert clothing_of(caption) == clothing


def test_backgrounds_of_one_colour_are_one_bucket_and_named_by_it() -> None:
    rng = np.random.default_rng(1)
    walls = [(90, 110, 200)] * 3 + [(200, 60, 50)] * 2
    pages = [
        np.clip(np.asarray(scene(wall)).astype(int) + rng.integers(-9, 9, (400, 300, 3)), 0, 255) for wall in walls
    ]
    rows = [seen(n, Image.fromarray(page.astype(np.uint8))) for n, page in enumerate(pages)]
    assert cover(rows).axes["background"].buckets == {"blue": ("0", "1", "2"), "red": ("3", "4")}


def test_outfits_come_from_words_read_else_captions_else_colours() -> None:
    pages = [scene(shirt=(20, 20, 160)), scene(shirt=(200, 30, 30)), scene(shirt=(22, 20, 150))]
    plain = [seen(n, page) for n, page in enumerate(pages)]
    told = [seen(n, page, "white shirt") for n, page in enumerate(pages)]
    read = [replace(one, words={"clothing": "red scarf"}, words_by="a tagger") for one in told]
    axes = [cover(rows).axes["outfit"] for rows in (plain, told, read)]
    assert [axis.by for axis in axes] == ["pixels", "captions", "a tagger"]
    assert [sorted(map(len, axis.buckets.values())) for axis in axes] == [[1, 2], [3], [3]]


def test_a_caption_edit_or_a_second_look_changes_no_group() -> None:
    rows = [seen(n, scene(wall)) for n, wall in enumerate([WALL, SKIN, (10, 200, 30)] * 4)]
    assert cover(rows).to_json() == cover(list(rows)).to_json()


def test_what_nobody_measured_is_never_missing() -> None:
    rows = [row(n, reader=None, face=None) for n in range(12)]
    coverage = cover(rows)
    assert coverage.axes["angle"].empty == ()
    assert len(coverage.axes["expression"].unmeasured) == 12
    assert coverage.add_next == ()


def test_a_reader_without_pitch_misses_no_face_that_looks_up() -> None:
    flat = cover([row(n, face=mark(0.0)) for n in range(5)])
    tilted = cover([row(n, face=mark(0.0, 0.0)) for n in range(5)])
    assert "looking up" not in flat.axes["angle"].buckets
    assert "looking up" in tilted.axes["angle"].empty


def test_no_face_where_somebody_looked_is_a_bucket_but_never_a_wish() -> None:
    rows = [row(n, face=mark()) for n in range(3)] + [row(9, face=None)]
    assert cover(rows).axes["angle"].buckets["no face"] == ("9",)
    assert not any("no face" in wish for wish in cover(rows[:3]).add_next)


def test_missing_angles_come_first_in_what_to_add() -> None:
    coverage = cover([row(n, words={"expression": "neutral"}, words_by="a reader") for n in range(24)])
    assert coverage.add_next[0] == "Add a three-quarter view to the left: none of 24 pictures shows one."
    assert "Add a left profile: none of 24 pictures shows one." in coverage.add_next
    assert coverage.add_next.index("Add a smile: none of 24 pictures shows one.") > 3


def test_words_of_another_reader_are_the_buckets_when_given() -> None:
    rows = [row(n, words={"expression": "angry"}, words_by="a reader") for n in range(3)]
    assert cover(rows, ("angry", "sad")).axes["expression"].buckets == {"angry": ("0", "1", "2"), "sad": ()}


@pytest.mark.parametrize(("alike", "words"), [(6, None), (7, "vary it"), (9, "the LoRA will take it")])
def test_a_lopsided_axis_warns_and_warns_louder(alike: int, words: str | None) -> None:
    rows = [row(n, face=mark(0.0 if n < alike else 40.0 * (-1) ** n)) for n in range(10)]
    found = [finding for finding in cover(rows).findings() if finding.check == "coverage angle"]
    assert [words in finding.text for finding in found if words] == ([True] if words else [])
    assert bool(found) == (words is not None)


def test_framing_may_be_all_alike() -> None:
    assert not [f for f in cover([row(n) for n in range(10)]).findings() if "framing" in f.check]


def test_where_a_picture_lies_can_be_asked() -> None:
    coverage = cover([row(1, face=mark(-30.0)), row(2, face=None)])
    assert coverage.bucket_of("1")["angle"] == "three-quarter left"
    assert coverage.bucket_of("2") == {"angle": "no face"}


def test_coverage_travels_as_json_and_refuses_unknown_keys() -> None:
    coverage = cover([seen(n, scene()) for n in range(3)])
    assert Coverage.from_json(coverage.to_json()) == coverage
    with pytest.raises(DatasetError, match="extra"):
        Coverage.from_json({**coverage.to_json(), "extra": 1})
