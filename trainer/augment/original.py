"""An original made ready to draw from: unchanged since it was loaded, in a size that every family takes."""

import math

from PIL import Image, ImageOps

from ..dataset.sample import Sample
from ..dataset.sample_pixels import open_unchanged

_STEP = 16


def size_for(width: int, height: int, resolution: int) -> tuple[int, int]:
    """The size of at most `resolution`² pixels near a picture's shape, in multiples of 16, as every family takes."""
    scale = resolution / math.sqrt(width * height)
    wide, high = (max(64, int(side * scale) // _STEP * _STEP) for side in (width, height))
    return wide, high


def fitted_original(sample: Sample, resolution: int) -> Image.Image:
    """Opaque pixels in that size; DatasetError for a picture that cannot be read or has changed."""
    image = open_unchanged(sample).rgb
    return fitted(image, size_for(*image.size, resolution))


def fitted(image: Image.Image, size: tuple[int, int]) -> Image.Image:
    """Scaled and cut about the middle."""
    return ImageOps.fit(image, size, Image.Resampling.LANCZOS)
