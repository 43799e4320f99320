"""A training picture from disk to the pixels its bucket asks for, and its mask cut the same way."""

from PIL import Image

from ...dataset.sample import Sample
from ...dataset.sample_pixels import open_unchanged, sample_mask
from ...errors import DatasetError
from ...recipe.buckets import Placement


def placed_picture(sample: Sample, placement: Placement) -> Image.Image:
    """The picture scaled and cut as `placement` says; DatasetError when it is not the one that was looked at before."""
    return _placed(open_unchanged(sample).rgb, placement)


def placed_mask(sample: Sample, placement: Placement) -> Image.Image:
    """The picture's transparency, L with 255 opaque, scaled and cut as the picture is; DatasetError as for it."""
    open_unchanged(sample)
    mask = sample_mask(sample)
    if mask is None:
        return Image.new("L", placement.bucket, 255)
    placed = _placed(mask, placement)
    if placed.getextrema() == (0, 0):
        raise DatasetError(
            f"{sample.path.name} is masked all over where its bucket of {placed.width}x{placed.height} cuts it, "
            f"so that nothing is left to learn; leave it out, or train without masks."
        )
    return placed


def _placed(image: Image.Image, placement: Placement) -> Image.Image:
    left, top = placement.crop
    width, height = placement.bucket
    scaled = image if image.size == placement.scaled else image.resize(placement.scaled, Image.Resampling.LANCZOS)
    return scaled.crop((left, top, left + width, top + height))
