"""Where one picture lies in another: whole, mirrored, or as a crop of it, found on their maps of edges."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from .edges import BINS, GRID, pooled, stretches
from .view import LAID, REFINED, SIDE, SPANS, Cut, View

Span = tuple[float, float]
"""From one cell of a map to another, along one side."""

_WHOLE: Span = (0.0, float(GRID))
LEAST = 0.08
"""Part of the cells that two views must share for a likeness of them to count."""
_NUDGES = tuple((low, high) for low in (-1.0, -0.5, 0.0, 0.5, 1.0) for high in (-1.0, -0.5, 0.0, 0.5, 1.0))
_REACHES = (2.0, 2.0, 1.0)
"""How far the ends of a window are moved, in cells, round by round."""


@dataclass(frozen=True, eq=False)
class Place:
    """`inner` as a whole is like the window `rows` × `columns` of `outer`, in cells of its map."""

    outer: View
    inner: View
    rows: Span = _WHOLE
    columns: Span = _WHOLE
    is_mirrored: bool = False
    is_swapped: bool = False
    """Whether the window is of the second of the two."""

    def laid(self, outer: np.ndarray, inner: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Planes (..., GRID, GRID) of both laid on each other, (..., LAID, LAID); the inner's mirrored already."""
        rows, columns = stretches(LAID, GRID, *self.rows), stretches(LAID, GRID, *self.columns)
        return rows @ outer @ columns.T, pooled(inner, LAID)

    @property
    def planes(self) -> tuple[np.ndarray, np.ndarray]:
        """Edges, colours and cells of both laid on each other, (BINS + 4, LAID, LAID)."""
        rows, columns = stretches(LAID, GRID, *self.rows), stretches(LAID, GRID, *self.columns)
        return rows @ self.outer.planes @ columns.T, self.inner.laid

    def both(self, one: np.ndarray, other: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The same for planes (GRID, GRID) of the first and second of the two, as they are."""
        outer, inner = (other, one) if self.is_swapped else (one, other)
        return self.laid(outer, inner[:, ::-1] if self.is_mirrored else inner)


class Wall:
    """Views hung side by side, so that another picture is looked for in all of them at once."""

    def __init__(self, views: Sequence[View]) -> None:
        self.views = views
        self.laid = np.stack([each.laid for each in views])
        self._windows = _joined([each.windows for each in views])
        self._wholes = _joined([each.whole for each in (*views, *(view.mirrored for view in views))])

    def places(self, one: View) -> list[tuple[float, Place]]:
        """What `place` says of `one` and each of the views."""
        count, mirrored = len(self.views), one.mirrored
        out = _likeness(one.windows, self._wholes).reshape(-1, 2, count).transpose(2, 1, 0)
        both = _likeness(self._windows, _joined([one.whole, mirrored.whole]))
        into = both.reshape(count, -1, 2).transpose(0, 2, 1)
        likeness = np.concatenate([out, into], axis=1)
        windows = likeness.argmax(axis=2)
        found: list[tuple[float, Place]] = []
        for number, view in enumerate(self.views):
            best = likeness[number, np.arange(4), windows[number]]
            # Whole on whole is as like either way round but for rounding: the first counts.
            how = int(best.round(4).argmax())
            is_swapped, is_mirrored = divmod(how, 2)
            outer, inner = (view, mirrored if is_mirrored else one) if is_swapped else (one, view)
            inner = view.mirrored if is_mirrored and not is_swapped else inner
            down, across = divmod(int(windows[number, how]), len(SPANS))
            at = Place(outer, inner, SPANS[down], SPANS[across], bool(is_mirrored), bool(is_swapped))
            found.append((float(best[how]), at))
        return found


def place(one: View, other: View) -> tuple[float, Place]:
    """The likeliest place of either in the other, and the cosine of their edges there, as far as windows tell."""
    return Wall([other]).places(one)[0]


def refined(start: Place) -> Place:
    """With the ends of the window moved to where the likeness is greatest."""
    spans = [start.rows, start.columns]
    inner, outer = start.inner.pooled_seen, start.outer.seen_and_cells
    settled: tuple[Span, Span, float] | None = None
    for reach in _REACHES:
        before = spans[0], spans[1], reach
        if before == settled:
            continue
        for axis in (0, 1):
            turned = [each.swapaxes(-1, -2) if axis else each for each in (outer, inner)]
            spans[axis] = _moved(turned[0], turned[1], spans[axis], spans[1 - axis], reach)
        settled = before if tuple(spans) == before[:2] else None
    return Place(start.outer, start.inner, spans[0], spans[1], start.is_mirrored, start.is_swapped)


def _joined(cuts: Sequence[Cut]) -> Cut:
    edges, energy, cells = zip(*((each.edges, each.energy, each.cells) for each in cuts), strict=True)
    return Cut(np.concatenate(edges), np.concatenate(energy), np.concatenate(cells))


def _likeness(windows: Cut, wholes: Cut) -> np.ndarray:
    """Cosines of all windows to all wholes, (windows, wholes); -1 where they share too little."""
    shared = windows.cells @ wholes.cells.T
    length = np.sqrt(np.maximum((windows.energy @ wholes.cells.T) * (windows.cells @ wholes.energy.T), 1e-12))
    return np.where(shared >= LEAST * SIDE**2, windows.edges @ wholes.edges.T / length, -1.0)


@lru_cache(maxsize=2048)
def _tried(span: Span, reach: float) -> tuple[list[Span], np.ndarray]:
    """Spans near one, and the means over equal stretches of each, (tries * REFINED, GRID); read only."""
    low, high = span
    tries = [(max(low + reach * down, 0.0), min(high + reach * up, float(GRID))) for down, up in _NUDGES]
    return tries, np.concatenate([stretches(REFINED, GRID, *each) for each in tries])


def _moved(outer: np.ndarray, inner: np.ndarray, span: Span, fixed: Span, reach: float) -> Span:
    """The rows near `span` of the outer's edges and cells that are most like the inner's, at these columns."""
    tries, rows = _tried(span, reach)
    planes = rows @ (outer @ stretches(REFINED, GRID, *fixed).T)
    planes = planes.reshape(BINS + 1, len(tries), -1)
    edges, cells = planes[:BINS], planes[BINS]
    flat = inner.reshape(BINS + 1, -1)
    shared = np.matmul(edges, flat[:BINS, :, None]).sum(axis=(0, 2))
    mine = np.einsum("bti,bti->ti", edges, edges) @ flat[BINS]
    its = cells @ (flat[:BINS] ** 2).sum(axis=0)
    return tries[int((shared / np.sqrt(np.maximum(mine * its, 1e-12))).argmax())]
