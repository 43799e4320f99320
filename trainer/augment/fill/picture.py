"""Made pictures beside what they were made from, and the coverage chart before and after."""

from collections.abc import Sequence

from PIL import Image, ImageOps

from ...dataset.coverage.picture import draw_coverage
from ...images.pen import AMBER, GREEN, QUIET, Pen, fitted
from ...images.pixels import load_rgb
from .fill import Attempt
from .filled import Filled

_SIDE, _GAP, _TEXT, _SMALL = 224, 12, 66, 76
_COLUMNS, _MOST = 5, 60
_TITLE = 52


def draw_attempts(attempts: Sequence[Attempt]) -> Image.Image:
    """The last pictures side by side, the newest first, while others are drawn."""
    pen = Pen((len(attempts) * (_SIDE + _GAP) + _GAP, _SIDE + _TEXT + 2 * _GAP))
    for place, attempt in enumerate(reversed(attempts)):
        _tile(pen, (_GAP + place * (_SIDE + _GAP), _GAP), attempt)
    return pen.image


def draw_filled(filled: Filled) -> Image.Image:
    """All that were kept, at most 60; or, where none was, what was tried."""
    shown = (filled.made or filled.tried)[:_MOST]
    columns = min(_COLUMNS, max(1, len(shown)))
    rows = max(1, -(-len(shown) // columns))
    pen = Pen((max(2, columns) * (_SIDE + _GAP) + _GAP, rows * (_SIDE + _TEXT + _GAP) + _GAP))
    if not shown:
        pen.text((_GAP, _SIDE / 2), "No gap to fill", 16, QUIET)
    for place, attempt in enumerate(shown):
        row, column = divmod(place, columns)
        _tile(pen, (_GAP + column * (_SIDE + _GAP), _GAP + row * (_SIDE + _TEXT + _GAP)), attempt)
    return pen.image


def draw_change(filled: Filled) -> Image.Image:
    """Both coverage charts, before above after."""
    charts = [draw_coverage(filled.before), draw_coverage(filled.after)]
    pen = Pen((charts[0].width, sum(chart.height for chart in charts) + 2 * _TITLE))
    top = 0
    for title, chart in zip(("Before", f"After: {len(filled.made)} pictures more"), charts, strict=True):
        pen.text((40, top + 36), title, 20, QUIET)
        pen.picture((0, top + _TITLE), chart)
        top += _TITLE + chart.height
    return pen.image


def _tile(pen: Pen, at: tuple[int, int], attempt: Attempt) -> None:
    left, top = at
    image = ImageOps.contain(load_rgb(attempt.sample.path), (_SIDE, _SIDE), Image.Resampling.BICUBIC)
    pen.picture((left + (_SIDE - image.width) // 2, top + (_SIDE - image.height) // 2), image)
    small = ImageOps.contain(load_rgb(attempt.references[0].path), (_SMALL, _SMALL), Image.Resampling.BICUBIC)
    pen.picture((left + 4, top + _SIDE - small.height - 4), ImageOps.expand(small, 1, (255, 255, 255)))
    verdict = attempt.verdict
    pen.text((left, top + _SIDE + 20), fitted(attempt.job.gap.name, 14, _SIDE), 14)
    face = "" if verdict.identity is None else f"face {verdict.identity:.2f}"
    found = "not measured" if verdict.found is None else f"shows {verdict.found}"
    pen.text((left, top + _SIDE + 39), fitted(" · ".join(filter(None, (face, found))), 12, _SIDE), 12, QUIET)
    said = "kept" if verdict.is_kept else verdict.fault or ""
    pen.text((left, top + _SIDE + 57), fitted(said, 12, _SIDE), 12, GREEN if verdict.is_kept else AMBER)
