"""A measured value with its interval as a small bar: the value in figures, the interval beneath on a common scale."""

from ...images.pen import LINE, QUIET, RAISED, TEXT, Color, Pen
from ..intervals import Interval
from .measure_words import ends_of, words_of
from .report import Report

ROW = 38
"""Height of one value and its bar."""


def draw_measure(  # noqa: PLR0913 - a place, a scale, a value
    pen: Pen, at: tuple[int, int], width: int, report: Report, name: str, measured: Interval | None, color: Color
) -> None:
    """The value of a measure and its interval within `width` pixels, on the scale of all columns; a dash for None."""
    x, y = at
    pen.text((x, y + 18), words_of(name).value(measured), 17, color if measured else QUIET)
    pen.panel((x, y + 25, x + width, y + 29), RAISED, radius=2)
    if measured is None:
        return
    low, high = ends_of(report, name)
    left, middle, right = (x + _part(each, low, high) * width for each in (measured.low, measured.value, measured.high))
    if low < 0:
        zero = x + _part(0.0, low, high) * width
        pen.panel((zero, y + 23, zero + 1, y + 31), LINE, radius=0)
    pen.panel((left, y + 25, max(right, left + 3), y + 29), _quieter(color), radius=2)
    pen.panel((middle - 1, y + 22, middle + 2, y + 32), color, radius=1)


def draw_reference(pen: Pen, at: tuple[int, int], width: int, report: Report) -> None:
    """What real pictures reach, beside the columns' identity."""
    if report.reference is not None:
        sure = Interval(report.reference, report.reference, report.reference, 1)
        draw_measure(pen, at, width, report, "identity", sure, TEXT)


def _part(value: float, low: float, high: float) -> float:
    return min(max((value - low) / (high - low), 0.0), 1.0)


def _quieter(color: Color) -> Color:
    red, green, blue = (round(0.5 * part + 0.5 * ground) for part, ground in zip(color, RAISED, strict=True))
    return red, green, blue
