from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from trainer.dataset import pixels
from trainer.dataset.pixels import load_rgb, pixel_sha256
from trainer.errors import DatasetError


def saved(image: Image.Image, path: Path, **options: object) -> Image.Image:
    image.save(path, **options)  # type: ignore[arg-type]
    return load_rgb(path)


def test_a_turned_photo_comes_upright(tmp_path: Path):
    photo = Image.new("RGB", (40, 20), (255, 0, 0))
    photo.paste((0, 0, 255), (0, 0, 20, 20))
    exif = Image.Exif()
    exif[0x0112] = 6
    upright = saved(photo, tmp_path / "a.jpg", exif=exif, quality=95)
    assert upright.size == (20, 40)
    blue = upright.getpixel((10, 5))
    assert isinstance(blue, tuple) and blue[2] > 200 and blue[0] < 60
    assert 0x0112 not in upright.getexif()


@pytest.mark.parametrize("mode", ["RGBA", "LA"])
def test_transparency_becomes_white(tmp_path: Path, mode: str):
    image = Image.new(mode, (4, 4), 0)
    assert saved(image, tmp_path / "a.png").getpixel((1, 1)) == (255, 255, 255)


def test_a_transparent_palette_entry_becomes_white(tmp_path: Path):
    image = Image.new("P", (4, 4), 0)
    image.putpalette([10, 20, 30, 200, 100, 50])
    image.putpixel((0, 0), 1)
    flat = saved(image, tmp_path / "a.png", transparency=0)
    assert (flat.getpixel((0, 0)), flat.getpixel((1, 1))) == ((200, 100, 50), (255, 255, 255))


def test_sixteen_bits_are_scaled_and_not_clipped(tmp_path: Path):
    image = Image.fromarray(np.array([[0, 32768, 65535]], dtype=np.uint16))
    flat = saved(image, tmp_path / "a.png")
    assert [flat.getpixel((x, 0)) for x in range(3)] == [(0, 0, 0), (128, 128, 128), (255, 255, 255)]


@pytest.mark.parametrize("mode", ["L", "1", "CMYK"])
def test_every_other_mode_becomes_rgb(tmp_path: Path, mode: str):
    flat = saved(Image.new("RGB", (5, 3), (255, 255, 255)).convert(mode), tmp_path / "a.tif")
    assert (flat.mode, flat.size, flat.getpixel((2, 1))) == ("RGB", (5, 3), (255, 255, 255))


def test_a_picture_of_too_many_pixels_is_refused_unopened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(pixels, "MAX_PIXELS", 100)
    with pytest.raises(DatasetError, match="more than 0 million pixels; save it"):
        saved(Image.new("RGB", (11, 10)), tmp_path / "a.png")


def test_a_decompression_bomb_is_refused(tmp_path: Path):
    path = tmp_path / "bomb.png"
    Image.new("1", (20_000, 20_000)).save(path)
    with pytest.raises(DatasetError, match=r"bomb\.png has more than 80 million pixels"):
        load_rgb(path)


def test_size_counts_in_a_pictures_name():
    assert pixel_sha256(Image.new("RGB", (2, 8))) != pixel_sha256(Image.new("RGB", (8, 2)))
