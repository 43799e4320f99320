"""What is kept as a picture: a bar a run and folder, and what of it may go."""

from collections.abc import Sequence

from PIL import Image

from ..images.pen import AMBER, BLUE, QUIET, RAISED, TEXT, Pen, fitted
from ..images.sheet import Line, draw_lines, draw_right, draw_swatches, paragraph
from .kept import Kept, size_in_words
from .words import Place, places_of, summary_lines

_WIDTH, _MARGIN = 1280, 40
_NAMES, _TOTALS, _ROW, _LINE = 260, 120, 34, 24
_MOST = 16


def draw_kept(items: Sequence[Kept]) -> Image.Image:
    """RGB, 1280 px wide; places beyond the largest sixteen are one row."""
    rows = _rows(items)
    inner = _WIDTH - 2 * _MARGIN
    words = [line for text in summary_lines(items) for line in paragraph(text, inner, color=TEXT)]
    top = _MARGIN + 70
    pen = Pen((_WIDTH, top + _ROW * max(len(rows), 1) + 24 + _LINE * len(words) + _MARGIN))
    pen.text((_MARGIN, _MARGIN + 18), "What is kept on the disk", 24)
    draw_swatches(pen, (_MARGIN, _MARGIN + 46), [("may go", AMBER), ("stays", BLUE)])
    most = max([1, *(row.bytes for row in rows)])
    for number, row in enumerate(rows):
        _bar(pen, top + _ROW * number, row, most)
    if not rows:
        pen.text((_MARGIN, top + 19), "Nothing is kept yet.", 15, QUIET)
    draw_lines(pen, (_MARGIN, top + _ROW * max(len(rows), 1) + 34), words, _LINE)
    return pen.image


def _rows(items: Sequence[Kept]) -> list[Place]:
    rows = places_of(items)
    if len(rows) <= _MOST:
        return rows
    rest = rows[_MOST - 1 :]
    size, going = sum(row.bytes for row in rest), sum(row.may_go for row in rest)
    return [*rows[: _MOST - 1], Place(name=f"{len(rest)} more", bytes=size, may_go=going)]


def _bar(pen: Pen, top: int, row: Place, most: int) -> None:
    left, right = _MARGIN + _NAMES, _WIDTH - _MARGIN - _TOTALS
    pen.text((_MARGIN, top + 19), fitted(row.name, 15, _NAMES - 16), 15, QUIET)
    pen.panel((left, top + 3, right, top + _ROW - 7), RAISED, radius=4)
    at = 0
    for size, color in ((row.may_go, AMBER), (row.bytes - row.may_go, BLUE)):
        box = tuple(left + share / most * (right - left) for share in (at, at + size))
        if box[1] - box[0] >= 1:
            pen.panel((box[0], top + 3, box[1], top + _ROW - 7), color, radius=2)
        at += size
    draw_right(pen, (_WIDTH - _MARGIN, top + 19), Line(size_in_words(row.bytes), 15, TEXT))
