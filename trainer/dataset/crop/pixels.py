"""Cuts crops out of pictures: turned, filled where asked, scaled."""

import io

import numpy as np
from PIL import Image

from ...faces.turned import leaning
from ...images.alpha import matte_rgb
from ...images.masks import mask_sha256
from ...images.picture_file import opened
from ...images.pixels import flattened, pixel_sha256, upright
from ..sample import Sample
from ..sample_pixels import sample_mask
from .geometry import Box, Crop, Outside
from .store import StoredCrop


def cut(
    sample: Sample, crop: Crop, outside: Outside, colour: str, about: Box | None = None
) -> tuple[StoredCrop, bytes, bytes | None]:
    """The crop of a sample as PNG bytes, and of its mask file. `about` is the box that `crop.turn` turns around.

    Transparency is kept where the sample trains with it or the crop was filled with it, else flattened as it loads.
    """
    under = matte_rgb(sample.matte)
    with opened(sample.path) as file:
        layered = upright(file)
    part = _filled(layered, crop.box, outside, colour) if crop.padded else _part(layered, crop, about)
    scaled = part if part.size == crop.size else part.resize(crop.size, Image.Resampling.LANCZOS)
    seen = flattened(scaled, under).rgb
    is_clear = scaled.mode == "RGBA" and (
        (sample.masked and sample.mask is None) or (crop.padded and outside == "transparent")
    )
    mask = _cut_mask(sample, crop, about)
    made = StoredCrop(
        sha256=pixel_sha256(seen),
        width=seen.width,
        height=seen.height,
        clear=is_clear,
        mask_sha256=None if mask is None else mask_sha256(mask),
    )
    return made, _png(scaled if is_clear else seen), None if mask is None else _png(mask)


def _cut_mask(sample: Sample, crop: Crop, about: Box | None) -> Image.Image | None:
    """The mask file's part of a crop; what is filled in is never learned."""
    mask = sample_mask(sample) if sample.mask is not None else None
    if mask is None:
        return None
    part = _part(mask, crop, about)
    return part if part.size == crop.size else part.resize(crop.size, Image.Resampling.BILINEAR)


def _part(image: Image.Image, crop: Crop, about: Box | None) -> Image.Image:
    """The crop's box of the picture, turned upright: a turned picture reaches beyond its old edges."""
    if not crop.turn or about is None:
        return image.crop(crop.box)
    middle = (about[0] + about[2]) / 2, (about[1] + about[3]) / 2
    left, top, right, bottom = crop.box
    (x, y), (right_x, right_y), (low_x, low_y) = (
        leaning(point, middle, crop.turn) for point in ((left, top), (left + 1, top), (left, top + 1))
    )
    matrix = (right_x - x, low_x - x, x, right_y - y, low_y - y, y)
    return image.transform((right - left, bottom - top), Image.Transform.AFFINE, matrix, Image.Resampling.BICUBIC)


def _filled(image: Image.Image, box: tuple[int, int, int, int], outside: Outside, colour: str) -> Image.Image:
    left, top, right, bottom = box
    if outside == "edge":
        rows = np.clip(np.arange(top, bottom), 0, image.height - 1)
        columns = np.clip(np.arange(left, right), 0, image.width - 1)
        return Image.fromarray(np.asarray(image)[rows][:, columns])
    if outside == "transparent":
        page = Image.new("RGBA", (right - left, bottom - top))
        page.paste(image.convert("RGBA"), (-left, -top))
        return page
    page = Image.new(image.mode, (right - left, bottom - top), matte_rgb(colour))
    page.paste(image, (-left, -top))
    return page


def _png(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()
