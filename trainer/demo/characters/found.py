"""A demo character's pictures as one finds them: wide, loosely framed, and some of them no good. To be prepared."""

import io
from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image, ImageFilter, ImageOps

from ...dataset.dataset import Dataset
from ...dataset.sample import Sample
from ...images.pixels import load_rgb, pixel_sha256
from ...storage.atomic import write_atomically
from ..world.captions import SUBJECT, caption
from ..world.draw import draw, draw_empty
from ..world.identity import Identity
from ..world.look import Look
from .character import TRIGGERS, balanced_looks, character

GOOD = 18
_PAGES = (256, 288, 320)
_FADE = 24
_QUALITY = 30


def draw_found(folder: Path, number: int = 0) -> Dataset:
    """18 good pictures and six to be noticed: near copy, mirror image, blur, a face too small, a stranger, nobody."""
    rng = np.random.default_rng([815, number])
    looks = balanced_looks(GOOD, rng)
    identity, trigger = character(number), TRIGGERS[number % len(TRIGGERS)]
    good = [_snapshot(identity, look, rng, _PAGES[index % len(_PAGES)]) for index, look in enumerate(looks)]
    stranger = _snapshot(character(number + 4000), looks[5], rng, _PAGES[0])
    flawed: list[tuple[str, Image.Image, Look]] = [
        ("resaved.jpg", good[1], looks[1]),
        ("mirrored.png", ImageOps.mirror(good[4]), looks[4]),
        ("blurred.png", good[7].filter(ImageFilter.GaussianBlur(3)), looks[7]),
        ("tiny.png", good[9].resize((88, 88)), looks[9]),
        ("stranger.png", stranger, looks[5]),
        ("nobody.png", draw_empty(looks[11], rng, 256), looks[11]),
    ]
    named = [(f"{index + 1:03}.png", image, look) for index, (image, look) in enumerate(zip(good, looks, strict=True))]
    samples = tuple(
        _write(folder / f"1_{trigger}" / name, image, caption([trigger], look)) for name, image, look in named + flawed
    )
    return Dataset(samples=samples, trigger=trigger, subject=SUBJECT, root=folder)


def _snapshot(identity: Identity, look: Look, rng: np.random.Generator, page: int) -> Image.Image:
    """A portrait at the bottom of a larger page of the same scenery, its sides faded into it."""
    side = int(rng.integers(150, 200))
    portrait = draw(identity, replace(look, scene="studio"), rng, side).image
    scenery = draw_empty(look, rng, page)
    left = int(rng.integers(_FADE, page - side - _FADE + 1))
    ramp = np.clip(np.minimum(np.arange(side) + 1, np.arange(side)[::-1] + 1) / _FADE, 0, 1)
    down = np.clip((np.arange(side) + 1) / _FADE, 0, 1)
    mask = Image.fromarray((np.outer(down, ramp) * 255).astype(np.uint8))
    scenery.paste(portrait, (left, page - side), mask)
    return scenery


def _write(path: Path, image: Image.Image, text: str) -> Sample:
    if not path.exists():
        data = io.BytesIO()
        image.save(data, "JPEG" if path.suffix == ".jpg" else "PNG", quality=_QUALITY)
        write_atomically(path, data.getvalue())
    if not path.with_suffix(".txt").exists():
        write_atomically(path.with_suffix(".txt"), f"{text}\n".encode())
    there = load_rgb(path)
    return Sample(
        path=path, sha256=pixel_sha256(there), width=there.width, height=there.height, caption=text, author="hand"
    )
