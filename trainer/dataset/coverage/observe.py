"""What one picture adds to the coverage of a set: measured once from its pixels, small enough to keep for thousands."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from PIL import Image

from ..sample import FaceMark, Sample
from .clusters import histogram
from .lighting import Light, light_of

_SIDE = 512
_GARMENTS = (
    r"t-shirt|tank top|shirt|blouse|sweater|sweatshirt|jumper|pullover|hoodie|cardigan|jacket|coat|vest|suit|uniform"
    r"|tie|dress|gown|skirt|jeans|pants|trousers|shorts|overalls|kimono|robe|cloak|cape|tunic|scarf|armou?r|swimsuit|bikini"
    r"|leotard|top"
)
_CLOTHING = re.compile(rf"\b(?:{_GARMENTS})(?:e?s)?\b", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class CoverageRow:
    """One picture's part in coverage. `reader` names who looked for faces; None: nobody did.

    `words` are what an attribute reader or landmarks say (`expression`, `clothing`). `border` and `torso` are
    histograms; None when the picture shows none.
    """

    sha256: str
    size: tuple[int, int]
    reader: str | None = None
    face: FaceMark | None = None
    light: Light | None = None
    border: np.ndarray | None = None
    torso: np.ndarray | None = None
    colour: tuple[int, int, int] = (0, 0, 0)
    """Median of the border."""
    torso_colour: tuple[int, int, int] = (0, 0, 0)
    words: Mapping[str, str] = field(default_factory=dict[str, str])
    words_by: str | None = None
    """Who said them."""
    clothing: str | None = None
    """As the caption names it."""


def observe(
    sample: Sample,
    image: Image.Image,
    *,
    reader: str | None = None,
    words: Mapping[str, str] | None = None,
    words_by: str | None = None,
) -> CoverageRow:
    """Measure `sample` from its decoded RGB `image`.

    The face is where `sample.face` says; without one, `reader` names who looked for it in vain. `words` are what
    `words_by` says of the picture (`expression`, `clothing`).
    """
    factor = max(1, max(image.size) // _SIDE)
    pixels = np.asarray(image.reduce(factor) if factor > 1 else image)
    box = None if sample.face is None else _scaled(sample.face.box, factor)
    border, torso = _border(pixels, box), None if box is None else _torso(pixels, box)
    return CoverageRow(
        sha256=sample.sha256,
        size=(sample.width, sample.height),
        reader=reader if sample.face is None else sample.face.reader,
        face=sample.face,
        light=None if box is None else light_of(pixels, box),
        border=histogram(border) if len(border) else None,
        torso=None if torso is None else histogram(torso),
        colour=_median(border),
        torso_colour=_median(torso),
        words=dict(words or {}),
        words_by=words_by,
        clothing=clothing_of(sample.caption),
    )


def clothing_of(caption: str) -> str | None:
    """The first words of a caption that name a garment (`white shirt`), lower case; None when it names none."""
    for phrase in caption.lower().split(","):
        if match := _CLOTHING.search(phrase):
            before = phrase[: match.start()].split()
            describing = [
                word for word in before[-2:] if word not in ("a", "an", "the", "in", "wearing", "with", "and")
            ]
            return " ".join([*describing, match.group()])
    return None


def _border(pixels: np.ndarray, face: tuple[float, float, float, float] | None) -> np.ndarray:
    """Pixels (n, 3) of the top and of both sides down to where shoulders begin, the face left out."""
    height, width = pixels.shape[:2]
    keep = np.zeros((height, width), bool)
    rows, columns = max(1, height // 8), max(1, width // 8)
    keep[:rows] = True
    low = max(rows, height * 5 // 8)
    keep[:low, :columns] = True
    keep[:low, -columns:] = True
    if face is not None:
        left, top, right, bottom = (max(0, round(side)) for side in face)
        keep[top:bottom, left:right] = False
    return pixels[keep]


def _torso(pixels: np.ndarray, face: tuple[float, float, float, float]) -> np.ndarray | None:
    """Pixels (n, 3) below the chin, one and a half faces wide; None where less than a third of a face is left."""
    left, _, right, bottom = face
    tall, wide = bottom - face[1], right - left
    middle = (left + right) / 2
    rows = slice(max(0, round(bottom + 0.25 * tall)), max(0, round(bottom + 1.75 * tall)))
    columns = slice(max(0, round(middle - 0.75 * wide)), max(0, round(middle + 0.75 * wide)))
    cut = pixels[rows, columns]
    return cut.reshape(-1, 3) if cut.shape[0] >= tall / 3 and cut.size else None


def _scaled(box: tuple[float, float, float, float], factor: int) -> tuple[float, float, float, float]:
    left, top, right, bottom = box
    return left / factor, top / factor, right / factor, bottom / factor


def _median(pixels: np.ndarray | None) -> tuple[int, int, int]:
    if pixels is None or not len(pixels):
        return 0, 0, 0
    red, green, blue = (int(value) for value in np.median(pixels, axis=0))
    return red, green, blue
