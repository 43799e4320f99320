"""Renders and their variants side by side, with what was measured: a pair while it is drawn, a sheet at the end."""

from collections.abc import Sequence

from PIL import Image, ImageOps

from ...dataset.sample import Sample
from ...images.pen import AMBER, GREEN, QUIET, Pen, fitted
from ...images.pixels import load_rgb
from .make import Drawn
from .studio import Attempt

_SIDE, _GAP, _TEXT = 192, 12, 46
_MOST_ROWS = 12


def draw_pairs(drawn: Sequence[Drawn]) -> Image.Image:
    """Each a render, its variant, and beneath them style and verdict; the newest first."""
    wide = 2 * _SIDE + 3 * _GAP
    pen = Pen((len(drawn) * wide, _SIDE + 2 * _GAP + _TEXT))
    for number, one in enumerate(reversed(drawn)):
        left = number * wide + _GAP
        for place, path in enumerate((one.start, one.path)):
            _tile(pen, (left + place * (_SIDE + _GAP), _GAP), load_rgb(path))
        _words(pen, (left, _SIDE + _GAP), one.attempt, 2 * _SIDE + _GAP)
    return pen.image


def draw_variants(samples: Sequence[Sample], kept: Sequence[Attempt]) -> Image.Image:
    """Rows of a render and its variants, at most 12 renders. `samples` are the dataset's, where the files are known."""
    by_sha = {sample.sha256: sample for sample in samples}
    rows: dict[str, list[Attempt]] = {}
    for attempt in kept:
        rows.setdefault(attempt.job.source.sha256, []).append(attempt)
    shown = list(rows.values())[:_MOST_ROWS]
    wide = 1 + max((len(row) for row in shown), default=0)
    high = _SIDE + _TEXT + _GAP
    pen = Pen((wide * (_SIDE + _GAP) + _GAP, max(1, len(shown)) * high + _GAP))
    if not shown:
        pen.text((_GAP, high / 2), "No variant was kept", 16, QUIET)
    for number, row in enumerate(shown):
        top = _GAP + number * high
        source = row[0].job.source
        _tile(pen, (_GAP, top), load_rgb(row[0].source.start))
        pen.text((_GAP, top + _SIDE + 20), fitted(source.path.name, 13, _SIDE), 13, QUIET)
        for place, attempt in enumerate(row, 1):
            left = _GAP + place * (_SIDE + _GAP)
            _tile(pen, (left, top), load_rgb(by_sha[attempt.kept.sha256].path))
            _words(pen, (left, top + _SIDE), attempt, _SIDE)
    return pen.image


def _tile(pen: Pen, at: tuple[int, int], image: Image.Image) -> None:
    fitting = ImageOps.contain(image, (_SIDE, _SIDE), Image.Resampling.BICUBIC)
    pen.picture((at[0] + (_SIDE - fitting.width) // 2, at[1] + (_SIDE - fitting.height) // 2), fitting)


def _words(pen: Pen, at: tuple[int, int], attempt: Attempt, wide: int) -> None:
    verdict = attempt.verdict
    face = "" if verdict.identity is None else f"face {verdict.identity:.2f} · "
    pen.text((at[0], at[1] + 20), fitted(attempt.job.style.prompt, 13, wide), 13)
    said = f"{face}denoise {attempt.denoise:.2f}" if verdict.is_kept else verdict.fault or ""
    pen.text((at[0], at[1] + 39), fitted(said, 12, wide), 12, GREEN if verdict.is_kept else AMBER)
