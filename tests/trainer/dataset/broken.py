"""A folder of every kind of file that is no use for training, each with the words that are said of it."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from .png import RGB, png


@dataclass(frozen=True)
class Broken:
    """A file's name, how it is made at a path, and what `LeftOut.why` says of it after its name."""

    name: str
    write: Callable[[Path], object]
    says: str


def noise(width: int = 48, height: int = 40, seed: int = 0) -> Image.Image:
    rng = np.random.default_rng(seed)
    return Image.fromarray(rng.integers(0, 256, (height, width, 3), np.uint8))


def cut(path: Path) -> None:
    """Half of a picture's file."""
    noise(200, 200).save(path)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def animated(path: Path) -> None:
    noise().save(path, save_all=True, append_images=[noise(seed=seed) for seed in (1, 2)])


def flipped_bits(path: Path) -> None:
    noise(200, 200).save(path)
    data = bytearray(path.read_bytes())
    data[len(data) // 2 : len(data) // 2 + 40] = bytes(40)
    path.write_bytes(bytes(data))


def link_out(path: Path) -> None:
    outside = path.parent.parent / "outside.png"
    noise(seed=9).save(outside)
    path.symlink_to(outside)


BROKEN = (
    Broken("cut.png", cut, "is damaged"),
    Broken("cut.jpg", cut, "is damaged"),
    Broken("cut.webp", cut, "is damaged"),
    Broken("flipped.png", flipped_bits, "is damaged"),
    Broken("header only.png", lambda path: path.write_bytes(png((64, 64), 8, RGB)[:40]), "is damaged"),
    Broken("zero.jpg", lambda path: path.write_bytes(b""), "is empty (0 bytes)"),
    Broken("text.png", lambda path: path.write_text("not a picture"), "is not a picture although its name says so"),
    Broken("page.jpg", lambda path: path.write_text("<html><body>404</body></html>"), "is not a picture although"),
    Broken("moving.gif", animated, "has 3 frames; save one frame as PNG"),
    Broken("moving.webp", animated, "has 3 frames; save one frame as PNG"),
    Broken("moving.png", animated, "has 3 frames; save one frame as PNG"),
    Broken("pages.tif", animated, "has 3 frames; save one frame as PNG"),
    Broken("bomb.png", lambda path: path.write_bytes(png((60_000, 60_000), 8, RGB)), "has more than 80 million pixels"),
    Broken("big.png", lambda path: path.write_bytes(png((9_500, 9_500), 8, RGB)), "has more than 80 million pixels"),
    Broken("dot.png", lambda path: noise(1, 1).save(path), "is 1 × 1 pixels"),
    Broken("strip.png", lambda path: noise(30_000, 10).save(path), "is a strip of 30000 × 10 pixels"),
    Broken("phone.heic", lambda path: path.write_bytes(b"\0\0\0\x18ftypheic"), "is a HEIC file, which is not read"),
    Broken("phone.jpg", lambda path: path.write_bytes(b"\0\0\0\x18ftypheic" + bytes(99)), "is a HEIC picture under"),
    Broken("layers.psd", lambda path: path.write_bytes(b"8BPS"), "is a PSD file, which is not read"),
    Broken("link.png", link_out, "lies outside"),
    Broken("loop.png", lambda path: path.symlink_to(path), "lies outside"),
    Broken("gone.png", lambda path: path.symlink_to(path.parent / "nowhere.png"), "is missing"),
    Broken("pipe.png", os.mkfifo, "is not a file") if hasattr(os, "mkfifo") else Broken("pipe.png", cut, "is damaged"),
)


def write_broken(folder: Path) -> Path:
    """Every broken file, between two good pictures."""
    folder.mkdir(parents=True)
    noise(seed=5).save(folder / "a good one.png")
    for case in BROKEN:
        case.write(folder / case.name)
    noise(seed=6).save(folder / "zz good.png")
    return folder
