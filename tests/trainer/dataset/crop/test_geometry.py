"""Where crops lie, over thousands of random faces."""

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from trainer.dataset.crop.crop import FaceCrop, face_crop
from trainer.dataset.crop.geometry import LEAST, MOST, Box
from trainer.dataset.crop.report import Framing
from trainer.dataset.crop.store import FoundFace
from trainer.dataset.crop.turn import LEANING, upright_crop
from trainer.errors import DatasetError
from trainer.faces.turned import leaning

# Most random faces lie where their crop must be moved.
MANY = settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.filter_too_much])
SIZES = st.tuples(st.integers(200, 6000), st.integers(200, 6000))
RULES = st.builds(
    FaceCrop,
    share=st.floats(0.5, 0.7),
    eyes=st.floats(0.38, 0.46),
    below=st.floats(0.06, 0.10),
    resolution=st.sampled_from((512, 768, 1024)),
    max_upscale=st.floats(1.0, 2.0),
    outside=st.sampled_from(("shrink", "edge")),
)


@st.composite
def faces(draw: st.DrawFn) -> tuple[Box, tuple[int, int], float]:
    """A face box that lies in a picture, the picture's size, and where its eyes are."""
    wide, high = draw(SIZES)
    tall = draw(st.floats(16, min(wide / 0.8, high)))
    across = tall * draw(st.floats(0.6, 0.8))
    left, top = draw(st.floats(0, wide - across)), draw(st.floats(0, high - tall))
    return (left, top, left + across, top + tall), (wide, high), top + tall * draw(st.floats(0.33, 0.47))


@st.composite
def roomy_faces(draw: st.DrawFn) -> tuple[Box, tuple[int, int], float]:
    """As `faces`, with room on every side, so that most crops lie where they should."""
    wide, high = draw(SIZES)
    tall = draw(st.floats(16, min(wide, high) / 4))
    left, top = draw(st.floats(tall, wide - 2 * tall)), draw(st.floats(tall, high - 2 * tall))
    return (left, top, left + 0.7 * tall, top + tall), (wide, high), top + tall * draw(st.floats(0.33, 0.47))


@MANY
@given(faces(), RULES, st.booleans())
def test_a_face_fills_half_to_seven_tenths_wherever_the_picture_allows_it(
    where: tuple[Box, tuple[int, int], float], rule: FaceCrop, knows_eyes: bool
) -> None:
    face, size, eyes = where
    crop = face_crop(face, size, rule, eyes if knows_eyes else None)
    assert crop.share == pytest.approx((face[3] - face[1]) / (crop.box[3] - crop.box[1]))
    allows = rule.outside != "shrink" or (face[3] - face[1]) / min(size) <= MOST
    assert crop.share >= LEAST
    assert crop.share <= MOST or not allows


@MANY
@given(faces(), RULES, st.booleans())
def test_a_crop_is_square_and_inside_the_picture_unless_it_is_padded(
    where: tuple[Box, tuple[int, int], float], rule: FaceCrop, knows_eyes: bool
) -> None:
    face, size, eyes = where
    crop = face_crop(face, size, rule, eyes if knows_eyes else None)
    left, top, right, bottom = crop.box
    assert right - left == bottom - top > 0
    assert crop.size[0] == crop.size[1]
    is_inside = left >= 0 and top >= 0 and right <= size[0] and bottom <= size[1]
    assert is_inside != crop.padded
    assert not crop.padded or rule.outside == "edge"


@MANY
@given(faces() | roomy_faces(), RULES)
def test_eyes_lie_at_one_height_in_every_crop_that_was_not_moved(
    where: tuple[Box, tuple[int, int], float], rule: FaceCrop
) -> None:
    face, size, eyes = where
    crop = face_crop(face, size, rule, eyes)
    assume(not crop.moved)
    assert crop.eyes is not None
    assert abs(crop.eyes - rule.eyes) * crop_side(crop.box) <= 1.51


@MANY
@given(faces() | roomy_faces(), RULES)
def test_without_eyes_the_centre_lies_below_the_face_s_by_the_rule(
    where: tuple[Box, tuple[int, int], float], rule: FaceCrop
) -> None:
    face, size, _ = where
    crop = face_crop(face, size, rule)
    assume(not crop.moved)
    centre = (crop.box[1] + crop.box[3]) / 2
    assert abs(centre - (face[1] + face[3]) / 2 - rule.below * (face[3] - face[1])) <= 1.51


@MANY
@given(faces(), RULES)
def test_nothing_is_enlarged_beyond_the_limit_or_the_resolution(
    where: tuple[Box, tuple[int, int], float], rule: FaceCrop
) -> None:
    crop = face_crop(where[0], where[1], rule, where[2])
    assert crop.upscale <= rule.max_upscale + 1e-9
    assert crop.size[0] <= rule.resolution
    assert crop.size[0] in (rule.resolution, int(crop_side(crop.box) * rule.max_upscale))


@MANY
@given(faces(), RULES, st.booleans())
def test_the_whole_face_stays_in_a_crop_that_has_room_for_it(
    where: tuple[Box, tuple[int, int], float], rule: FaceCrop, knows_eyes: bool
) -> None:
    face, size, eyes = where
    crop = face_crop(face, size, rule, eyes if knows_eyes else None)
    assume(crop.share is not None and crop.share <= MOST)
    assert crop.box[1] <= face[1]
    assert crop.box[3] >= face[3]


@pytest.mark.parametrize("count", [4_000, pytest.param(20_000, marks=pytest.mark.slow)])
def test_thousands_of_random_faces_are_framed_by_the_guide(count: int) -> None:
    rng = np.random.default_rng(3)
    rule, heights = FaceCrop(), list[float]()
    for _ in range(count):
        size = (int(rng.integers(300, 5000)), int(rng.integers(300, 5000)))
        tall = float(rng.uniform(16, 0.7 * min(size)))
        left, top = float(rng.uniform(0, size[0] - 0.75 * tall)), float(rng.uniform(0, size[1] - tall))
        face = (left, top, left + 0.75 * tall, top + tall)
        crop = face_crop(face, size, rule, top + 0.4 * tall)
        assert crop.share is not None
        assert LEAST <= crop.share <= MOST
        assert 0 <= crop.box[0] <= face[0] < face[2] <= crop.box[2] <= size[0]
        assert 0 <= crop.box[1] <= face[1] < face[3] <= crop.box[3] <= size[1]
        assert crop.size[0] == min(1024, int(1.5 * crop_side(crop.box)))
        if not crop.moved and crop.eyes is not None:
            heights.append((crop.eyes - rule.eyes) * crop_side(crop.box))
    assert len(heights) > count / 4
    assert np.abs(heights).max() <= 0.51


def test_a_crop_at_the_edge_is_moved_and_says_so() -> None:
    crop = face_crop((10, 10, 210, 260), (2000, 1500), FaceCrop(), 110)
    assert crop.box[:2] == (0, 0)
    assert crop.moved
    assert not crop.shrunk


def test_a_crop_larger_than_the_picture_is_shrunk_before_it_is_filled() -> None:
    face, size = (300.0, 150.0, 700.0, 650.0), (1000, 800)
    assert face_crop(face, size, FaceCrop()).shrunk
    assert face_crop(face, size, FaceCrop(outside="edge")) == face_crop(face, size, FaceCrop())
    filling = face_crop((100, 50, 700, 750), size, FaceCrop(outside="edge"))
    assert filling.padded
    assert filling.share == pytest.approx(MOST, abs=0.001)


def test_a_leaning_head_is_turned_only_when_asked_and_only_with_pixels_in_every_corner() -> None:
    middle = FoundFace(box=(900, 900, 1100, 1150), reader="r", rung="as it is", roll=22.0, eyes=(1010.0, 1000.0))
    corner = FoundFace(box=(10, 10, 210, 260), reader="r", rung="as it is", roll=22.0, eyes=(120.0, 110.0))
    rule = FaceCrop(straighten=True)
    turned = upright_crop(middle, (2000, 2000), rule, knows_eyes=True)
    assert turned is not None
    assert turned.turn == 22.0
    assert upright_crop(middle, (2000, 2000), FaceCrop(), knows_eyes=True) is None
    assert upright_crop(corner, (2000, 2000), rule, knows_eyes=True) is None


def test_a_head_straightened_from_any_angle_is_framed_as_an_upright_one() -> None:
    upright = face_crop((1920, 1900, 2080, 2100), (4000, 4000), FaceCrop(), 1980.0)
    for roll in (degrees / 2 for degrees in range(-360, 361) if abs(degrees) > 2 * LEANING):
        # A head 160 wide and 200 high, its eyes 20 above its middle, then leaning: lying, its box lies too.
        box = (1900, 1920, 2100, 2080) if 45 < abs(roll) < 135 else (1920, 1900, 2080, 2100)
        eyes = leaning((2000, 1980), (2000, 2000), roll)
        face = FoundFace(box=box, reader="r", rung="as it is", roll=roll, eyes=eyes)
        crop = upright_crop(face, (4000, 4000), FaceCrop(straighten=True), knows_eyes=True)
        assert crop is not None
        assert (crop.box, crop.turn, crop.share) == (upright.box, roll, upright.share)
        assert crop.eyes == pytest.approx(upright.eyes)


@pytest.mark.parametrize("roll", [90.0, -90.0, 88.0, -93.0])
def test_a_lying_head_near_the_edge_is_moved_inside_the_turned_picture(roll: float) -> None:
    face = FoundFace(box=(20, 400, 320, 640), reader="r", rung="turned", roll=roll, eyes=(150, 520))
    crop = upright_crop(face, (1536, 1024), FaceCrop(straighten=True), knows_eyes=True)
    assert crop is not None
    assert abs(crop.turn) == 90
    corners = [leaning((x, y), (170, 520), crop.turn) for x in crop.box[::2] for y in crop.box[1::2]]
    assert all(-1e-6 <= x <= 1536 + 1e-6 and -1e-6 <= y <= 1024 + 1e-6 for x, y in corners)


def test_uneven_framing_is_told() -> None:
    near, far = (face_crop((400, 400, 800, 900), (2000, 2000), FaceCrop(share=share)) for share in (0.5, 0.7))
    even, uneven = Framing.of([near, near]), Framing.of([near, far])
    assert even is not None
    assert uneven is not None
    assert even.is_even
    assert not uneven.is_even


@pytest.mark.parametrize("wrong", [{"share": 0.8}, {"eyes": 0.9}, {"max_upscale": 0.5}, {"resolution": 8}])
def test_a_rule_outside_the_guide_is_refused_with_the_range(wrong: dict[str, float]) -> None:
    with pytest.raises(DatasetError, match="use"):
        FaceCrop(**wrong)


def crop_side(box: tuple[int, int, int, int]) -> int:
    return box[2] - box[0]
