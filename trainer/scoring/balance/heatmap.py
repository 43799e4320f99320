"""A balance as one picture: identity, following and variety over the grid, and a picture of every pair."""

from pathlib import Path

from PIL import Image, ImageOps

from ...images.pen import AMBER, BLUE, GREEN, QUIET, RAISED, TEXT, Color, Pen, fitted
from ...images.pixels import load_rgb
from ...images.sheet import Grid, draw_lines
from ..intervals import Interval
from ..report.measure_words import words_of
from ..report.pictures import picture_file
from ..scores import Scores
from .balance import Balance
from .grid import Pair
from .sheet import APART, CELL, LABEL, MARGIN, MEASURES, Sheet, sheet_of

_TIED: Color = (70, 108, 90)


def heatmap(balance: Balance, out: Path) -> Image.Image:
    """Draw the sheet from the pictures under `out`; what is gone stays blank."""
    sheet = sheet_of(balance, out)
    pen = Pen(sheet.size)
    title = f"{balance.trigger}: {balance.lora} with {balance.title}"
    pen.text((MARGIN, MARGIN + 24), fitted(title, 30, sheet.width - 2 * MARGIN), 30)
    draw_lines(pen, (MARGIN, MARGIN + 60), sheet.opening, 26)
    for number, name in enumerate(MEASURES):
        _panel(pen, sheet, sheet.cells(number), name)
    _pictures(pen, sheet)
    draw_lines(pen, (MARGIN, sheet.foot), sheet.closing, 24)
    return pen.image


def _panel(pen: Pen, sheet: Sheet, cells: Grid, name: str) -> None:
    """Measured values as cells, the deeper the higher, with axes."""
    words, balance = words_of(name), sheet.balance
    left, top = cells.corner
    control = balance.control.measures.get(name)
    beside = f"without either {words.value(control)}" if control and name != "variety" else ""
    end = pen.text((left, top - 36), words.title, 20)
    # Nothing else stands at this height until the next panel's title.
    pen.text((end + 14, top - 36), fitted(beside, 14, max(1, left + sheet.panel + APART - end - 28)), 14, QUIET)
    _axes(pen, sheet, cells)
    low, high = _ends(balance, name)
    for pair, scores in balance.cells.items():
        at = cells.left(sheet.column(pair)), cells.top(sheet.row(pair))
        _cell(pen, at, scores.measures.get(name), (low, high), words.unit == "percent", is_out=bool(scores.flags))
        _mark(pen, (*at, at[0] + CELL[0], at[1] + CELL[1]), balance, pair, scores)


def _axes(pen: Pen, sheet: Sheet, cells: Grid) -> None:
    grid = sheet.balance.grid
    pen.text((cells.corner[0] - LABEL, cells.corner[1] - 12), "LoRA", 14, QUIET)
    for strength in grid.strengths:
        y = cells.top(sheet.row((strength, grid.weights[0]))) + cells.tile[1] // 2 + 6
        pen.text((cells.corner[0] - 12, y), f"{strength:g}", 16, QUIET, "rs")
    bottom = cells.top(len(grid.strengths)) - cells.gap + 20
    for number, weight in enumerate(grid.weights):
        pen.text((cells.left(number) + cells.tile[0] // 2, bottom), f"{weight:g}", 16, QUIET, "ms")
    pen.text((cells.corner[0] - LABEL, bottom), "weight", 14, QUIET)


def _ends(balance: Balance, name: str) -> tuple[float, float]:
    """Of the colours: from the control to real pictures for identity, from 0 to 1 for shares."""
    if name != "identity":
        return 0.0, 1.0
    values = [each.identity.value for each in balance.columns if each.identity]
    low = balance.control.identity.value if balance.control.identity else min(values, default=0.0)
    top = [*values, *([balance.reference] if balance.reference is not None else [])]
    return low, max([*top, low + 1e-6])


def _cell(  # noqa: PLR0913 - a place, a value, its scale
    pen: Pen, at: tuple[int, int], measured: Interval | None, ends: tuple[float, float], is_percent: bool, is_out: bool
) -> None:
    """The value and its interval on a ground of its colour; a dash for what was not measured."""
    box = (at[0], at[1], at[0] + CELL[0], at[1] + CELL[1])
    part = 0.0 if measured is None else min(max((measured.value - ends[0]) / (ends[1] - ends[0]), 0.0), 1.0)
    ground = _blended(RAISED, BLUE, 0.75 * part)
    pen.panel(box, ground, radius=3)
    ink: Color = AMBER if is_out and part < 0.5 else (TEXT if part < 0.6 else (14, 16, 22))
    middle = at[0] + CELL[0] // 2
    pen.text((middle, at[1] + 27), _figure(measured and measured.value, is_percent), 19, ink, "ms")
    if measured is not None:
        between = f"{_figure(measured.low, is_percent)} to {_figure(measured.high, is_percent)}"
        pen.text((middle, at[1] + 44), between, 12, ink, "ms")


def _figure(value: float | None, is_percent: bool) -> str:
    if value is None:
        return "–"
    return f"{value:.0%}" if is_percent else f"{value:.2f}"


def _mark(pen: Pen, box: tuple[int, int, int, int], balance: Balance, pair: Pair, scores: Scores) -> None:
    if pair == balance.pick.pair:
        pen.frame(box, GREEN)
    elif scores.flags:
        pen.frame(box, AMBER, width=1)
    elif pair in balance.pick.tied:
        pen.frame(box, _TIED, width=2)


def _pictures(pen: Pen, sheet: Sheet) -> None:
    """The first prompt with a scene, first seed, of every pair; the same without either, and a real picture."""
    balance, cells = sheet.balance, sheet.pictures
    probe = next((n for n, each in enumerate(balance.plan.probes) if each.kind == "prompt"), 0)
    key = (probe, balance.plan.probes[probe].seeds[0])
    prompt = f"{balance.plan.probes[probe].prompt} (seed {key[1]})"
    pen.text(
        (cells.corner[0], cells.corner[1] - 14), fitted(prompt, 15, sheet.width - cells.corner[0] - MARGIN), 15, QUIET
    )
    _axes(pen, sheet, cells)
    for pair, scores in balance.cells.items():
        at = cells.left(sheet.column(pair)), cells.top(sheet.row(pair))
        _paste(pen, sheet, at, cells.tile, _file(sheet.out, scores, key))
        _mark(pen, (*at, at[0] + cells.tile[0], at[1] + cells.tile[1]), balance, pair, scores)
    beside = cells.left(len(balance.grid.weights)) + APART - cells.gap
    real = [picture_file(sheet.out, name) for name in balance.references[:1]]
    shown = (("Without either", _file(sheet.out, balance.control, key)), ("Real picture", next(iter(real), None)))
    for row, (words, file) in enumerate(shown[: len(balance.grid.strengths)]):
        at = beside, cells.top(row)
        _paste(pen, sheet, at, cells.tile, file)
        if file is not None:
            pen.dim((*at, at[0] + cells.tile[0], at[1] + 26), 0.6, radius=3)
            pen.text((at[0] + 8, at[1] + 18), words, 14, TEXT)


def _file(out: Path, scores: Scores, key: tuple[int, int]) -> Path | None:
    return next((picture_file(out, each.path) for each in scores.pictures if each.key == key), None)


def _paste(pen: Pen, sheet: Sheet, at: tuple[int, int], tile: tuple[int, int], file: Path | None) -> None:
    if file is not None:
        pen.picture(at, ImageOps.contain(load_rgb(file), tile, Image.Resampling.LANCZOS), radius=3)


def _blended(one: Color, other: Color, part: float) -> Color:
    red, green, blue = (round((1 - part) * a + part * b) for a, b in zip(one, other, strict=True))
    return red, green, blue
