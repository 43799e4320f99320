"""Small generated photos and their damaged copies, made once for all tests."""

import io
from functools import cache

from PIL import Image, ImageFilter

from trainer.bench.inputs.photos import photo
from trainer.dataset.checks.facts import Facts
from trainer.dataset.checks.inspect import Header, measure

SIDE = 512


@cache
def clean(seed: int) -> Image.Image:
    return photo(seed, (SIDE, SIDE))


def as_jpeg(image: Image.Image, quality: int) -> Image.Image:
    """The pixels a JPEG of that quality leaves, as if saved as PNG afterwards."""
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=quality)
    with Image.open(buffer) as file:
        return file.convert("RGB")


def blurred(image: Image.Image, sigma: float) -> Image.Image:
    return image.filter(ImageFilter.GaussianBlur(sigma))


def enlarged(image: Image.Image, times: int) -> Image.Image:
    return image.resize((image.width // times, image.height // times)).resize(image.size, Image.Resampling.BICUBIC)


def facts_of(image: Image.Image, side: int = SIDE) -> Facts:
    return measure(image, Header(kind="PNG"), side=side)


def plain_facts(**changed: object) -> Facts:
    return Facts(**{"sha256": "a" * 64, "width": 1024, "height": 1024, "kind": "PNG", **changed})  # type: ignore[arg-type]
