"""The coverage chart: axes as rows, buckets as chips with their counts, empty ones outlined as the shopping list."""

from dataclasses import dataclass

from PIL import Image

from ...images.pen import AMBER, BLUE, GROUND, LINE, QUIET, RAISED, TEXT, Color, Pen, fitted, width_of
from ...images.sheet import Line, draw_lines, draw_right, paragraph
from .axis import Axis
from .coverage import LARGE, Coverage

_WIDTH, _MARGIN, _LABEL = 1180, 40, 190
_CHIP, _ROW, _BETWEEN = 38, 46, 18
_MOST_CHIPS = 24
_LINE = 25


@dataclass(frozen=True)
class _Chip:
    left: float
    row: int
    wide: float
    words: str
    count: int
    share: float


def draw_coverage(coverage: Coverage) -> Image.Image:
    """RGB, as high as the axes need."""
    rows = [(axis, _chips(axis)) for axis in coverage.axes.values()]
    wishes = [line for wish in coverage.add_next for line in paragraph(wish, _WIDTH - 2 * _MARGIN, 16, QUIET)]
    high = sum(_height(chips) for _, chips in rows)
    pen = Pen((_WIDTH, _MARGIN + 64 + high + (64 + _LINE * len(wishes) if wishes else 0) + _MARGIN - 10))
    pen.text((_MARGIN, _MARGIN + 20), "What the set covers", 26)
    draw_right(pen, (_WIDTH - _MARGIN, _MARGIN + 18), Line("outlined: none yet", 14))
    top = _MARGIN + 56
    lopsided = {finding.check for finding in coverage.findings()}
    for axis, chips in rows:
        _axis(pen, top, axis, chips, f"coverage {axis.name}" in lopsided)
        top += _height(chips)
    pen.panel((_MARGIN, top - 1, _WIDTH - _MARGIN, top), LINE, radius=0)
    if wishes:
        pen.text((_MARGIN, top + 40), "Add these next", 20)
        draw_lines(pen, (_MARGIN, top + 72), wishes, _LINE)
    return pen.image


def _chips(axis: Axis) -> list[_Chip]:
    """Chips in lines that fit beside the label; the fullest of many."""
    held = [(name, len(shas)) for name, shas in axis.buckets.items()]
    shown = held if len(held) <= _MOST_CHIPS else sorted(held, key=lambda pair: -pair[1])[:_MOST_CHIPS]
    chips: list[_Chip] = []
    left, row = float(_MARGIN + _LABEL), 0
    for name, count in shown if axis.measured else []:
        words = fitted(name, 16, 300)
        wide = width_of(words, 16) + 32 + (width_of(str(count), 16) + 10 if count else 0)
        if left + wide > _WIDTH - _MARGIN:
            left, row = float(_MARGIN + _LABEL), row + 1
        chips.append(_Chip(left, row, wide, words, count, count / max(1, axis.measured)))
        left += wide + 10
    return chips


def _height(chips: list[_Chip]) -> int:
    return (max((chip.row for chip in chips), default=0) + 1) * _ROW + _BETWEEN


def _axis(pen: Pen, top: int, axis: Axis, chips: list[_Chip], is_lopsided: bool) -> None:
    pen.panel((_MARGIN, top - 1, _WIDTH - _MARGIN, top), LINE, radius=0)
    middle = top + _BETWEEN // 2
    pen.text((_MARGIN, middle + 24), axis.name.capitalize(), 17)
    by = f"{axis.measured} of {axis.measured + len(axis.unmeasured)}, {axis.by}" if axis.unmeasured else axis.by
    pen.text((_MARGIN, middle + 43), fitted(by, 12, _LABEL - 20), 12, QUIET)
    if not chips:
        pen.text((_MARGIN + _LABEL, middle + 25), "not measured", 16, QUIET)
    for chip in chips:
        _chip(pen, middle + chip.row * _ROW, chip, AMBER if is_lopsided and chip.share > LARGE else BLUE)


def _chip(pen: Pen, top: int, chip: _Chip, color: Color) -> None:
    """Filled to the share of the pictures that the bucket holds."""
    left, right = round(chip.left), round(chip.left + chip.wide)
    box = (left, top, right, top + _CHIP)
    if not chip.count:
        pen.panel(box, GROUND, radius=_CHIP / 2, outline=LINE)
        pen.text((left + 16, top + 25), chip.words, 16, QUIET)
        return
    pen.panel(box, RAISED, radius=_CHIP / 2)
    end = pen.text((left + 16, top + 24), chip.words, 16, TEXT)
    pen.text((end + 10, top + 24), str(chip.count), 16, color)
    bar = left + 16 + (right - left - 32) * chip.share
    pen.panel((left + 16, top + _CHIP - 8, right - 16, top + _CHIP - 5), LINE, radius=1)
    pen.panel((left + 16, top + _CHIP - 8, bar, top + _CHIP - 5), color, radius=1)
