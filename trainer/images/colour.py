"""Embedded colour profiles: pictures of other colour spaces become sRGB, which is what models were trained on."""

from __future__ import annotations

import io
from functools import lru_cache
from typing import TYPE_CHECKING, cast

import numpy as np
from PIL import Image

if TYPE_CHECKING:
    # Only pictures with a profile need it, and opening ComfyUI must cost nothing.
    from PIL import ImageCms

_VISIBLE = 3
"""Levels of 255 up to which a profile changes nothing anybody sees: those of sRGB itself round to other values."""
_STEPS = 9
_GREY = ("1", "L", "LA", "La")


def profile_of(image: Image.Image) -> bytes | None:
    """The embedded profile where its colours are not those of sRGB; None for none, sRGB and damaged ones."""
    data = image.info.get("icc_profile")
    return data if isinstance(data, bytes) and data and _changes(data, colours_of(image)) else None


def profile_name(image: Image.Image) -> str:
    """What a profile that changes the picture calls itself; "" where none does."""
    data = profile_of(image)
    if data is None:
        return ""
    from PIL import ImageCms

    try:
        name = ImageCms.getProfileDescription(ImageCms.ImageCmsProfile(io.BytesIO(data))).strip()
    except ImageCms.PyCMSError:
        name = ""
    return name or "without a name"


def to_srgb(image: Image.Image, data: bytes) -> Image.Image:
    """A picture in the mode of its profile's colours (`colours_of`) as RGB of sRGB."""
    from PIL import ImageCms

    transform = _transform(data, image.mode)
    return image.convert("RGB") if transform is None else cast(Image.Image, ImageCms.applyTransform(image, transform))


def colours_of(image: Image.Image) -> str:
    """The colours its profile speaks of: CMYK, L or RGB."""
    if image.mode == "CMYK":
        return image.mode
    return "L" if image.mode in _GREY or image.mode.startswith(("I", "F")) else "RGB"


@lru_cache(maxsize=32)
def _transform(data: bytes, mode: str) -> ImageCms.ImageCmsTransform | None:
    """None for a damaged profile, and for one of other colours than the picture's."""
    from PIL import ImageCms

    srgb = cast(ImageCms.ImageCmsProfile, ImageCms.createProfile("sRGB"))  # pyright: ignore[reportUnknownMemberType]
    try:
        return ImageCms.buildTransform(
            ImageCms.ImageCmsProfile(io.BytesIO(data)),
            srgb,
            mode,
            "RGB",
            renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
            flags=ImageCms.Flags.BLACKPOINTCOMPENSATION,
        )
    except (ImageCms.PyCMSError, OSError, ValueError):
        return None


@lru_cache(maxsize=32)
def _changes(data: bytes, mode: str) -> bool:
    if _transform(data, mode) is None:
        return False
    if mode == "CMYK":
        return True
    probe = _probe(mode)
    moved = np.asarray(to_srgb(probe, data), np.int16) - np.asarray(probe.convert("RGB"), np.int16)
    return int(np.abs(moved).max()) > _VISIBLE


def _probe(mode: str) -> Image.Image:
    """Every colour of a coarse grid, one pixel each."""
    if mode == "L":
        return Image.fromarray(np.arange(256, dtype=np.uint8)[None])
    levels = np.linspace(0, 255, _STEPS).astype(np.uint8)
    grid = np.stack(np.meshgrid(levels, levels, levels), axis=-1).reshape(1, -1, 3)
    return Image.fromarray(np.ascontiguousarray(grid))
