"""Where full-body crops lie, over thousands of random sizes, from the demo's resolution to that of large bases."""

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from trainer.dataset.crop.body import BodyCrop, body_crop, buckets
from trainer.dataset.crop.geometry import Box, FaceCrop
from trainer.dataset.files.ingest import MAX_STRETCH, MIN_SIDE
from trainer.demo.settings import SIZE
from trainer.errors import DatasetError
from trainer.recipe.buckets import Buckets, bucket_sizes, placement

MANY = settings(max_examples=1000, deadline=None)
FEW = settings(max_examples=120, deadline=None)
SHORT_SIDES = st.integers(MIN_SIDE, 200) | st.integers(MIN_SIDE, 3000)
RESOLUTIONS = st.integers(128, 1024) | st.sampled_from((128, 192, 256, 512, 768, 1024))
LIMITS = st.floats(1.0, 2.0)


@st.composite
def pictures(draw: st.DrawFn) -> tuple[tuple[int, int], Box | None]:
    """The size of any picture that is read, and a face in it or None."""
    short = draw(SHORT_SIDES)
    sides = short, draw(st.integers(short, min(6000, MAX_STRETCH * short)))
    wide, high = draw(st.sampled_from((sides, sides[::-1])))
    if draw(st.booleans()):
        return (wide, high), None
    tall = draw(st.floats(2, min(wide / 0.8, high)))
    left, top = draw(st.floats(0, wide - 0.8 * tall)), draw(st.floats(0, high - tall))
    return (wide, high), (left, top, left + 0.8 * tall, top + tall)


def check_grid_and_limits(picture: tuple[tuple[int, int], Box | None], resolution: int, limit: float) -> None:
    size, face = picture
    crop = body_crop(face, size, BodyCrop(resolution=resolution, max_upscale=limit))
    if crop is None:
        assert 64 / min(size) > limit
        return
    left, top, right, bottom = crop.box
    assert 0 <= left < right <= size[0]
    assert 0 <= top < bottom <= size[1]
    assert crop.size[0] % 64 == crop.size[1] % 64 == 0 < min(crop.size)
    assert crop.size[0] * crop.size[1] <= resolution**2
    assert max(crop.size) <= 2 * resolution
    assert crop.upscale <= limit


@FEW
@given(pictures(), RESOLUTIONS, LIMITS)
def test_a_crop_lies_on_the_grid_in_the_picture_and_within_both_limits(
    picture: tuple[tuple[int, int], Box | None], resolution: int, limit: float
) -> None:
    check_grid_and_limits(picture, resolution, limit)


@pytest.mark.slow
@MANY
@given(pictures(), RESOLUTIONS, LIMITS)
def test_a_crop_lies_on_the_grid_in_thousands_of_pictures(
    picture: tuple[tuple[int, int], Box | None], resolution: int, limit: float
) -> None:
    check_grid_and_limits(picture, resolution, limit)


@FEW
@given(pictures(), RESOLUTIONS, LIMITS)
def test_the_head_is_never_cut_where_there_is_room_for_it(
    picture: tuple[tuple[int, int], Box | None], resolution: int, limit: float
) -> None:
    size, face = picture
    crop = body_crop(face, size, BodyCrop(resolution=resolution, max_upscale=limit))
    assume(crop is not None and face is not None)
    assert crop is not None and face is not None
    tall = face[3] - face[1]
    assert crop.box[1] <= max(0.0, face[1] - 0.5 * tall)
    assert crop.box[3] >= face[3] or crop.box[3] - crop.box[1] < 1.6 * tall + 1


@FEW
@given(pictures(), RESOLUTIONS)
def test_a_larger_limit_never_gives_a_smaller_crop(
    picture: tuple[tuple[int, int], Box | None], resolution: int
) -> None:
    size, face = picture
    less, more = (body_crop(face, size, BodyCrop(resolution=resolution, max_upscale=limit)) for limit in (1.0, 2.0))
    assume(less is not None)
    assert less is not None and more is not None
    assert more.size[0] * more.size[1] >= less.size[0] * less.size[1]


@pytest.mark.parametrize(
    "trained",
    [
        Buckets(),
        Buckets(resolution=SIZE, shortest=64, longest=256),
        Buckets(resolution=512, shortest=256, longest=1024),
    ],
    ids=lambda trained: str(trained.resolution),
)
def test_the_sizes_are_those_that_the_presets_train_on(trained: Buckets) -> None:
    assert buckets(trained.resolution) == bucket_sizes(trained)


@given(st.integers(600, 3000), st.integers(600, 3000), st.sampled_from((128, 512)))
def test_a_crop_is_trained_on_whole_and_as_large_as_it_is(wide: int, high: int, resolution: int) -> None:
    trained = Buckets(resolution=resolution, shortest=resolution // 2, longest=2 * resolution)
    crop = body_crop(None, (wide, high), BodyCrop(resolution=resolution))
    assert crop is not None
    place = placement(crop.size, trained)
    assert (place.bucket, place.crop) == (crop.size, (0, 0))


@given(st.integers(600, 3000), st.integers(600, 3000), st.sampled_from((1024, 1536, 2048)))
def test_nearly_all_of_a_picture_of_common_shape_is_kept(wide: int, high: int, resolution: int) -> None:
    assume(1 / 2 <= wide / high <= 2)
    crop = body_crop(None, (wide, high), BodyCrop(resolution=resolution))
    assert crop is not None
    left, top, right, bottom = crop.box
    assert (right - left) * (bottom - top) >= 0.9 * wide * high


def test_a_picture_is_turned_as_its_crop_is() -> None:
    for resolution in (128, 192, 320, 1024):
        rule = BodyCrop(resolution=resolution)
        flat, tall = body_crop(None, (3000, 1000), rule), body_crop(None, (1000, 3000), rule)
        assert flat is not None and tall is not None
        assert flat.size == tall.size[::-1]


@pytest.mark.parametrize(
    "wrong",
    [
        {"body": 1.0},
        {"resolution": 63},
        {"max_upscale": 0.9},
        {"smallest": 512, "close_up": FaceCrop(resolution=128)},
    ],
)
def test_a_rule_that_cannot_work_is_refused_with_what_to_use(wrong: dict[str, object]) -> None:
    with pytest.raises(DatasetError, match="use"):
        BodyCrop(**wrong)  # type: ignore[arg-type]
