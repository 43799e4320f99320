"""The report as one picture: prompts down, control and checkpoints across, the chosen column framed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from ...images.pen import AMBER, GREEN, QUIET, TEXT, Pen
from ...images.pixels import load_rgb
from ...images.sheet import Grid, Line, draw_lines, paragraph
from ..intervals import Key
from ..plan import Probe
from ..scores import Scores
from .report import Report
from .words import KINDS, main_rows, measured_by, number, verdict

_MARGIN, _GAP, _LABEL, _HEAD = 36, 8, 216, 92
_WIDEST = 2400


@dataclass(frozen=True)
class _Sheet:
    """The cells, `rows` of them below one another, and the words that go around them."""

    grid: Grid
    rows: int

    @property
    def cell(self) -> tuple[int, int]:
        return self.grid.tile

    @property
    def size(self) -> tuple[int, int]:
        return self.grid.corner[0] + self.grid.width + _MARGIN, self.grid.top(self.rows) + 20 + _MARGIN


def grid(report: Report, out: Path) -> Image.Image:
    """Draw the sheet of the main rows from the pictures under `out`; what is gone stays blank."""
    columns, rows = report.columns, main_rows(report.plan)
    cell = _cell(report.plan.size, len(columns))
    reason = paragraph(report.reason, len(columns) * (cell[0] + _GAP) + _LABEL, 17, QUIET)
    corner = _MARGIN + _LABEL, _MARGIN + 52 + 24 * len(reason) + _HEAD
    sheet = _Sheet(Grid(columns=len(columns), tile=cell, gap=_GAP, corner=corner), len(rows))
    pen = Pen(sheet.size)
    pen.text((_MARGIN, _MARGIN + 19), report.trigger, 28)
    draw_lines(pen, (_MARGIN, _MARGIN + 52), reason, 24)
    for row, (probe, _) in enumerate(rows):
        _label(pen, sheet, row, report.plan.probes[probe])
    for index, scores in enumerate(columns):
        _head(pen, sheet, index, scores, report)
        _pictures(pen, sheet, index, {p.key: out / p.path for p in scores.pictures}, rows)
        if scores.label == report.chosen:
            _frame(pen, sheet, index)
    pen.text((_MARGIN, sheet.size[1] - _MARGIN + 13), measured_by(report), 13, QUIET)
    return pen.image


def _cell(size: tuple[int, int], columns: int) -> tuple[int, int]:
    width = max(72, min(176, (_WIDEST - _LABEL - 2 * _MARGIN) // columns - _GAP))
    return width, round(width * size[1] / size[0])


def _label(pen: Pen, sheet: _Sheet, row: int, probe: Probe) -> None:
    x, y = _MARGIN, sheet.grid.top(row)
    pen.text((x, y + 14), KINDS[probe.kind], 13, QUIET)
    room = max(1, (sheet.cell[1] - 22) // 19)
    lines = paragraph(probe.prompt, _LABEL - 20, 14)
    if len(lines) > room:
        lines = [*lines[: room - 1], Line(f"{lines[room - 1].words.rstrip(', ')} …", 14, TEXT)]
    draw_lines(pen, (x, y + 35), lines, 19)


def _head(pen: Pen, sheet: _Sheet, column: int, scores: Scores, report: Report) -> None:
    x, y = sheet.grid.left(column), sheet.grid.top(0) - _HEAD
    word = verdict(scores, report)
    is_flagged = bool(scores.flags)
    pen.text((x, y + 24), scores.label, 17, QUIET if is_flagged else TEXT)
    pen.text((x, y + 42), word, 13, GREEN if word == "chosen" else AMBER if is_flagged else QUIET)
    short = sheet.cell[0] < 120
    for line, (name, value) in enumerate((("identity", scores.identity), ("following", scores.following))):
        pen.text((x, y + 60 + 18 * line), f"{name[:2] if short else name} {number(value)}", 13, QUIET)


def _pictures(pen: Pen, sheet: _Sheet, column: int, files: Mapping[Key, Path], rows: Sequence[Key]) -> None:
    for row, key in enumerate(rows):
        file = files.get(key)
        if file is not None and file.is_file():
            small = load_rgb(file).resize(sheet.cell, Image.Resampling.LANCZOS)
            pen.picture((sheet.grid.left(column), sheet.grid.top(row)), small, radius=0)


def _frame(pen: Pen, sheet: _Sheet, column: int) -> None:
    left, bottom = sheet.grid.left(column), sheet.grid.top(sheet.rows) - _GAP
    pen.frame((left - 5, sheet.grid.top(0) - 5, left + sheet.cell[0] + 4, bottom + 4), GREEN)
