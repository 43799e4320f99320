"""The picture of `bench study`: likeness, variety and everybody else by passes, a curve a number of pictures."""

from collections.abc import Mapping, Sequence

from PIL import Image

from ..images.axes import Axes
from ..images.pen import AMBER, BLUE, GREEN, QUIET, RED, TEXT, Box, Color, Pen
from .study_table import Mean, Measured, mean_of_setting

_PANELS = (
    ("identity", "likeness to held-out drawings", False),
    ("variety", "variety, of the bare base's", False),
    ("identity", "likeness to held-out drawings", True),
)
"""Measure, title, and whether pictures shown stand across in place of passes."""
_COLORS: tuple[Color, ...] = (RED, AMBER, GREEN, BLUE, TEXT)
_WIDE, _HIGH, _EDGE, _TOP = 360, 250, 60, 64
_APART = 0.006
"""Of the width: curves that meet would hide each other's intervals."""
_Curves = Mapping[int, Sequence[tuple[float, Mean]]]


def draw_study(cells: Measured) -> Image.Image:
    """Three panels side by side; thin lines are the means' intervals."""
    counts = sorted({images for images, close, _ in cells if not close})
    colors = dict(zip(counts, _COLORS, strict=False))
    pen = Pen((len(_PANELS) * (_WIDE + _EDGE) + 20, _TOP + _HIGH + 62))
    x = 20.0
    for images, color in colors.items():
        x = pen.text((x, 28), f"{images} pictures", 15, color) + 22
    for number, (name, title, is_shown) in enumerate(_PANELS):
        left = _EDGE + number * (_WIDE + _EDGE)
        pen.text((left, _TOP - 8), title, 15, TEXT)
        _panel(pen, (left, _TOP, left + _WIDE, _TOP + _HIGH), _curves(cells, name, is_shown=is_shown), colors)
        across = "pictures shown in all" if is_shown else "passes over each picture"
        pen.text((left + _WIDE / 2, _TOP + _HIGH + 44), across, 13, QUIET, "ms")
    return pen.image


def _curves(cells: Measured, name: str, *, is_shown: bool) -> _Curves:
    curves: dict[int, list[tuple[float, Mean]]] = {}
    for (images, close, passes), cell in cells.items():
        mean = mean_of_setting(cell, name)
        if mean is not None and not close:
            curves.setdefault(images, []).append((passes * images if is_shown else passes, mean))
    return curves


def _panel(pen: Pen, box: Box, curves: _Curves, colors: Mapping[int, Color]) -> None:
    ends = [[(x, end) for x, mean in curve for end in _ends(mean)] for curve in curves.values()]
    axes = Axes.around(box, ends)
    if axes is None:
        return
    axes.draw(pen)
    for number, (images, curve) in enumerate(curves.items()):
        aside = number * _APART * axes.across[1]
        placed = [(x + aside, mean) for x, mean in curve]
        axes.curve(pen, [(x, mean.value) for x, mean in placed], colors[images])
        for x, mean in placed:
            axes.curve(pen, [(x, mean.value)], colors[images])
            axes.curve(pen, [(x, end) for end in _ends(mean)], colors[images], 1)


def _ends(mean: Mean) -> tuple[float, float]:
    """Of its interval, where there are three trainings or more; of two it says nothing."""
    return mean.interval if mean.interval is not None and mean.count > _TWO else (mean.value, mean.value)


_TWO = 2
