"""The report as one picture: prompts down, control and checkpoints across, the chosen column framed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from ...images.pixels import load_rgb
from ..intervals import Key
from ..plan import Probe
from ..scores import Scores
from .report import Report
from .words import KINDS, main_rows, measured_by, number, verdict

_GROUND = (22, 23, 26)
_TEXT = (236, 236, 238)
_QUIET = (150, 153, 161)
_GREEN = (124, 205, 164)
_AMBER = (228, 172, 96)
_MARGIN, _GAP, _LABEL, _HEAD = 36, 8, 216, 92
_WIDEST = 2400


@dataclass(frozen=True)
class _Sheet:
    """Sizes in pixels."""

    columns: int
    rows: int
    cell: tuple[int, int]
    title: int

    @property
    def size(self) -> tuple[int, int]:
        width = self.left(self.columns) - _GAP + _MARGIN
        return width, self.top(self.rows) + 20 + _MARGIN

    def left(self, column: int) -> int:
        return _MARGIN + _LABEL + column * (self.cell[0] + _GAP)

    def top(self, row: int) -> int:
        return _MARGIN + self.title + _HEAD + row * (self.cell[1] + _GAP)


def grid(report: Report, out: Path) -> Image.Image:
    """Draw the sheet of the main rows from the pictures under `out`; what is gone stays blank."""
    columns, rows = report.columns, main_rows(report.plan)
    cell = _cell(report.plan.size, len(columns))
    inner = len(columns) * (cell[0] + _GAP) + _LABEL
    reason = _wrapped(report.reason, 17, inner)
    sheet = _Sheet(len(columns), len(rows), cell, 52 + 24 * len(reason))
    image = Image.new("RGB", sheet.size, _GROUND)
    pen = ImageDraw.Draw(image)
    pen.text((_MARGIN, _MARGIN - 6), report.trigger, font=_font(28), fill=_TEXT)
    for number_, line in enumerate(reason):
        pen.text((_MARGIN, _MARGIN + 36 + 24 * number_), line, font=_font(17), fill=_QUIET)
    for row, (probe, _) in enumerate(rows):
        _label(pen, sheet, row, report.plan.probes[probe])
    for index, scores in enumerate(columns):
        _head(pen, sheet, index, scores, report)
        _pictures(image, sheet, index, {p.key: out / p.path for p in scores.pictures}, rows)
        if scores.step is not None and scores.step == report.chosen:
            _frame(pen, sheet, index)
    pen.text((_MARGIN, sheet.size[1] - _MARGIN), measured_by(report), font=_font(13), fill=_QUIET)
    return image


def _cell(size: tuple[int, int], columns: int) -> tuple[int, int]:
    width = max(72, min(176, (_WIDEST - _LABEL - 2 * _MARGIN) // columns - _GAP))
    return width, round(width * size[1] / size[0])


def _label(pen: ImageDraw.ImageDraw, sheet: _Sheet, row: int, probe: Probe) -> None:
    x, y = _MARGIN, sheet.top(row)
    pen.text((x, y + 2), KINDS[probe.kind], font=_font(13), fill=_QUIET)
    room = max(1, (sheet.cell[1] - 22) // 19)
    lines = _wrapped(probe.prompt, 14, _LABEL - 20)
    shown = lines if len(lines) <= room else [*lines[: room - 1], f"{lines[room - 1].rstrip(', ')} …"]
    for number_, line in enumerate(shown):
        pen.text((x, y + 22 + 19 * number_), line, font=_font(14), fill=_TEXT)


def _head(pen: ImageDraw.ImageDraw, sheet: _Sheet, column: int, scores: Scores, report: Report) -> None:
    x, y = sheet.left(column), sheet.top(0) - _HEAD
    word = verdict(scores, report)
    is_flagged = bool(scores.flags)
    color = _GREEN if word == "chosen" else _AMBER if is_flagged else _QUIET
    pen.text((x, y + 8), scores.label, font=_font(17), fill=_QUIET if is_flagged else _TEXT)
    pen.text((x, y + 30), word, font=_font(13), fill=color)
    short = sheet.cell[0] < 120
    for line, (name, value) in enumerate((("identity", scores.identity), ("following", scores.following))):
        shown = number(value)
        text = f"{name[:2] if short else name} {shown}"
        pen.text((x, y + 48 + 18 * line), text, font=_font(13), fill=_QUIET)


def _pictures(image: Image.Image, sheet: _Sheet, column: int, files: Mapping[Key, Path], rows: Sequence[Key]) -> None:
    for row, key in enumerate(rows):
        file = files.get(key)
        if file is not None and file.is_file():
            small = load_rgb(file).resize(sheet.cell, Image.Resampling.LANCZOS)
            image.paste(small, (sheet.left(column), sheet.top(row)))


def _frame(pen: ImageDraw.ImageDraw, sheet: _Sheet, column: int) -> None:
    left, right = sheet.left(column) - 5, sheet.left(column) + sheet.cell[0] + 4
    box = (left, sheet.top(0) - 5, right, sheet.top(sheet.rows) - _GAP + 4)
    pen.rounded_rectangle(box, radius=5, outline=_GREEN, width=3)


def _wrapped(text: str, size: int, width: float) -> list[str]:
    lines: list[str] = []
    for word in text.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and _font(size).getlength(longer) <= width:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


@cache
def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)
