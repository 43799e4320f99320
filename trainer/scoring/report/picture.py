"""The report as one picture: real pictures, control and checkpoints across, numbers and prompts down."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageOps

from ...images.pen import AMBER, GREEN, QUIET, TEXT, Color, Pen, fitted, width_of
from ...images.pixels import load_rgb
from ...images.sheet import Grid, Line, draw_lines, paragraph
from ..plan.compare_plan import Probe
from ..scores import Scores
from .interval_bars import ROW, draw_measure, draw_reference
from .measure_words import main_names, words_of
from .pictures import picture_file
from .report import Report
from .words import KINDS, Tone, detail, drawn_with, main_rows, measured_by, tone, verdict

_MARGIN, _GAP, _LABEL, _NARROWEST, _USUAL = 40, 10, 230, 76, 168
_WIDEST = 2400
_TIE: Color = (70, 108, 90)
_COLORS: dict[Tone, Color] = {"control": QUIET, "chosen": GREEN, "tied": GREEN, "flagged": AMBER, "plain": QUIET}
_MOST_AGAINST = 8
_SMALLEST = 12
"""Letters of a head, pixels."""


@dataclass(frozen=True)
class _Sheet:
    """The cells, a column of real pictures first where there are any, and the words around them."""

    report: Report
    out: Path
    grid: Grid
    rows: int
    opening: Sequence[Line]
    closing: Sequence[Line]

    @property
    def size(self) -> tuple[int, int]:
        return self.grid.corner[0] + self.grid.width + _MARGIN, self.foot + len(self.closing) * 24 + _MARGIN

    @property
    def foot(self) -> int:
        """Where the closing words begin."""
        return self.grid.top(self.rows) + 26

    @property
    def head(self) -> int:
        """Where the columns' heads begin."""
        return _MARGIN + 56 + 26 * len(self.opening)

    @property
    def offset(self) -> int:
        """Number of the control's column."""
        return int(bool(self.report.references))


def grid(report: Report, out: Path) -> Image.Image:
    """Draw the sheet of the main rows from the pictures under `out`; what is gone stays blank."""
    sheet = _sheet(report, out)
    pen = Pen(sheet.size)
    pen.text((_MARGIN, _MARGIN + 24), fitted(report.trigger, 32, sheet.size[0] - 2 * _MARGIN), 32)
    draw_lines(pen, (_MARGIN, _MARGIN + 62), sheet.opening, 26)
    _labels(pen, sheet)
    if sheet.offset:
        _references(pen, sheet)
    for index, scores in enumerate(report.columns):
        _head(pen, sheet, index + sheet.offset, scores)
        _pictures(pen, sheet, index + sheet.offset, scores)
    draw_lines(pen, (_MARGIN, sheet.foot + 16), sheet.closing, 24)
    return pen.image


def _sheet(report: Report, out: Path) -> _Sheet:
    count = len(report.columns) + bool(report.references)
    cell = _cell(report.plan.size, count)
    width = max(count * (cell[0] + _GAP) + _LABEL, 560)
    opening = paragraph(report.reason, width, 18, QUIET)
    top = _MARGIN + 56 + 26 * len(opening) + 66 + ROW * len(main_names(report)) + 10
    cells = Grid(columns=count, tile=cell, gap=_GAP, corner=(_MARGIN + _LABEL, top))
    return _Sheet(report, out, cells, len(main_rows(report.plan)), opening, _closing(report, width))


def _cell(size: tuple[int, int], columns: int) -> tuple[int, int]:
    width = max(_NARROWEST, min(_USUAL, (_WIDEST - _LABEL - 2 * _MARGIN) // columns - _GAP))
    return width, round(width * size[1] / size[0])


def _closing(report: Report, width: float) -> list[Line]:
    """What is said against columns, then what measured and what drew."""
    against = [(each.label, flag.sentence) for each in report.checkpoints for flag in each.flags[:1]]
    said = [Line(f"{fitted(label, 16, 260)}: {sentence}", 16, AMBER) for label, sentence in against[:_MOST_AGAINST]]
    lines = [Line(fitted(line.words, 16, width), 16, line.color) for line in said]
    if len(against) > _MOST_AGAINST:
        lines.append(Line(f"and {len(against) - _MOST_AGAINST} more are ruled out.", 16, AMBER))
    foot = f"{drawn_with(report)} {measured_by(report)} Bars are 95 % intervals."
    gap = [Line("")] if lines else []
    return [*lines, *gap, *paragraph(foot, width, 15, QUIET)]


def _labels(pen: Pen, sheet: _Sheet) -> None:
    """Names of the measures beside the bars, and the prompts beside the pictures."""
    for number, name in enumerate(main_names(sheet.report)):
        pen.text((_MARGIN, sheet.head + 66 + ROW * number + 18), words_of(name).title, 16, QUIET)
    for row, (probe, _) in enumerate(main_rows(sheet.report.plan)):
        _label(pen, sheet, row, sheet.report.plan.probes[probe])


def _label(pen: Pen, sheet: _Sheet, row: int, probe: Probe) -> None:
    x, y = _MARGIN, sheet.grid.top(row)
    pen.text((x, y + 15), KINDS.get(probe.kind, probe.kind), 14, QUIET)
    room = max(1, (sheet.grid.tile[1] - 22) // 21)
    lines = [Line(fitted(line.words, 16, _LABEL - 24), 16) for line in paragraph(probe.prompt, _LABEL - 24, 16)]
    if len(lines) > room:
        lines = [*lines[: room - 1], Line(f"{lines[room - 1].words.rstrip(', ')} …", 16, TEXT)]
    draw_lines(pen, (x, y + 38), [Line(line.words, line.size, TEXT) for line in lines], 21)


def _references(pen: Pen, sheet: _Sheet) -> None:
    x, width = sheet.grid.left(0), sheet.grid.tile[0]
    _fit(pen, (x, sheet.head + 22), "Real pictures", 19, width, TEXT)
    _fit(pen, (x, sheet.head + 46), "not trained on", 15, width, QUIET)
    draw_reference(pen, (x, sheet.head + 66), width, sheet.report)
    for row, name in enumerate(sheet.report.references[: sheet.rows]):
        _paste(pen, sheet, (0, row), picture_file(sheet.out, name), is_whole=True)


def _head(pen: Pen, sheet: _Sheet, column: int, scores: Scores) -> None:
    x, y, width = sheet.grid.left(column), sheet.head, sheet.grid.tile[0]
    kind = tone(scores, sheet.report)
    words = " · ".join(part for part in (verdict(scores, sheet.report), detail(scores, sheet.report)) if part)
    _fit(pen, (x, y + 22), scores.label, 19, width, QUIET if kind in ("flagged", "control") else TEXT)
    _fit(pen, (x, y + 46), words, 15, width, _COLORS[kind])
    for number, name in enumerate(main_names(sheet.report)):
        color = GREEN if kind == "chosen" else QUIET if kind in ("flagged", "control") else TEXT
        draw_measure(pen, (x, y + 66 + ROW * number), width, sheet.report, name, scores.measures.get(name), color)


def _fit(pen: Pen, at: tuple[int, int], words: str, size: int, width: int, color: Color) -> None:  # noqa: PLR0913
    """One line, smaller where the column is narrow, and shortened where that is not enough."""
    smaller = next((each for each in range(size, _SMALLEST, -1) if width_of(words, each) <= width), _SMALLEST)
    if words:
        pen.text(at, fitted(words, smaller, width), smaller, color)


def _pictures(pen: Pen, sheet: _Sheet, column: int, scores: Scores) -> None:
    files = {picture.key: picture_file(sheet.out, picture.path) for picture in scores.pictures}
    for row, key in enumerate(main_rows(sheet.report.plan)):
        _paste(pen, sheet, (column, row), files.get(key))
    left, bottom = sheet.grid.left(column), sheet.grid.top(sheet.rows) - _GAP
    box = (left - 5, sheet.grid.top(0) - 5, left + sheet.grid.tile[0] + 4, bottom + 4)
    kind = tone(scores, sheet.report)
    if kind == "chosen":
        pen.frame(box, GREEN)
    elif kind == "tied":
        pen.frame(box, _TIE, width=2)


def _paste(pen: Pen, sheet: _Sheet, at: tuple[int, int], file: Path | None, *, is_whole: bool = False) -> None:
    """A picture in its cell; one of another shape is shown whole in it."""
    if file is None:
        return
    image, (x, y) = load_rgb(file), (sheet.grid.left(at[0]), sheet.grid.top(at[1]))
    fit = ImageOps.contain if is_whole else Image.Image.resize
    pen.picture((x, y), fit(image, sheet.grid.tile, Image.Resampling.LANCZOS), radius=3)
