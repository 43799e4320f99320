"""Embedded colour profiles: read as sRGB, told where that changed the picture, and no other pixel touched."""

import json
import struct
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms

from trainer.dataset.checks.inspect import inspect
from trainer.dataset.checks.judge import judge
from trainer.dataset.checks.rules import Rules
from trainer.dataset.files.folder import read_dataset
from trainer.dataset.files.save import save_json, save_kohya
from trainer.images.colour import profile_of
from trainer.images.pixels import load_picture, load_rgb, pixel_sha256

ADOBE = ((0.60974, 0.31111, 0.01947), (0.20528, 0.62567, 0.06087), (0.14919, 0.06322, 0.74457))
"""Adobe RGB (1998)'s primaries, adapted to D50."""
GREEN, AS_SRGB = (100, 200, 80), (0, 202, 70)


def profile(space: bytes, gamma: float, name: str = "Wide test") -> bytes:
    """A matrix or grey profile of version 2, as small as the format allows."""
    curve = b"curv" + bytes(4) + struct.pack(">IH", 1, round(gamma * 256)) + bytes(2)
    if space == b"GRAY":
        return packed(space, b"XYZ ", name, {b"kTRC": curve})
    tags = {b"rTRC": curve, b"gTRC": curve, b"bTRC": curve}
    return packed(space, b"XYZ ", name, tags | dict(zip((b"rXYZ", b"gXYZ", b"bXYZ"), map(xyz, ADOBE), strict=True)))


def press(name: str = "Grey press") -> bytes:
    """A CMYK profile of a press whose three colours are alike: each full one alone darkens paper by a third."""
    steps = bytes(range(256))
    corners = (np.array(ink) for ink in np.ndindex(2, 2, 2, 2))
    lab = b"".join(bytes((round(255 * (1 - ink[3]) * (1 - ink[:3].mean())), 128, 128)) for ink in corners)
    one = struct.pack(">9i", *(65536 * (place % 4 == 0) for place in range(9)))
    table = b"mft1" + bytes(4) + bytes((4, 3, 2, 0)) + one + steps * 4 + lab + steps * 3
    return packed(b"CMYK", b"Lab ", name, {b"A2B0": table}, kind=b"prtr")


def packed(space: bytes, between: bytes, name: str, tags: dict[bytes, bytes], kind: bytes = b"mntr") -> bytes:
    text = name.encode() + b"\0"
    words = b"desc" + bytes(4) + struct.pack(">I", len(text)) + text + bytes(78 + (-len(text)) % 4 + 2)
    whole = {b"desc": words, b"cprt": b"text" + bytes(4) + b"none\0\0\0\0", b"wtpt": xyz((0.9642, 1.0, 0.8249))} | tags
    at, table, data = 128 + 4 + 12 * len(whole), b"", b""
    for tag, body in whole.items():
        padded = body + bytes(-len(body) % 4)
        table += tag + struct.pack(">II", at + len(data), len(body))
        data += padded
    white = struct.pack(">iii", 63190, 65536, 54061)
    head = struct.pack(">I4sI4s4s4s", at + len(data), bytes(4), 0x02100000, kind, space, between) + bytes(12)
    head += b"acsp" + bytes(28) + white
    return head.ljust(128, b"\0") + struct.pack(">I", len(whole)) + table + data


def xyz(values: tuple[float, float, float]) -> bytes:
    return b"XYZ " + bytes(4) + struct.pack(">iii", *(round(value * 65536) for value in values))


WIDE, GREY, PRESS = profile(b"RGB ", 2.19921875), profile(b"GRAY", 1.0), press()
CYAN = (255, 0, 0, 0)
SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def picture(path: Path, icc: bytes | None, mode: str = "RGB", colour: object = GREEN) -> Path:
    Image.new(mode, (64, 64), colour).save(path, icc_profile=icc, lossless=True)  # type: ignore[arg-type]
    return path


def off(image: Image.Image, colour: tuple[int, ...]) -> int:
    """The largest difference of any pixel from one colour."""
    return int(np.abs(np.asarray(image, np.int16) - np.array(colour)).max())


@pytest.mark.parametrize("suffix", ["png", "jpg", "webp", "tif"])
def test_a_wide_profile_becomes_srgb(tmp_path: Path, suffix: str) -> None:
    read = load_rgb(picture(tmp_path / f"a.{suffix}", WIDE))
    assert off(read, AS_SRGB) <= 6


@pytest.mark.parametrize("icc", [None, SRGB, b"no profile at all", GREY, WIDE[:200]])
def test_srgb_damaged_and_foreign_profiles_change_no_pixel(tmp_path: Path, icc: bytes | None) -> None:
    assert load_rgb(picture(tmp_path / "a.png", icc)).getpixel((0, 0)) == GREEN


def test_transparency_is_no_colour(tmp_path: Path) -> None:
    read = load_picture(picture(tmp_path / "a.png", WIDE, "RGBA", (*GREEN, 128)), "black")
    assert read.mask is not None and read.mask.getpixel((0, 0)) == 128
    assert off(read.rgb, tuple(value // 2 for value in AS_SRGB)) <= 3


@pytest.mark.parametrize(("mode", "colour"), [("L", 55), ("LA", (55, 255)), ("I;16", 55 * 257)])
def test_grey_of_another_curve_is_converted(tmp_path: Path, mode: str, colour: object) -> None:
    # A fifth of the light is 128 in sRGB.
    read = load_rgb(picture(tmp_path / "a.png", GREY, mode, colour))
    assert off(read, (128, 128, 128)) <= 2


@pytest.mark.parametrize("suffix", ["jpg", "tif"])
def test_inks_are_converted_by_their_profile(tmp_path: Path, suffix: str) -> None:
    path = picture(tmp_path / f"a.{suffix}", PRESS, "CMYK", CYAN)
    # Two thirds of paper's lightness, L* 66.7, is 162 in sRGB.
    assert off(load_rgb(path), (162, 162, 162)) <= 3
    assert off(load_rgb(picture(tmp_path / f"b.{suffix}", PRESS, "CMYK", (0, 0, 0, 0))), (255, 255, 255)) <= 2
    (sample,) = read_dataset(tmp_path, trigger="zxq").samples[:1]
    (note,) = [one for one in judge(inspect(path), Rules(), sample) if one.check == "profile"]
    assert "from the embedded profile Grey press" in note.text


@pytest.mark.parametrize("icc", [None, b"no profile at all", PRESS[:300], WIDE, GREY])
def test_inks_without_a_profile_of_theirs_are_read_plainly_and_not_told(tmp_path: Path, icc: bytes | None) -> None:
    path = picture(tmp_path / "a.jpg", icc, "CMYK", CYAN)
    assert off(load_rgb(path), (0, 255, 255)) <= 2
    assert inspect(path).profile == ""


def test_a_profile_of_inks_on_other_pictures_changes_nothing(tmp_path: Path) -> None:
    assert load_rgb(picture(tmp_path / "a.png", PRESS)).getpixel((0, 0)) == GREEN


def test_grey_pictures_without_a_sound_profile_keep_their_values(tmp_path: Path) -> None:
    for number, icc in enumerate((None, b"no profile at all", GREY[:150], SRGB, WIDE, PRESS)):
        assert off(load_rgb(picture(tmp_path / f"{number}.jpg", icc, "L", 55)), (55, 55, 55)) <= 1


def test_a_palette_is_converted(tmp_path: Path) -> None:
    Image.new("RGB", (64, 64), GREEN).quantize(2).save(tmp_path / "a.png", icc_profile=WIDE)
    assert off(load_rgb(tmp_path / "a.png"), AS_SRGB) <= 3


def test_the_check_says_where_colours_changed(tmp_path: Path) -> None:
    wide, plain = (inspect(picture(tmp_path / f"{n}.png", icc)) for n, icc in enumerate((WIDE, SRGB)))
    (sample, _) = read_dataset(tmp_path, trigger="zxq").samples
    (note,) = [one for one in judge(wide, Rules(), sample) if one.check == "profile"]
    assert "from the embedded profile Wide test" in note.text
    assert not [one for one in judge(plain, Rules(), sample) if one.check == "profile"]


def test_a_saved_copy_is_srgb_for_trainers_that_heed_no_profile(tmp_path: Path) -> None:
    (tmp_path / "set").mkdir()
    picture(tmp_path / "set" / "a.png", WIDE)
    dataset = read_dataset(tmp_path / "set", trigger="zxq")
    save_kohya(dataset, tmp_path / "to")
    with Image.open(tmp_path / "to" / "1_zxq" / "001.png") as saved:
        assert profile_of(saved) is None
        assert pixel_sha256(saved) == dataset.samples[0].sha256


def test_a_dataset_saved_before_profiles_were_heeded_is_still_read(tmp_path: Path) -> None:
    picture(tmp_path / "a.png", WIDE)
    dataset = read_dataset(tmp_path, trigger="zxq")
    (sample,) = dataset.samples
    save_json(dataset, tmp_path)
    old, index = pixel_sha256(Image.new("RGB", (64, 64), GREEN)), tmp_path / "dataset.json"
    data = json.loads(index.read_text())
    data["samples"][0]["sha256"] = data["samples"][0]["source"] = old
    index.write_text(json.dumps(data))
    (again,) = read_dataset(tmp_path).samples
    assert again == replace(sample, path=again.path, source=sample.sha256)
