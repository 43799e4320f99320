"""A LoRA's health as a picture: a bar a block, as long as its change."""

import math

from PIL import Image

from ..errors import more_of
from ..images.pen import AMBER, BLUE, GREEN, QUIET, RAISED, RED, TEXT, Pen, fitted
from ..images.sheet import draw_lines, paragraph
from .health import BAND, MOST_BLOCKS, BlockHealth, Health

_WIDTH, _MARGIN, _ROW, _LINE, _NAMES = 960, 36, 26, 24, 250
_DECADES = (-6, 0)


def draw_health(health: Health) -> Image.Image:
    """RGB, 960 px wide; bars on a scale of powers of ten, the usual band behind them."""
    color = RED if health.broken else AMBER if health.faults else GREEN
    said = health.faults or (health.verdict,)
    words = [line for one in said for line in paragraph(one, _WIDTH - 2 * _MARGIN, color=color)]
    top = _MARGIN + 40 + _LINE * len(words) + 16
    blocks = health.blocks[:MOST_BLOCKS]
    bottom = top + _ROW * len(blocks)
    hidden = more_of(len(health.blocks) - len(blocks))
    pen = Pen((_WIDTH, bottom + _MARGIN + 20 + _ROW * len(hidden)))
    pen.text((_MARGIN, _MARGIN + 14), fitted(health.path.name, 22, _WIDTH - 2 * _MARGIN), 22)
    draw_lines(pen, (_MARGIN, _MARGIN + 48), words, _LINE)
    pen.panel((_at(BAND[0]), top - 4, _at(BAND[1]), bottom), RAISED)
    for number, block in enumerate(blocks):
        _bar(pen, block, top + number * _ROW)
    for decade in range(_DECADES[0], _DECADES[1] + 1):
        pen.text((_at(10.0**decade), bottom + 20), f"1e{decade}" if decade else "1", 12, QUIET, "ms")
    for line in hidden:
        pen.text((_MARGIN, bottom + 20 + _ROW), line, 14, QUIET)
    return pen.image


def _bar(pen: Pen, block: BlockHealth, top: int) -> None:
    pen.text((_MARGIN, top + 16), fitted(block.name, 14, _NAMES - _MARGIN - 12), 14, TEXT)
    is_usual = BAND[0] <= block.rms <= BAND[1]
    end = max(_at(block.rms), _NAMES + 3)
    pen.panel((_NAMES, top + 4, end, top + _ROW - 6), BLUE if is_usual else AMBER, radius=3)
    said = f"{block.rms:.1e}" + (f", {block.dead} of {block.layers} change nothing" if block.dead else "")
    pen.text((end + 8, top + 16), said, 12, QUIET)


def _at(rms: float) -> float:
    low, high = _DECADES
    place = (math.log10(max(rms, 10.0**low)) - low) / (high - low)
    return _NAMES + min(1.0, place) * (_WIDTH - _MARGIN - _NAMES - 40)
