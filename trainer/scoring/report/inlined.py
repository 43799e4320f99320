"""Pictures inside the page, as data addresses that together stay within a budget."""

import base64
import io
from dataclasses import dataclass
from math import sqrt
from pathlib import Path

from PIL import Image

from ...images.pixels import load_rgb

_BYTES = 5_000_000
"""Of all pictures as JPEG: a third more in the page's letters."""
_LARGEST, _SMALLEST = 512, 16
_WEIGHT = 4
"""How much more room a picture of the main grid gets than one of the others."""
_PER_PIXEL = 0.16
"""Bytes of a usual JPEG of these; where one needs more, it becomes smaller."""


@dataclass(frozen=True)
class Inlining:
    """How many bytes a picture may have: `main` of the grid in front, `rest` of the others."""

    main: int
    rest: int

    @classmethod
    def of(cls, main: int, rest: int) -> "Inlining":
        """For so many pictures of each kind."""
        unit = _BYTES / max(main * _WEIGHT + rest, 1)
        return cls(int(unit * _WEIGHT), int(unit))

    def source(self, path: Path, *, is_main: bool) -> str:
        """The picture as a data address."""
        data = jpeg_within(load_rgb(path), self.main if is_main else self.rest)
        return f"data:image/jpeg;base64,{base64.b64encode(data).decode()}"


def jpeg_within(image: Image.Image, most: int) -> bytes:
    """A JPEG of at most so many bytes, as large as that allows, of at most 512 pixels a side."""
    side = min(_LARGEST, max(_SMALLEST, round(sqrt(most / _PER_PIXEL))))
    while True:
        small = image.copy()
        small.thumbnail((side, side), Image.Resampling.LANCZOS, reducing_gap=2.0)
        data = _jpeg(small)
        if len(data) <= most or side <= _SMALLEST:
            return data
        side = max(_SMALLEST, int(side * max(0.6, min(0.9, sqrt(most / len(data))))))


def _jpeg(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=82)
    return buffer.getvalue()
