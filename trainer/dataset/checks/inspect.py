"""Measures one picture file: a single decode serves every check."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

import numpy as np
from PIL import Image

from ...images.alpha import matte_rgb
from ...images.picture_file import opened
from ...images.pixels import decoded, pixel_sha256
from ..sample import Sample
from .duplicates import perceptual_hashes
from .exposure import clear_share, exposure
from .facts import Facts
from .jpeg import blockiness, quality_of
from .sharpness import detail, focus


@dataclass(frozen=True, kw_only=True)
class Header:
    """What a file says of itself before it is decoded: Pillow's name of its format, and JPEG tables."""

    kind: str = ""
    tables: Mapping[int, Sequence[int]] = field(default_factory=dict[int, Sequence[int]])

    @classmethod
    def of(cls, file: Image.Image) -> "Header":
        tables = cast(dict[int, Sequence[int]], getattr(file, "quantization", None) or {})
        return cls(kind=file.format or "", tables=dict(tables) if file.format in ("JPEG", "MPO") else {})


def inspect(source: Sample | Path, *, side: int = 1024) -> Facts:
    """Everything measured on one file; DatasetError when it cannot be read. `side`: the resolution it trains at."""
    return look(source, side=side)[0]


def look(source: Sample | Path, *, side: int = 1024) -> tuple[Facts, Image.Image]:
    """The facts and the decoded RGB picture, for those who read faces off it."""
    path, matte = (source.path, source.matte) if isinstance(source, Sample) else (source, "white")
    under = matte_rgb(matte)
    with opened(path) as file:
        header = Header.of(file)
        picture = decoded(file, under)
    return measure(picture.rgb, header, picture.mask, side=side), picture.rgb


def measure(image: Image.Image, header: Header, mask: Image.Image | None = None, *, side: int = 1024) -> Facts:
    """Facts of a decoded RGB picture."""
    luma = image.convert("L")
    gray = np.asarray(luma)
    quality = quality_of(header.tables)
    small = luma.resize((32, 32), Image.Resampling.BOX)
    straight, mirrored = perceptual_hashes(np.asarray(small))
    dark, bright, middle = exposure(np.asarray(luma.histogram()))
    return Facts(
        sha256=pixel_sha256(image),
        width=image.width,
        height=image.height,
        kind=header.kind,
        quality=quality[0] if quality else None,
        standard_tables=quality[1] if quality else True,
        blocks=blockiness(gray),
        focus=focus(_at_training_size(luma, gray, side)),
        detail=detail(gray),
        dark=dark,
        bright=bright,
        middle=middle,
        clear=clear_share(np.asarray(mask)) if mask is not None else 0.0,
        empty=mask is not None and mask.getextrema()[1] == 0,
        hash=straight,
        mirrored=mirrored,
    )


def _at_training_size(luma: Image.Image, gray: np.ndarray, side: int) -> np.ndarray:
    """Scaled down to about side² pixels; never up, where blur would be measured that training adds itself."""
    area = luma.width * luma.height
    if area <= 1.1 * side**2:
        return gray
    scale = (side**2 / area) ** 0.5
    size = (max(1, round(luma.width * scale)), max(1, round(luma.height * scale)))
    return np.asarray(luma.resize(size, Image.Resampling.BOX if scale <= 0.5 else Image.Resampling.BILINEAR))
