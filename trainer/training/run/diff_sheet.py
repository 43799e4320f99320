"""What differs between two runs, as a picture: both runs' curves in the same charts, and a table beneath."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from PIL import Image

from ...errors import few
from ...images.axes import Axes
from ...images.pen import AMBER, BLUE, GROUND, QUIET, RAISED, TEXT, Color, Pen, fitted
from ...images.sheet import Line, draw_right, draw_swatches
from .diff import Changed, RunDiff
from .diff_words import result_rows, shown
from .past_run import Curve, thinned

_WIDTH, _MARGIN, _LEFT = 1280, 40, 60
_CHART, _BETWEEN, _HEAD = 220, 64, 96
_ROW, _SIZE = 26, 15
_COLUMNS = (_MARGIN + 12, 500, 890)
_MOST = 60
_COLORS: tuple[Color, Color] = (BLUE, AMBER)
_PLAIN = str.maketrans({"→": ">", "–": "-"})


@dataclass(frozen=True)
class _Row:
    """Of the table; one without values is a headline."""

    name: str
    values: tuple[str, str] | None = None


def draw_diff(diff: RunDiff) -> Image.Image:
    """RGB, 1280 px wide: likeness of samples (or held-out loss), training loss, and what differs."""
    charts = _charts(diff)
    rows = [*_rows(diff)]
    shown_rows = [*rows[:_MOST], *([_Row(f"and {len(rows) - _MOST} more")] if len(rows) > _MOST else [])]
    top = _HEAD + len(charts) * (_CHART + _BETWEEN)
    pen = Pen((_WIDTH, top + _ROW * len(shown_rows) + _MARGIN))
    pen.text((_MARGIN, _MARGIN + 18), "What differs between two runs", 24)
    names = [fitted(name, _SIZE, 360) for name in diff.names]
    draw_swatches(pen, (_MARGIN, _MARGIN + 46), list(zip(names, _COLORS, strict=True)))
    for number, (title, curves) in enumerate(charts):
        _chart(pen, _HEAD + 24 + number * (_CHART + _BETWEEN), title, curves)
    for number, row in enumerate(shown_rows):
        _row(pen, top + _ROW * number, row, number)
    return pen.image


def _charts(diff: RunDiff) -> list[tuple[str, tuple[Curve, Curve]]]:
    """Titles and the curves of both, where at least one run has any."""
    first, second = diff.results
    scale = ", by two readers: the curves do not compare" if diff.is_on_two_scales else ""
    made = [
        (f"Likeness of the samples{scale}", (first.likeness, second.likeness)),
        ("Held-out loss", (first.held_out, second.held_out)),
        ("Training loss: not quality", (thinned(first.loss), thinned(second.loss))),
    ]
    return [(title, curves) for title, curves in made if any(curves)]


def _chart(pen: Pen, top: int, title: str, curves: tuple[Curve, Curve]) -> None:
    axes = Axes.around((_MARGIN + _LEFT, top + 14, _WIDTH - _MARGIN, top + 14 + _CHART - 30), curves)
    pen.text((_MARGIN, top), title, _SIZE)
    draw_right(pen, (_WIDTH - _MARGIN, top), Line("step", 13))
    if axes is None:
        return
    axes.draw(pen)
    for curve, color in zip(curves, _COLORS, strict=True):
        axes.curve(pen, curve, color)


def _rows(diff: RunDiff) -> Iterator[_Row]:
    yield _Row(f"Settings: {len(diff.settings)} differ, {diff.same_settings} are the same")
    yield from map(_changed, diff.settings)
    yield _Row("Base: the same" if not diff.base else "Base")
    yield from map(_changed, diff.base)
    dataset = diff.dataset
    yield _Row("Dataset: the same" if dataset.is_same else f"Dataset: {dataset.in_both} pictures in both")
    if dataset.only_first or dataset.only_second:
        yield _Row("only in one", (_names(dataset.only_first), _names(dataset.only_second)))
    yield from map(_changed, dataset.changed)
    yield _Row("Result")
    yield from (_Row(name, (first, second)) for name, first, second in result_rows(diff))


def _names(names: Sequence[str]) -> str:
    return f"{len(names)}: {few(names, 3)}" if names else "none"


def _changed(each: Changed) -> _Row:
    usual = [
        " (default)" if each.usual is not None and value == each.usual else "" for value in (each.first, each.second)
    ]
    return _Row(each.name, (shown(each.first) + usual[0], shown(each.second) + usual[1]))


def _row(pen: Pen, top: int, row: _Row, number: int) -> None:
    base = top + 18
    if row.values is None:
        pen.text((_MARGIN, base), row.name, _SIZE + 1, TEXT)
        return
    pen.panel((_MARGIN, top, _WIDTH - _MARGIN, top + _ROW - 2), RAISED if number % 2 else GROUND, radius=4)
    words = (row.name, *row.values)
    widths = (_COLUMNS[1] - _COLUMNS[0] - 16, _COLUMNS[2] - _COLUMNS[1] - 16, _WIDTH - _MARGIN - _COLUMNS[2] - 12)
    for text, left, width, color in zip(words, _COLUMNS, widths, (QUIET, *_COLORS), strict=True):
        pen.text((left, base), fitted(text.translate(_PLAIN), _SIZE, width), _SIZE, color)
