"""A line chart on a sheet: axes with round numbers, and curves between them."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, floor, log10

from .pen import LINE, QUIET, RAISED, Box, Color, Pen

Points = Sequence[tuple[float, float]]
_TICK, _ROOM = 13, 0.06


@dataclass(frozen=True, kw_only=True)
class Axes:
    """Where values lie within `box` (left, top, right, bottom, pixels): `across` from left to right, `up` upwards."""

    box: Box
    across: tuple[float, float]
    up: tuple[float, float]

    @classmethod
    def around(cls, box: Box, curves: Sequence[Points]) -> "Axes | None":
        """With room for all curves, from 0 on across; None where there is no point to show."""
        points = [point for curve in curves for point in curve]
        if not points:
            return None
        low, high = min(y for _, y in points), max(y for _, y in points)
        room = (high - low) * _ROOM or abs(high) * _ROOM or 1.0
        return cls(box=box, across=(0.0, max(x for x, _ in points) or 1.0), up=(low - room, high + room))

    def at(self, x: float, y: float) -> tuple[float, float]:
        left, top, right, bottom = self.box
        share = (x - self.across[0]) / (self.across[1] - self.across[0])
        return left + share * (right - left), bottom - (y - self.up[0]) / (self.up[1] - self.up[0]) * (bottom - top)

    def draw(self, pen: Pen) -> None:
        """The ground, lines across at round values, and their numbers left of it and beneath."""
        left, _, right, bottom = self.box
        pen.panel(self.box, RAISED)
        for value in round_values(*self.up, most=4):
            y = self.at(0, value)[1]
            pen.stroke([(left, y), (right, y)], LINE, 1)
            pen.text((left - 8, y + 4), f"{value:g}", _TICK, QUIET, "rs")
        for value in round_values(*self.across, most=8):
            pen.text((self.at(value, 0)[0], bottom + 18), f"{value:g}", _TICK, QUIET, "ms")

    def curve(self, pen: Pen, points: Points, color: Color, width: float = 2) -> None:
        """The points joined in their order; one alone is a dot."""
        placed = [self.at(x, y) for x, y in points]
        pen.stroke(placed, color, width)
        for x, y in placed if len(placed) < 2 else ():
            pen.panel((x - 3, y - 3, x + 3, y + 3), color, radius=3)


def round_values(low: float, high: float, most: int) -> list[float]:
    """At most about so many numbers from low to high, a step of 1, 2 or 5 times a power of ten apart."""
    span = high - low
    if span <= 0:
        return [low]
    unit = 10.0 ** floor(log10(span / most))
    step = next(unit * times for times in (1, 2, 5, 10, 20) if span / (unit * times) <= most)
    first, last = ceil(low / step - 1e-9), floor(high / step + 1e-9)
    return [round(number * step, 12) for number in range(first, last + 1)]
