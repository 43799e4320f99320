"""Made pictures beside what they were made from, and the coverage chart before and after."""

from collections.abc import Sequence

from PIL import Image, ImageOps

from ...dataset.coverage.picture import draw_coverage
from ...images.pen import AMBER, GREEN, QUIET, TEXT, Pen
from ...images.pixels import load_rgb
from ...images.sheet import Grid, Line, Point, draw_caption, draw_tile
from .attempt import FillAttempt
from .result import FillResult

_SIDE, _GAP, _TEXT, _SMALL = 224, 12, 66, 76
_COLUMNS, _MOST = 5, 60
_TITLE = 52


def draw_attempts(attempts: Sequence[FillAttempt]) -> Image.Image:
    """The last pictures side by side, the newest first, while others are drawn."""
    grid = _grid(len(attempts))
    pen = Pen((grid.width + 2 * _GAP, grid.top(1)))
    for number, attempt in enumerate(reversed(attempts)):
        _tile(pen, grid.at(number), attempt)
    return pen.image


def draw_filled(filled: FillResult) -> Image.Image:
    """All that were kept, at most 60; or, where none was, what was tried."""
    shown = (filled.made or filled.tried)[:_MOST]
    grid = _grid(min(_COLUMNS, max(1, len(shown))))
    pen = Pen((max(2, grid.columns) * (_SIDE + _GAP) + _GAP, grid.top(max(1, grid.rows(len(shown))))))
    if not shown:
        pen.text((_GAP, _SIDE / 2), "No gap to fill", 16, QUIET)
    for number, attempt in enumerate(shown):
        _tile(pen, grid.at(number), attempt)
    return pen.image


def draw_change(filled: FillResult) -> Image.Image:
    """Both coverage charts, before above after."""
    charts = [draw_coverage(filled.before), draw_coverage(filled.after)]
    pen = Pen((charts[0].width, sum(chart.height for chart in charts) + 2 * _TITLE))
    top = 0
    for title, chart in zip(("Before", f"After: {len(filled.made)} pictures more"), charts, strict=True):
        pen.text((40, top + 36), title, 20, QUIET)
        pen.picture((0, top + _TITLE), chart)
        top += _TITLE + chart.height
    return pen.image


def _grid(columns: int) -> Grid:
    return Grid(columns=columns, tile=(_SIDE, _SIDE), gap=_GAP, under=_TEXT, corner=(_GAP, _GAP))


def _tile(pen: Pen, at: Point, attempt: FillAttempt) -> None:
    left, top = at
    draw_tile(pen, at, load_rgb(attempt.sample.path), _SIDE)
    small = ImageOps.contain(load_rgb(attempt.references[0].path), (_SMALL, _SMALL), Image.Resampling.BICUBIC)
    pen.picture((left + 4, top + _SIDE - small.height - 4), ImageOps.expand(small, 1, (255, 255, 255)))
    draw_caption(pen, (left, top + _SIDE), _SIDE, _caption(attempt))


def _caption(attempt: FillAttempt) -> list[Line]:
    verdict = attempt.verdict
    face = "" if verdict.identity is None else f"face {verdict.identity:.2f}"
    found = "not measured" if verdict.found is None else f"shows {verdict.found}"
    said = "kept" if verdict.is_kept else verdict.fault or ""
    return [
        Line(attempt.job.gap.name, 14, TEXT, down=20),
        Line(" · ".join(filter(None, (face, found))), 12, QUIET, down=39),
        Line(said, 12, GREEN if verdict.is_kept else AMBER, down=57),
    ]
