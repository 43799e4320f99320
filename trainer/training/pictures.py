"""A training picture from disk to the pixels its bucket asks for."""

from pathlib import Path

from PIL import Image

from ..dataset.pixels import load_rgb, pixel_sha256
from ..errors import DatasetError
from ..families.base import Placement


def placed_picture(path: Path, sha256: str, placement: Placement) -> Image.Image:
    """The picture scaled and cut as `placement` says; DatasetError when it is not the one that was looked at before."""
    image = load_rgb(path)
    if pixel_sha256(image) != sha256:
        raise DatasetError(f"{path.name} changed since the dataset was loaded. Load the dataset again.")
    left, top = placement.crop
    width, height = placement.bucket
    scaled = image if image.size == placement.scaled else image.resize(placement.scaled, Image.Resampling.LANCZOS)
    return scaled.crop((left, top, left + width, top + height))
