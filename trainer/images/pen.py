"""Draws words, panels and marks with smooth edges on a calm dark page: what the dataset's pictures are made with."""

from collections.abc import Sequence
from functools import cache, lru_cache
from typing import Literal

from PIL import Image, ImageDraw, ImageFont

Color = tuple[int, int, int]
Box = tuple[float, float, float, float]
Mark = Literal["ready", "attention", "blocked", "unmeasured"]

GROUND: Color = (22, 23, 26)
RAISED: Color = (32, 34, 39)
LINE: Color = (52, 55, 62)
TEXT: Color = (236, 236, 238)
QUIET: Color = (154, 157, 165)
GREEN: Color = (124, 205, 164)
AMBER: Color = (228, 172, 96)
RED: Color = (236, 118, 112)
BLUE: Color = (143, 180, 232)
COLORS: dict[Mark, Color] = {"ready": GREEN, "attention": AMBER, "blocked": RED, "unmeasured": QUIET}
_FINE = 4
"""Shapes are drawn so many times larger and scaled down: Pillow's own have jagged edges."""


class Pen:
    """Draws on one RGB picture; all lengths in pixels."""

    def __init__(self, size: tuple[int, int]) -> None:
        self.image = Image.new("RGB", size, GROUND)
        self._draw = ImageDraw.Draw(self.image)

    def text(self, at: tuple[float, float], words: str, size: int, color: Color = TEXT, anchor: str = "ls") -> float:
        """Write one line on its baseline; returns where it ends, from the left."""
        self._draw.text(at, words, font=font(size), fill=color, anchor=anchor)
        return at[0] + width_of(words, size)

    def panel(self, box: Box, color: Color, *, radius: float = 6, outline: Color | None = None) -> None:
        """A filled rounded box, or an outlined one filled with `color`."""
        if outline is not None:
            self._stamp(box, outline, _rounded(_size(box), radius))
            left, top, right, bottom = box
            box, radius = (left + 1.5, top + 1.5, right - 1.5, bottom - 1.5), max(0.0, radius - 1.5)
        self._stamp(box, color, _rounded(_size(box), radius), fine=outline is not None)

    def picture(self, at: tuple[int, int], image: Image.Image, radius: float = 6) -> None:
        self.image.paste(image, at, _rounded(image.size, radius))

    def frame(self, box: Box, color: Color, *, radius: float = 5, width: int = 3) -> None:
        """An outline around what is drawn already."""
        self._draw.rounded_rectangle(box, radius=radius, outline=color, width=width)

    def stroke(self, points: Sequence[tuple[float, float]], color: Color, width: float) -> None:
        """A line through points; one point draws nothing."""
        if len(points) < 2:
            return
        left, top = (int(min(point[axis] for point in points) - width) for axis in (0, 1))
        size = tuple(int(max(point[axis] for point in points) + width) + 2 - (left, top)[axis] for axis in (0, 1))
        mask = Image.new("L", (size[0] * _FINE, size[1] * _FINE))
        spots = [((x - left) * _FINE, (y - top) * _FINE) for x, y in points]
        ImageDraw.Draw(mask).line(spots, 255, round(width * _FINE), joint="curve")
        self.image.paste(color, (left, top), mask.resize((size[0], size[1]), Image.Resampling.BOX))

    def mark(self, middle: tuple[float, float], kind: Mark, radius: int = 11) -> None:
        """A disc with a check, an exclamation mark, a cross or a dot."""
        left, top = round(middle[0] - radius), round(middle[1] - radius)
        self.image.paste(_disc(kind, radius), (left, top), _disc(kind, radius).getchannel("A"))

    def dim(self, box: tuple[int, int, int, int], share: float, radius: float = 9) -> None:
        """Darken a rounded part of the picture, so that words on it can be read."""
        part = self.image.crop(box)
        dark = Image.blend(part, Image.new("RGB", part.size, GROUND), share)
        self.image.paste(dark, box[:2], _rounded(part.size, radius))

    def _stamp(self, box: Box, color: Color, mask: Image.Image, *, fine: bool = False) -> None:
        left, top = (int(box[0]), int(box[1])) if fine else (round(box[0]), round(box[1]))
        if fine:
            right, bottom = round(box[2] + 0.5), round(box[3] + 0.5)
            mask = mask.resize((max(1, right - left), max(1, bottom - top)))
        self.image.paste(color, (left, top), mask)


@cache
def font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)


def width_of(words: str, size: int) -> float:
    return font(size).getlength(words)


def fitted(words: str, size: int, width: float) -> str:
    """`words`, shortened in the middle to fit: the end of a file name tells it from its neighbours."""
    plain = " ".join(words.split())
    if width_of(plain, size) <= width:
        return plain
    for keep in range(len(plain) - 1, 1, -1):
        short = f"{plain[: (keep + 1) // 2]}…{plain[-(keep // 2) :]}"
        if width_of(short, size) <= width:
            return short
    return "…"


def wrapped(words: str, size: int, width: float) -> list[str]:
    lines: list[str] = []
    for word in words.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and width_of(longer, size) <= width:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


def _size(box: Box) -> tuple[int, int]:
    return max(1, round(box[2] - box[0])), max(1, round(box[3] - box[1]))


@lru_cache(maxsize=64)
def _rounded(size: tuple[int, int], radius: float) -> Image.Image:
    wide, high = size
    mask = Image.new("L", (wide * _FINE, high * _FINE))
    ImageDraw.Draw(mask).rounded_rectangle((0, 0, wide * _FINE - 1, high * _FINE - 1), radius * _FINE, fill=255)
    return mask.resize(size, Image.Resampling.BOX)


@cache
def _disc(kind: Mark, radius: int) -> Image.Image:
    side = 2 * radius * _FINE
    disc = Image.new("RGBA", (side, side))
    pen = ImageDraw.Draw(disc)
    pen.ellipse((0, 0, side - 1, side - 1), fill=GROUND)
    rim = side // 11
    pen.ellipse((rim, rim, side - 1 - rim, side - 1 - rim), fill=COLORS[kind])
    thick = max(2, side // 9)

    def stroke(*points: tuple[float, float]) -> None:
        spots = [(x * side, y * side) for x, y in points]
        pen.line(spots, fill=GROUND, width=thick, joint="curve")
        for x, y in (spots[0], spots[-1]):
            pen.ellipse((x - thick / 2, y - thick / 2, x + thick / 2, y + thick / 2), fill=GROUND)

    if kind == "ready":
        stroke((0.31, 0.52), (0.45, 0.66), (0.70, 0.37))
    elif kind == "attention":
        stroke((0.5, 0.29), (0.5, 0.54))
        stroke((0.5, 0.71), (0.5, 0.711))
    elif kind == "blocked":
        stroke((0.36, 0.36), (0.64, 0.64))
        stroke((0.64, 0.36), (0.36, 0.64))
    else:
        pen.ellipse((0.4 * side, 0.4 * side, 0.6 * side, 0.6 * side), fill=GROUND)
    return disc.resize((2 * radius, 2 * radius), Image.Resampling.BOX)
