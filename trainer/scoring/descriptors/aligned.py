"""Where one picture lies in another: whole, mirrored, or as a crop of it, found on their maps of edges."""

from dataclasses import dataclass

import numpy as np

from .edges import GRID, pooling, stretches
from .view import SIDE, SPANS, View

Span = tuple[float, float]
"""From one cell of a map to another, along one side."""

_WHOLE: Span = (0.0, float(GRID))
LEAST = 0.08
"""Part of the cells that two views must share for a likeness of them to count."""
_REFINED, _LAID = 12, 24
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
        """Planes (..., GRID, GRID) of both laid on each other, (..., _LAID, _LAID); the inner's mirrored already."""
        rows, columns = stretches(_LAID, GRID, *self.rows), stretches(_LAID, GRID, *self.columns)
        pool = pooling(_LAID, GRID)
        return rows @ outer @ columns.T, pool @ inner @ pool.T

    def both(self, one: np.ndarray, other: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The same for planes (GRID, GRID) of the first and second of the two, as they are."""
        outer, inner = (other, one) if self.is_swapped else (one, other)
        return self.laid(outer, inner[:, ::-1] if self.is_mirrored else inner)


def place(one: View, other: View) -> tuple[float, Place]:
    """The likeliest place of either in the other, and the cosine of their edges there, as far as windows tell."""
    found: list[tuple[float, Place]] = []
    for is_swapped in (False, True):
        outer, inner = (other, one) if is_swapped else (one, other)
        for is_mirrored in (False, True):
            seen = inner.mirrored if is_mirrored else inner
            likeness = _likeness(outer, seen)
            best = int(likeness.argmax())
            down, across = divmod(best, len(SPANS))
            at = Place(outer, seen, SPANS[down], SPANS[across], is_mirrored, is_swapped)
            found.append((float(likeness[best]), at))
    return max(found, key=lambda each: each[0])


def refined(start: Place) -> Place:
    """With the ends of the window moved to where the likeness is greatest."""
    spans, pool = [start.rows, start.columns], pooling(_REFINED, GRID)
    inner = pool @ start.inner.seen @ pool.T, pool @ start.inner.cells @ pool.T
    outer = start.outer.seen, start.outer.cells
    for reach in _REACHES:
        for axis in (0, 1):
            turned = [tuple(each.swapaxes(-1, -2) if axis else each for each in pair) for pair in (outer, inner)]
            spans[axis] = _moved(turned[0], turned[1], spans[axis], spans[1 - axis], reach)
    return Place(start.outer, start.inner, spans[0], spans[1], start.is_mirrored, start.is_swapped)


def _likeness(outer: View, inner: View) -> np.ndarray:
    """Cosines of every window of `outer` to the whole of `inner`, (n,); -1 where they share too little."""
    window, whole = outer.windows, inner.whole
    shared = window.cells @ whole.cells[0]
    length = np.sqrt(np.maximum((window.energy @ whole.cells[0]) * (window.cells @ whole.energy[0]), 1e-12))
    return np.where(shared >= LEAST * SIDE**2, window.edges @ whole.edges[0] / length, -1.0)


def _moved(outer: tuple[np.ndarray, ...], inner: tuple[np.ndarray, ...], span: Span, fixed: Span, reach: float) -> Span:
    """The rows near `span` of the outer's edges and cells that are most like the inner's, at these columns."""
    low, high = span
    tries = [(max(low + reach * down, 0.0), min(high + reach * up, float(GRID))) for down, up in _NUDGES]
    columns = stretches(_REFINED, GRID, *fixed)
    rows = np.concatenate([stretches(_REFINED, GRID, *each) for each in tries])
    edges, cells = ((rows @ (planes @ columns.T)) for planes in outer)
    edges = edges.reshape(-1, len(tries), _REFINED, _REFINED)
    cells = cells.reshape(len(tries), _REFINED, _REFINED)
    shared = np.einsum("btij,bij->t", edges, inner[0])
    mine = ((edges**2).sum(axis=0) * inner[1]).sum(axis=(1, 2))
    its = (cells * (inner[0] ** 2).sum(axis=0)).sum(axis=(1, 2))
    return tries[int((shared / np.sqrt(np.maximum(mine * its, 1e-12))).argmax())]
