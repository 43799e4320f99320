"""A training picture from disk to the pixels its bucket asks for."""

from PIL import Image

from ..dataset.pixels import open_sample, pixel_sha256
from ..dataset.sample import Sample
from ..errors import DatasetError
from ..families.base import Placement


def placed_picture(sample: Sample, placement: Placement) -> Image.Image:
    """The picture scaled and cut as `placement` says; DatasetError when it is not the one that was looked at before."""
    image = open_sample(sample)
    if pixel_sha256(image) != sample.sha256:
        raise DatasetError(f"{sample.path.name} changed since the dataset was loaded. Load the dataset again.")
    left, top = placement.crop
    width, height = placement.bucket
    scaled = image if image.size == placement.scaled else image.resize(placement.scaled, Image.Resampling.LANCZOS)
    return scaled.crop((left, top, left + width, top + height))
