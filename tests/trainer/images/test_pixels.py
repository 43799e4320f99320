import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, features

from trainer.dataset.sample import Sample
from trainer.dataset.sample_pixels import open_sample
from trainer.errors import DatasetError
from trainer.images import picture_file
from trainer.images.pixels import load_picture, load_rgb, pixel_sha256

from ..dataset.png import GREY, GREY_ALPHA, RGB, RGBA, chunk, png

CORNERS = np.array([[[255, 0, 0], [0, 255, 0], [0, 255, 0]], [[0, 0, 255], [255, 255, 255], [255, 255, 255]]], np.uint8)
STORED = {
    # How each orientation stores an upright picture. Source: EXIF 2.32, tag 274.
    1: lambda a: a,
    2: lambda a: a[:, ::-1],
    3: lambda a: a[::-1, ::-1],
    4: lambda a: a[::-1],
    5: lambda a: a.transpose(1, 0, 2),
    6: lambda a: np.rot90(a, 1),
    7: lambda a: np.rot90(a, 2).transpose(1, 0, 2),
    8: lambda a: np.rot90(a, -1),
}
WITH_EXIF = ["PNG", "JPEG", "WEBP", "TIFF"] + ["AVIF"] * features.check("avif")


def saved(image: Image.Image, path: Path, **options: object) -> Image.Image:
    image.save(path, **options)  # type: ignore[arg-type]
    return load_rgb(path)


def colors(image: Image.Image) -> list[object]:
    return [image.getpixel((x, y)) for y in range(image.height) for x in range(image.width)]


@pytest.mark.parametrize("kind", WITH_EXIF)
@pytest.mark.parametrize("turn", STORED)
def test_a_turned_photo_comes_upright(tmp_path: Path, kind: str, turn: int):
    upright = np.repeat(np.repeat(CORNERS, 32, 0), 32, 1)
    exif = Image.Exif()
    exif[0x0112] = turn
    stored = Image.fromarray(np.ascontiguousarray(STORED[turn](upright)))
    read = saved(stored, tmp_path / f"a.{kind.lower()}", exif=exif, format=kind)
    assert read.size == (96, 64)
    assert np.abs(np.asarray(read)[16::32, 16::32].astype(int) - CORNERS).max() < 40
    assert 0x0112 not in read.getexif()


def test_a_turned_mask_lies_on_its_picture(tmp_path: Path):
    image = Image.new("RGBA", (20, 10), (10, 20, 30, 255))
    image.paste((0, 0, 0, 0), (0, 0, 5, 10))
    exif = Image.Exif()
    exif[0x0112] = 6
    image.save(tmp_path / "a.png", exif=exif)
    rgb, mask = load_rgb(tmp_path / "a.png"), load_picture(tmp_path / "a.png").mask
    assert mask is not None and mask.mode == "L"
    assert (np.asarray(mask) == 0).tolist() == (np.asarray(rgb) == 255).all(axis=2).tolist()


@pytest.mark.filterwarnings("ignore:Corrupt EXIF data")
def test_a_photo_with_damaged_exif_is_read_as_it_is_stored(tmp_path: Path):
    Image.new("RGB", (8, 4), (9, 9, 9)).save(tmp_path / "a.jpg", exif=b"Exif\0\0II*\0\xff\xff\xff\xff broken")
    assert load_rgb(tmp_path / "a.jpg").size == (8, 4)


@pytest.mark.parametrize("mode", ["RGBA", "LA"])
def test_transparency_becomes_white(tmp_path: Path, mode: str):
    image = Image.new(mode, (4, 4), 0)
    assert saved(image, tmp_path / "a.png").getpixel((1, 1)) == (255, 255, 255)


@pytest.mark.parametrize("kind", ["png", "webp", "tiff"])
def test_a_hidden_colour_is_never_seen(tmp_path: Path, kind: str):
    image = Image.new("RGBA", (8, 8), (255, 0, 0, 0))
    image.paste((0, 0, 255, 255), (0, 0, 4, 8))
    image.save(tmp_path / f"a.{kind}", lossless=True, exact=True)
    path = tmp_path / f"a.{kind}"
    assert set(colors(load_rgb(path, "grey"))) == {(0, 0, 255), (128, 128, 128)}
    assert set(colors(load_rgb(path, "#0a0b0c"))) == {(0, 0, 255), (10, 11, 12)}


def test_a_sample_opens_on_its_own_colour(tmp_path: Path):
    Image.new("RGBA", (4, 4), 0).save(tmp_path / "a.png")
    sample = Sample(path=tmp_path / "a.png", sha256="", width=4, height=4, matte="black")
    assert open_sample(sample).getpixel((0, 0)) == (0, 0, 0)


def test_an_opaque_picture_has_no_mask(tmp_path: Path):
    Image.new("RGBA", (4, 4), (1, 2, 3, 255)).save(tmp_path / "a.png")
    assert load_picture(tmp_path / "a.png").mask is None


def test_a_transparent_palette_entry_becomes_white(tmp_path: Path):
    image = Image.new("P", (4, 4), 0)
    image.putpalette([10, 20, 30, 200, 100, 50])
    image.putpixel((0, 0), 1)
    for kind in ("png", "gif"):
        flat = saved(image, tmp_path / f"a.{kind}", transparency=0)
        assert (flat.getpixel((0, 0)), flat.getpixel((1, 1))) == ((200, 100, 50), (255, 255, 255))


def test_sixteen_bits_are_scaled_and_not_clipped(tmp_path: Path):
    image = Image.fromarray(np.array([[0, 32768, 65535]], dtype=np.uint16))
    for kind in ("png", "tif"):
        flat = saved(image, tmp_path / f"a.{kind}")
        assert [flat.getpixel((x, 0)) for x in range(3)] == [(0, 0, 0), (128, 128, 128), (255, 255, 255)]


@pytest.mark.parametrize(("kind", "channels"), [(GREY, 1), (RGB, 3), (GREY_ALPHA, 2), (RGBA, 4)])
def test_sixteen_bit_png_of_every_kind_is_read(tmp_path: Path, kind: int, channels: int):
    rows = np.full((2, 2, channels), 0x8000, ">u2")
    if kind in (GREY_ALPHA, RGBA):
        rows[..., -1] = 0xFFFF
    (tmp_path / "a.png").write_bytes(png((2, 2), 16, kind, rows.tobytes()))
    assert set(colors(load_rgb(tmp_path / "a.png"))) == {(128, 128, 128)}


def test_a_transparent_value_of_sixteen_bit_grey_becomes_the_matte(tmp_path: Path):
    rows = np.array([[0x1234, 0xFFFF]], ">u2").tobytes()
    (tmp_path / "a.png").write_bytes(png((2, 1), 16, GREY, rows, chunk(b"tRNS", b"\x12\x34")))
    assert colors(load_rgb(tmp_path / "a.png", "#000080")) == [(0, 0, 128), (255, 255, 255)]


@pytest.mark.parametrize(("top", "dtype"), [(1.0, np.float32), (255.0, np.float32), (65535, np.int32)])
def test_floats_and_long_numbers_are_scaled_to_their_range(tmp_path: Path, top: float, dtype: type):
    Image.fromarray(np.array([[0, top / 2, top]], dtype)).save(tmp_path / "a.tif")
    read = [color[0] for color in np.asarray(load_rgb(tmp_path / "a.tif"))[0].tolist()]
    assert read == pytest.approx([0, 128, 255], abs=1)


@pytest.mark.parametrize("mode", ["L", "1", "CMYK", "YCbCr"])
def test_every_other_mode_becomes_rgb(tmp_path: Path, mode: str):
    flat = saved(Image.new("RGB", (5, 3), (255, 255, 255)).convert(mode), tmp_path / "a.tif")
    assert (flat.mode, flat.size, flat.getpixel((2, 1))) == ("RGB", (5, 3), (255, 255, 255))


def test_a_cmyk_photo_is_not_a_negative(tmp_path: Path):
    """Adobe stores CMYK JPEG inverted and says so in a marker of its own."""
    light = Image.new("RGB", (16, 16), (250, 200, 180)).convert("CMYK")
    read = saved(light, tmp_path / "a.jpg", quality=95)
    assert b"Adobe" in (tmp_path / "a.jpg").read_bytes()
    assert read.getpixel((8, 8)) == pytest.approx((250, 200, 180), abs=4)


@pytest.mark.parametrize("kind", [name for name in ("webp", "avif") if features.check(name)])
def test_newer_formats_are_read_where_pillow_can(tmp_path: Path, kind: str):
    flat = saved(Image.new("RGB", (16, 16), (200, 100, 50)), tmp_path / f"a.{kind}")
    assert flat.getpixel((8, 8)) == pytest.approx((200, 100, 50), abs=6)


def test_a_format_this_pillow_lacks_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    path = tmp_path / "a.webp"
    Image.new("RGB", (8, 8)).save(path)
    assert picture_file.is_read(path)
    monkeypatch.delitem(Image.SAVE, "WEBP")
    assert not picture_file.is_read(path)


def test_a_photo_with_a_second_picture_behind_it_is_the_photo(tmp_path: Path):
    Image.new("RGB", (16, 16), (200, 100, 50)).save(
        tmp_path / "a.jpg", "MPO", save_all=True, append_images=[Image.new("RGB", (16, 16))]
    )
    assert load_rgb(tmp_path / "a.jpg").getpixel((8, 8)) == pytest.approx((200, 100, 50), abs=4)


def test_colours_that_are_not_read_are_named(tmp_path: Path):
    buffer = io.BytesIO()
    Image.new("LAB", (8, 8)).save(buffer, "TIFF")
    (tmp_path / "a.tif").write_bytes(buffer.getvalue())
    with pytest.raises(DatasetError, match=r"a\.tif has LAB colours, which are not read; save it"):
        load_rgb(tmp_path / "a.tif")


def test_a_picture_of_too_many_pixels_is_refused_unopened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(picture_file, "MAX_PIXELS", 100)
    with pytest.raises(DatasetError, match="more than 0 million pixels; save it"):
        saved(Image.new("RGB", (11, 10)), tmp_path / "a.png")


def test_size_counts_in_a_pictures_name():
    assert pixel_sha256(Image.new("RGB", (2, 8))) != pixel_sha256(Image.new("RGB", (8, 2)))
