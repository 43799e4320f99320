"""A few of the study's pictures below one another, so that its numbers can be looked at."""

from collections.abc import Sequence

from PIL import Image

from ..images.pen import Pen
from ..images.pixels import load_rgb
from ..images.sheet import Grid, draw_lines, draw_tile, paragraph
from .identity_arms import ARMS, Column

_SHOWN = (0, 1, 8, 12, 20, 22, 25, 30)
"""Pictures in order of the plan: of the bare trigger, in plain contexts, in hard ones."""
_SIDE, _GAP, _LABEL = 64, 4, 96


def strip(columns: Sequence[Column]) -> Image.Image:
    """An arm a row, of the first training seed."""
    grid = Grid(columns=len(_SHOWN), tile=(_SIDE, _SIDE), gap=_GAP, corner=(_LABEL, _GAP))
    pen = Pen((grid.left(len(_SHOWN)), grid.top(len(ARMS))))
    for row, arm in enumerate(ARMS):
        shown = next(column for column in columns if column.arm == arm).pictures
        lines = paragraph(arm, _LABEL - 2 * _GAP, 13)
        draw_lines(pen, (_GAP, grid.top(row) + _SIDE / 2 - 8 * len(lines) + 12), lines, 16)
        for place, number in enumerate(_SHOWN):
            draw_tile(pen, (grid.left(place), grid.top(row)), load_rgb(shown[number]), _SIDE)
    return pen.image
