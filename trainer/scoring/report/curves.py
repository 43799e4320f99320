"""Small line charts as SVG text: a score by step with its interval."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

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


def curve(title: str, points: Sequence[Point], levels: Sequence[Level], chosen: int | None) -> str:
    """An `<svg>` with the points joined, their intervals shaded and the chosen step marked; "" without points."""
    if not points:
        return ""
    axes = _Axes.around(points, levels)
    marked = [point for point in points if point.step == chosen]
    parts = [
        f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{escape(title)} by step">',
        *_scale(axes),
        *(_level(axes, level) for level in levels),
        _band(axes, points),
        f'<polyline class="line" points="{" ".join(_at(axes, p.step, p.value) for p in points)}"/>',
        *(_dot(axes, point, "dot") for point in points),
        *(_dot(axes, point, "dot chosen") for point in marked),
        *(_tick(axes, point.step) for point in _spaced(points)),
        "</svg>",
    ]
    return f"<figure><figcaption>{escape(title)}</figcaption>{''.join(parts)}</figure>"


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


def _at(axes: _Axes, step: int, value: float) -> str:
    return f"{axes.x(step):.1f},{axes.y(value):.1f}"


def _scale(axes: _Axes) -> list[str]:
    values = _round_values(axes.low, axes.high)
    lines = [
        f'<line class="grid" x1="{_LEFT}" x2="{_RIGHT}" y1="{axes.y(v):.1f}" y2="{axes.y(v):.1f}"/>' for v in values
    ]
    words = [f'<text class="end" x="{_LEFT - 6}" y="{axes.y(v) + 4:.1f}">{v:.10g}</text>' for v in values]
    return [*lines, *words]


def _round_values(low: float, high: float) -> list[float]:
    """Two to five multiples of 1, 2 or 5 times a power of ten between `low` and `high`."""
    power = 10 ** math.floor(math.log10(high - low))
    pace = next(power * part for part in (0.1, 0.2, 0.5, 1, 2, 5) if (high - low) / (power * part) <= 5)
    return [round(number * pace, 6) for number in range(math.ceil(low / pace), math.floor(high / pace) + 1)]


def _level(axes: _Axes, level: Level) -> str:
    y = axes.y(level.value)
    line = f'<line class="level" x1="{_LEFT}" x2="{_RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'
    return f'{line}<text class="end" x="{_RIGHT}" y="{y - 4:.1f}">{escape(level.name)}</text>'


def _band(axes: _Axes, points: Sequence[Point]) -> str:
    above = [_at(axes, point.step, point.high) for point in points]
    below = [_at(axes, point.step, point.low) for point in reversed(points)]
    return f'<polygon class="band" points="{" ".join([*above, *below])}"/>'


def _dot(axes: _Axes, point: Point, kind: str) -> str:
    radius = 5.5 if "chosen" in kind else 3
    said = f"Step {point.step}: {point.value:.2f} ({point.low:.2f} to {point.high:.2f})"
    return (
        f'<circle class="{kind}" cx="{axes.x(point.step):.1f}" cy="{axes.y(point.value):.1f}" r="{radius}">'
        f"<title>{said}</title></circle>"
    )


def _tick(axes: _Axes, step: int) -> str:
    return f'<text class="middle" x="{axes.x(step):.1f}" y="{_BOTTOM + 20}">{step}</text>'


def _spaced(points: Sequence[Point]) -> Sequence[Point]:
    """At most seven points, so that step numbers do not touch."""
    return points[:: -(-len(points) // 7)]
