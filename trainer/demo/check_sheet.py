"""A check of the installation as a picture: what was drawn before and after learning, and scores beside the stored."""

from PIL import Image

from ..images.pen import AMBER, GREEN, QUIET, Pen
from ..images.sheet import Grid, Line, draw_lines, draw_tile, paragraph
from .check import Checkup, Score

_MARGIN, _PITCH, _SIDE, _COLUMNS = 24, 22, 128, 6
_GRID = Grid(columns=_COLUMNS, tile=(_SIDE, _SIDE), gap=8, under=_PITCH, corner=(_MARGIN, 0))
_WIDTH = _GRID.width + 2 * _MARGIN


def draw_checkup(checkup: Checkup) -> Image.Image:
    """About 860 pixels wide."""
    words = paragraph(checkup.sentence, _WIDTH - 2 * _MARGIN)
    top = _MARGIN + 8 + _PITCH * (len(words) + 1 + len(checkup.scores))
    rows = (("without the LoRA", checkup.before), ("with it", checkup.after))
    pen = Pen((_WIDTH, top + len(rows) * _GRID.row_height + _MARGIN))
    draw_lines(pen, (_MARGIN, _MARGIN + 16), words, _PITCH)
    scored = [_line(score) for score in checkup.scores]
    draw_lines(pen, (_MARGIN, _MARGIN + 24 + _PITCH * len(words)), scored, _PITCH)
    for number, (title, images) in enumerate(rows):
        above = top + number * _GRID.row_height
        draw_lines(pen, (_MARGIN, above + 14), [Line(title, 13, QUIET)], _PITCH)
        for column, image in enumerate(images[:_COLUMNS]):
            draw_tile(pen, (_GRID.left(column), above + _PITCH), image, _SIDE)
    return pen.image


def _line(score: Score) -> Line:
    here = "not measured" if score.here is None else f"{score.here:.3f}"
    return Line(f"{score.title}: {here} (stored {score.stored:.3f})", 15, GREEN if score.is_alike else AMBER)
