"""Small line charts: a score by step or strength with its interval, laid out for chart.svg.j2."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

_WIDTH, _HEIGHT = 380, 190
_LEFT, _RIGHT, _TOP, _BOTTOM = 40, 366, 16, 158


@dataclass(frozen=True)
class Point:
    """A value at a step or strength and the interval around it; those of one `series` are joined."""

    at: float
    value: float
    low: float
    high: float
    series: str = ""


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
    """A number under the chart."""

    x: str
    words: str


@dataclass(frozen=True)
class Series:
    """A line and the band around it, points as SVG writes them."""

    band: str
    line: str


@dataclass(frozen=True, kw_only=True)
class Chart:
    """Everything in pixels; `axis` is what lies along the bottom."""

    title: str
    axis: str
    scale: list[Mark]
    levels: list[Mark]
    series: list[Series]
    dots: list[Dot]
    ticks: list[Tick]
    width: int = _WIDTH
    height: int = _HEIGHT
    left: int = _LEFT
    right: int = _RIGHT
    foot: int = _BOTTOM + 20


def chart(
    title: str, points: Sequence[Point], levels: Sequence[Level], chosen: float | None, axis: str = "Step"
) -> Chart | None:
    """The points joined, their intervals shaded and the chosen place marked; None without points."""
    if not points:
        return None
    axes = _Axes.around(points, levels)
    marked = [point for point in points if point.at == chosen]
    return Chart(
        title=title,
        axis=axis,
        scale=[Mark(axes.y(value), f"{value:.10g}") for value in _round_values(axes.low, axes.high)],
        levels=[Mark(axes.y(level.value), level.name) for level in levels],
        series=[
            _series(axes, [point for point in points if point.series == name])
            for name in dict.fromkeys(point.series for point in points)
        ],
        dots=[
            *(_dot(axes, point, "dot", 3, axis) for point in points),
            *(_dot(axes, point, "dot chosen", 5.5, axis) for point in marked),
        ],
        ticks=[Tick(f"{axes.x(at):.1f}", f"{at:g}") for at in _spaced(sorted({point.at for point in points}))],
    )


@dataclass(frozen=True)
class _Axes:
    first: float
    last: float
    low: float
    high: float

    @classmethod
    def around(cls, points: Sequence[Point], levels: Sequence[Level]) -> "_Axes":
        values = [bound for point in points for bound in (point.low, point.high)] + [level.value for level in levels]
        low, high, places = min(values), max(values), [point.at for point in points]
        room = max(high - low, 0.05) * 0.08
        return cls(min(places), max(places), low - room, high + room)

    def x(self, at: float) -> float:
        if self.first == self.last:
            return (_LEFT + _RIGHT) / 2
        return _LEFT + 10 + (at - self.first) / (self.last - self.first) * (_RIGHT - _LEFT - 20)

    def y(self, value: float) -> float:
        return _BOTTOM - (value - self.low) / (self.high - self.low) * (_BOTTOM - _TOP)

    def place(self, at: float, value: float) -> str:
        return f"{self.x(at):.1f},{self.y(value):.1f}"


def _series(axes: _Axes, points: Sequence[Point]) -> Series:
    placed = sorted(points, key=lambda point: point.at)
    above = [axes.place(point.at, point.high) for point in placed]
    below = [axes.place(point.at, point.low) for point in reversed(placed)]
    return Series(" ".join([*above, *below]), " ".join(axes.place(point.at, point.value) for point in placed))


def _dot(axes: _Axes, point: Point, kind: str, radius: float, axis: str) -> Dot:  # noqa: PLR0913
    name = f"{axis} {point.at:g}{f', {point.series}' if point.series else ''}"
    words = f"{name}: {point.value:.2f} ({point.low:.2f} to {point.high:.2f})"
    return Dot(f"{axes.x(point.at):.1f}", f"{axes.y(point.value):.1f}", kind, radius, words)


def _round_values(low: float, high: float) -> list[float]:
    """Two to five multiples of 1, 2 or 5 times a power of ten between `low` and `high`."""
    power = 10 ** math.floor(math.log10(high - low))
    pace = next(power * part for part in (0.1, 0.2, 0.5, 1, 2, 5) if (high - low) / (power * part) <= 5)
    return [round(number * pace, 6) for number in range(math.ceil(low / pace), math.floor(high / pace) + 1)]


def _spaced(places: Sequence[float]) -> Sequence[float]:
    """At most seven, so that numbers do not touch."""
    return places[:: -(-len(places) // 7)]
