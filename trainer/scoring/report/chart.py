"""Small line charts: a score by step with its interval, laid out for chart.svg.j2."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

_WIDTH, _HEIGHT = 380, 190
_LEFT, _RIGHT, _TOP, _BOTTOM = 40, 366, 16, 158


@dataclass(frozen=True)
class Point:
    """A value at a step and the interval around it."""

    step: int
    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Level:
    """A dashed line across the chart."""

    name: str
    value: float


@dataclass(frozen=True)
class Mark:
    """A line across at height `y` with its words; `over` and `under` are where words stand by it."""

    height: float
    words: str

    @property
    def y(self) -> str:
        return f"{self.height:.1f}"

    @property
    def over(self) -> str:
        return f"{self.height - 4:.1f}"

    @property
    def under(self) -> str:
        return f"{self.height + 4:.1f}"


@dataclass(frozen=True)
class Dot:
    """A point of the line; `kind` is its class on the page."""

    x: str
    y: str
    kind: str
    radius: float
    words: str


@dataclass(frozen=True)
class Tick:
    """A step's number under the chart."""

    x: str
    step: int


@dataclass(frozen=True, kw_only=True)
class Chart:
    """Everything in pixels. `band` and `line` are points as SVG writes them."""

    title: str
    scale: list[Mark]
    levels: list[Mark]
    band: str
    line: str
    dots: list[Dot]
    ticks: list[Tick]
    width: int = _WIDTH
    height: int = _HEIGHT
    left: int = _LEFT
    right: int = _RIGHT
    foot: int = _BOTTOM + 20


def chart(title: str, points: Sequence[Point], levels: Sequence[Level], chosen: int | None) -> Chart | None:
    """The points joined, their intervals shaded and the chosen step marked; None without points."""
    if not points:
        return None
    axes = _Axes.around(points, levels)
    marked = [point for point in points if point.step == chosen]
    above = [axes.at(point.step, point.high) for point in points]
    below = [axes.at(point.step, point.low) for point in reversed(points)]
    return Chart(
        title=title,
        scale=[Mark(axes.y(value), f"{value:.10g}") for value in _round_values(axes.low, axes.high)],
        levels=[Mark(axes.y(level.value), level.name) for level in levels],
        band=" ".join([*above, *below]),
        line=" ".join(axes.at(point.step, point.value) for point in points),
        dots=[
            *(_dot(axes, point, "dot", 3) for point in points),
            *(_dot(axes, point, "dot chosen", 5.5) for point in marked),
        ],
        ticks=[Tick(f"{axes.x(point.step):.1f}", point.step) for point in _spaced(points)],
    )


@dataclass(frozen=True)
class _Axes:
    first: int
    last: int
    low: float
    high: float

    @classmethod
    def around(cls, points: Sequence[Point], levels: Sequence[Level]) -> "_Axes":
        values = [bound for point in points for bound in (point.low, point.high)] + [level.value for level in levels]
        low, high = min(values), max(values)
        room = max(high - low, 0.05) * 0.08
        return cls(points[0].step, points[-1].step, low - room, high + room)

    def x(self, step: int) -> float:
        if self.first == self.last:
            return (_LEFT + _RIGHT) / 2
        return _LEFT + 10 + (step - self.first) / (self.last - self.first) * (_RIGHT - _LEFT - 20)

    def y(self, value: float) -> float:
        return _BOTTOM - (value - self.low) / (self.high - self.low) * (_BOTTOM - _TOP)

    def at(self, step: int, value: float) -> str:
        return f"{self.x(step):.1f},{self.y(value):.1f}"


def _dot(axes: _Axes, point: Point, kind: str, radius: float) -> Dot:
    words = f"Step {point.step}: {point.value:.2f} ({point.low:.2f} to {point.high:.2f})"
    return Dot(f"{axes.x(point.step):.1f}", f"{axes.y(point.value):.1f}", kind, radius, words)


def _round_values(low: float, high: float) -> list[float]:
    """Two to five multiples of 1, 2 or 5 times a power of ten between `low` and `high`."""
    power = 10 ** math.floor(math.log10(high - low))
    pace = next(power * part for part in (0.1, 0.2, 0.5, 1, 2, 5) if (high - low) / (power * part) <= 5)
    return [round(number * pace, 6) for number in range(math.ceil(low / pace), math.floor(high / pace) + 1)]


def _spaced(points: Sequence[Point]) -> Sequence[Point]:
    """At most seven points, so that step numbers do not touch."""
    return points[:: -(-len(points) // 7)]
