"""Renders and their variants side by side, with what was measured: a pair while it is drawn, a sheet at the end."""

from collections.abc import Sequence

from PIL import Image

from ...dataset.sample import Sample
from ...images.pen import AMBER, GREEN, QUIET, TEXT, Pen
from ...images.pixels import load_rgb
from ...images.sheet import Grid, Line, draw_caption, draw_tile
from ..rounds import Drawn
from .renderer import VariantAttempt

_SIDE, _GAP, _TEXT = 192, 12, 46
_MOST_ROWS = 12


def draw_pairs(drawn: Sequence[Drawn[VariantAttempt]]) -> Image.Image:
    """Each a render, its variant, and beneath them style and verdict; the newest first."""
    wide = 2 * _SIDE + 3 * _GAP
    pen = Pen((len(drawn) * wide, _SIDE + 2 * _GAP + _TEXT))
    for number, one in enumerate(reversed(drawn)):
        left = number * wide + _GAP
        for place, path in enumerate((one.attempt.source.start, one.attempt.path)):
            draw_tile(pen, (left + place * (_SIDE + _GAP), _GAP), load_rgb(path), _SIDE)
        draw_caption(pen, (left, _SIDE + _GAP), 2 * _SIDE + _GAP, _caption(one.attempt))
    return pen.image


def draw_variants(samples: Sequence[Sample], kept: Sequence[VariantAttempt]) -> Image.Image:
    """Rows of a render and its variants, at most 12 renders. `samples` are the dataset's, where the files are known."""
    by_sha = {sample.sha256: sample for sample in samples}
    rows: dict[str, list[VariantAttempt]] = {}
    for attempt in kept:
        rows.setdefault(attempt.job.source.sha256, []).append(attempt)
    shown = list(rows.values())[:_MOST_ROWS]
    grid = Grid(
        columns=1 + max((len(row) for row in shown), default=0),
        tile=(_SIDE, _SIDE),
        gap=_GAP,
        under=_TEXT,
        corner=(_GAP, _GAP),
    )
    pen = Pen((grid.width + 2 * _GAP, grid.top(max(1, len(shown)))))
    if not shown:
        pen.text((_GAP, grid.row_height / 2), "No variant was kept", 16, QUIET)
    for number, row in enumerate(shown):
        top, source = grid.top(number), row[0].job.source
        draw_tile(pen, (_GAP, top), load_rgb(row[0].source.start), _SIDE)
        draw_caption(pen, (_GAP, top + _SIDE), _SIDE, [Line(source.path.name, down=20)])
        for column, attempt in enumerate(row, 1):
            at = (grid.left(column), top)
            draw_tile(pen, at, load_rgb(by_sha[attempt.kept.sha256].path), _SIDE)
            draw_caption(pen, (at[0], top + _SIDE), _SIDE, _caption(attempt))
    return pen.image


def _caption(attempt: VariantAttempt) -> list[Line]:
    verdict = attempt.verdict
    face = "" if verdict.identity is None else f"face {verdict.identity:.2f} · "
    said = f"{face}denoise {attempt.denoise:.2f}" if verdict.is_kept else verdict.fault or ""
    return [
        Line(attempt.job.style.prompt, 13, TEXT, down=20),
        Line(said, 12, GREEN if verdict.is_kept else AMBER, down=39),
    ]
