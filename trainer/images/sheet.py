"""Sheets of pictures: tiles in rows, captions beneath them, a headline, paragraphs and legends."""

from collections.abc import Sequence
from dataclasses import dataclass

from PIL import Image, ImageOps

from .pen import QUIET, TEXT, Color, Mark, Pen, fitted, width_of, wrapped

Point = tuple[int, int]
"""From the left and from the top, pixels."""
_PLAIN = str.maketrans({"×": "x", "−": "-", "✗": "x"})
"""Signs that Pillow's own font has not."""


@dataclass(frozen=True)
class Line:
    """One line of words; `down` is how far its baseline lies below the block it belongs to."""

    words: str
    size: int = 13
    color: Color = QUIET
    down: int = 0


@dataclass(frozen=True, kw_only=True)
class Grid:
    """Equal cells in rows of `columns` from `corner` on. `under` is the room for words beneath each, in its row."""

    columns: int
    tile: Point
    gap: int
    under: int = 0
    corner: Point = (0, 0)

    @property
    def width(self) -> int:
        """Of a full row, without margins."""
        return self.columns * (self.tile[0] + self.gap) - self.gap

    @property
    def row_height(self) -> int:
        """From one row to the next."""
        return self.tile[1] + self.under + self.gap

    def rows(self, count: int) -> int:
        return -(-count // self.columns)

    def left(self, column: int) -> int:
        return self.corner[0] + column * (self.tile[0] + self.gap)

    def top(self, row: int) -> int:
        """Of a row; of the row after the last one, where the cells end, a gap included."""
        return self.corner[1] + row * self.row_height

    def at(self, number: int) -> Point:
        """Top left of the `number`-th cell, row by row."""
        row, column = divmod(number, self.columns)
        return self.left(column), self.top(row)


def draw_tile(
    pen: Pen,
    at: Point,
    image: Image.Image,
    side: int,
    *,
    radius: float = 6,
    resample: Image.Resampling = Image.Resampling.BICUBIC,
) -> None:
    """The whole picture in the middle of a square of `side`, scaled to fit."""
    place_tile(pen, at, ImageOps.contain(image, (side, side), resample), side, radius=radius)


def place_tile(pen: Pen, at: Point, image: Image.Image, side: int, *, radius: float = 6) -> None:
    """A picture of at most `side` in the middle of its square, as it is."""
    pen.picture((at[0] + (side - image.width) // 2, at[1] + (side - image.height) // 2), image, radius)


def draw_caption(pen: Pen, at: Point, width: float, lines: Sequence[Line]) -> None:
    """Lines beneath a tile, each shortened to `width`."""
    for line in lines:
        pen.text((at[0], at[1] + line.down), fitted(line.words, line.size, width), line.size, line.color)


def paragraph(words: str, width: float, size: int = 15, color: Color = TEXT) -> list[Line]:
    """`words` in lines of at most `width` pixels, in signs the font has."""
    return [Line(line, size, color) for line in wrapped(words.translate(_PLAIN), size, width)]


def draw_lines(pen: Pen, at: tuple[float, float], lines: Sequence[Line], pitch: int) -> None:
    """Lines below one another; `at` is the first one's baseline."""
    for number, line in enumerate(lines):
        pen.text((at[0], at[1] + number * pitch), line.words, line.size, line.color)


def draw_right(pen: Pen, at: tuple[float, float], line: Line, *, after: float = 0) -> None:
    """A line that ends at `at`; left out where it would reach back before `after`."""
    if at[0] - width_of(line.words, line.size) >= after:
        pen.text(at, line.words, line.size, line.color, "rs")


def draw_swatches(pen: Pen, at: tuple[float, float], entries: Sequence[tuple[str, Color]]) -> float:
    """A legend of colours on one baseline; returns where it ends."""
    x, y = at
    for words, color in entries:
        pen.panel((x, y - 10, x + 16, y), color, radius=3)
        x = pen.text((x + 24, y), words, 15, QUIET) + 22
    return x


def draw_marks(pen: Pen, at: tuple[float, float], entries: Sequence[tuple[Mark, str]]) -> float:
    """A legend of marks on one baseline; returns where it ends."""
    x, y = at
    for kind, words in entries:
        pen.mark((x + 8, y - 5), kind, 8)
        x = pen.text((x + 22, y), words, 13, QUIET) + 24
    return x
