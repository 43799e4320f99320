"""Photographs that well-known packages ship, and what a set of pictures does to them."""

import io
from collections.abc import Callable, Mapping
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageFilter, ImageOps

GRAY = (127, 127, 127)
Change = Callable[[Image.Image], Image.Image]


def astronaut() -> Image.Image:
    """Eileen Collins, by NASA: public domain."""
    return _shipped("skimage", "data/astronaut.png")


def group() -> Image.Image:
    """Six people, with InsightFace's package."""
    return _shipped("insightface", "data/images/t1.jpg")


def relit(image: Image.Image) -> Image.Image:
    """As by a lamp on the right: a quarter of the light on the left, more than all on the right."""
    shade = np.linspace(0.25, 1.3, image.width)[None, :, None]
    return Image.fromarray((np.asarray(image, float) * shade).clip(0, 255).astype(np.uint8))


def compressed(image: Image.Image, quality: int) -> Image.Image:
    held = io.BytesIO()
    image.save(held, "JPEG", quality=quality)
    return Image.open(held).convert("RGB")


def scaled(image: Image.Image, part: float) -> Image.Image:
    return image.resize((round(image.width * part), round(image.height * part)), Image.Resampling.LANCZOS)


def curved(image: Image.Image, power: float) -> Image.Image:
    return image.point([round(255 * (value / 255) ** power) for value in range(256)] * 3)


CHANGES: Mapping[str, Change] = {
    "cropped": lambda image: ImageOps.crop(image, border=image.width // 8),
    "mirrored": ImageOps.mirror,
    "turned 15": lambda image: image.rotate(15, Image.Resampling.BICUBIC, fillcolor=GRAY),
    "turned -20": lambda image: image.rotate(-20, Image.Resampling.BICUBIC, fillcolor=GRAY),
    "on its side": lambda image: image.rotate(90, expand=True),
    "relit": relit,
    "dark": lambda image: curved(image, 2.2),
    "bright": lambda image: curved(image, 0.5),
    "grey": lambda image: image.convert("L").convert("RGB"),
    "blurred": lambda image: image.filter(ImageFilter.GaussianBlur(1.5)),
    "blurred more": lambda image: image.filter(ImageFilter.GaussianBlur(2.5)),
    "jpeg 30": lambda image: compressed(image, 30),
    "jpeg 10": lambda image: compressed(image, 10),
    "half": lambda image: scaled(image, 0.5),
    "a third": lambda image: scaled(image, 1 / 3),
    "double": lambda image: scaled(image, 2.0),
}


def _shipped(package: str, path: str) -> Image.Image:
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        pytest.skip(f"{package} is not installed, which ships {Path(path).name}")
    file = Path(spec.submodule_search_locations[0]) / path
    if not file.is_file():
        pytest.skip(f"{package} ships no {path} any more")
    return Image.open(file).convert("RGB")
