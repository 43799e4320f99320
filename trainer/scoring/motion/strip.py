"""A clip as a contact strip: frames in a row, likeness of every frame as a curve beneath them, the verdicts above."""

from collections.abc import Sequence
from itertools import groupby

import numpy as np
from PIL import Image

from ...images.pen import AMBER, BLUE, GREEN, LINE, QUIET, RAISED, TEXT, Color, Pen
from ...images.sheet import Line, draw_lines, draw_tile, paragraph
from .check import CheckedMotion
from .seen import TILES, ClipSeen

_MARGIN, _GAP, _SIDE = 24, 8, 144
_WIDTH = 2 * _MARGIN + TILES * (_SIDE + _GAP) - _GAP
_CURVE, _PITCH = 150, 22
_MOST_CLIPS = 4


def draw_strip(checked: CheckedMotion) -> Image.Image:
    """At most four clips of the LoRA, and the first without it; about 1260 pixels wide."""
    report = checked.report
    words = [line for one in report.verdicts for line in paragraph(one.sentence, _WIDTH - 2 * _MARGIN)]
    shown = [(clip, GREEN) for clip in checked.clips[:_MOST_CLIPS]] + [(clip, QUIET) for clip in checked.control[:1]]
    row = _SIDE + _CURVE + 3 * _GAP + _PITCH
    pen = Pen((_WIDTH, _MARGIN * 2 + 26 + _PITCH * len(words) + row * len(shown)))
    holds = report.kinds == ("holds",)
    pen.text((_MARGIN, _MARGIN + 16), ", ".join(report.kinds).capitalize(), 20, GREEN if holds else AMBER)
    draw_lines(pen, (_MARGIN, _MARGIN + 26 + 16), words, _PITCH)
    top = _MARGIN + 26 + _PITCH * len(words) + _GAP
    for number, (clip, color) in enumerate(shown):
        _draw_clip(pen, top + number * row, clip, color, checked, is_control=color == QUIET)
    return pen.image


def _draw_clip(pen: Pen, top: int, clip: ClipSeen, color: Color, checked: CheckedMotion, *, is_control: bool) -> None:
    name = f"{clip.name}, without the LoRA" if is_control else clip.name
    draw_lines(pen, (_MARGIN, top + 14), [Line(f"{name}: {clip.count} frames", 13)], _PITCH)
    top += _PITCH
    for column, (_, tile) in enumerate(sorted(clip.tiles.items())):
        draw_tile(pen, (_MARGIN + column * (_SIDE + _GAP), top), tile, _SIDE)
    box = (_MARGIN, top + _SIDE + _GAP, _WIDTH - _MARGIN, top + _SIDE + _GAP + _CURVE)
    pen.panel(box, RAISED)
    scale = checked.report.scale
    curve = _Curve(box, _lowest([*checked.clips, *checked.control]))
    for value, words, shade in ((scale.floor, "accepted", LINE), (scale.top, "real pictures", BLUE)):
        if value is not None:
            curve.level(pen, value, words, shade)
    curve.draw(pen, clip.likeness, color)


class _Curve:
    """Likeness from `lowest` to 1 within a box; the first frame stands under the first tile's middle, the last under
    the last one's."""

    def __init__(self, box: tuple[int, int, int, int], lowest: float) -> None:
        self._left, self._top, self._right, self._bottom = box
        self._lowest = lowest

    def level(self, pen: Pen, value: float, words: str, color: Color) -> None:
        y = self._y(value)
        pen.stroke([(self._left + 6, y), (self._right - 6, y)], color, 1)
        pen.text((self._right - 10, y - 4), f"{words} {value:.2f}", 12, QUIET, "rs")

    def draw(self, pen: Pen, likeness: np.ndarray, color: Color) -> None:
        """A line through neighbours that both have a face, a dot a frame, a cross at the bottom where there is none."""
        places = np.linspace(self._left + _SIDE / 2, self._right - _SIDE / 2, len(likeness))
        points = list(zip(places.tolist(), likeness.tolist(), strict=True))
        for measured, part in groupby(points, key=lambda point: bool(np.isfinite(point[1]))):
            if measured:
                _draw_line(pen, [(x, self._y(value)) for x, value in part], color)
                continue
            for x, _ in part:
                pen.text((x, self._bottom - 6), "no face", 11, AMBER, "ms")
        pen.text((self._left + 8, self._bottom - 8), "likeness", 12, TEXT)

    def _y(self, value: float) -> float:
        room = self._bottom - self._top - 16
        return self._bottom - 8 - room * (value - self._lowest) / (1.05 - self._lowest)


def _draw_line(pen: Pen, spots: Sequence[tuple[float, float]], color: Color) -> None:
    pen.stroke(spots, color, 2)
    for x, y in spots:
        pen.panel((x - 2.5, y - 2.5, x + 2.5, y + 2.5), color, radius=2.5)


def _lowest(clips: Sequence[ClipSeen]) -> float:
    """A round number below every likeness, 0 or less."""
    known = np.concatenate([clip.likeness[np.isfinite(clip.likeness)] for clip in clips])
    return min(0.0, float(np.floor(known.min() * 10) / 10)) if known.size else 0.0
