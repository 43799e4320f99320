"""The pixels and the mask that a sample names."""

from PIL import Image

from ..errors import DatasetError
from ..images.masks import mask_sha256, read_mask
from ..images.pixels import Picture, load_picture, load_rgb, pixel_sha256
from .sample import Sample


def open_sample(sample: Sample) -> Image.Image:
    """The pixels that `sample.sha256` names, as long as the file has not changed."""
    return load_rgb(sample.path, sample.matte)


def open_unchanged(sample: Sample) -> Picture:
    """Pixels and transparency; DatasetError when they are not those that were looked at before."""
    picture = load_picture(sample.path, sample.matte)
    if pixel_sha256(picture.rgb) != sample.sha256:
        raise DatasetError(f"{sample.path.name} changed since the dataset was loaded. Load the dataset again.")
    return picture


def sample_mask(sample: Sample) -> Image.Image | None:
    """A sample's mask, L with 255 learned: its own file, else its transparency; None where everything is."""
    if sample.mask is None:
        return load_picture(sample.path, sample.matte).mask
    mask = read_mask(sample.mask, (sample.width, sample.height))
    if mask_sha256(mask) != sample.mask_sha256:
        raise DatasetError(f"The mask {sample.mask.name} changed since the dataset was loaded. Load the dataset again.")
    return mask
