"""A picture's map of edges, cut into every window that a copy of it might show."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from .edges import BINS, GRID, EdgeMap, pooled, pooling, stretches

SIDE = 8
"""Cells along both sides of a window while its like is looked for."""
_SIDES = (48, 42, 36, 30)
"""Sides of windows in cells of the map, down to 62 % of the picture."""
REFINED, LAID = 12, 24
"""Cells along both sides while a window's ends are moved, and of two pictures that are laid on each other."""
_STEP = 3
SPANS = tuple((float(start), float(start + side)) for side in _SIDES for start in range(0, GRID - side + 1, _STEP))
"""Of a window's rows, and of its columns: all pairs of them are windows. The first is the whole."""
_ALL = np.concatenate([stretches(SIDE, GRID, *span) for span in SPANS])


@dataclass(frozen=True, eq=False)
class Cut:
    """Windows: edges (n, d), their energy and the part of them looked at, by cell, (n, SIDE²)."""

    edges: np.ndarray
    energy: np.ndarray
    cells: np.ndarray


@dataclass(frozen=True, eq=False)
class View:
    """A map and the cells of it, (GRID, GRID) in 0..1, that are looked at."""

    map: EdgeMap
    cells: np.ndarray

    @cached_property
    def seen(self) -> np.ndarray:
        """Edges where it is looked at, (BINS, GRID, GRID)."""
        return self.map.edges * self.cells

    @cached_property
    def mirrored(self) -> "View":
        return View(self.map.mirrored(), self.cells[:, ::-1])

    @cached_property
    def windows(self) -> Cut:
        return _cut(self.seen, self.cells, _ALL, len(SPANS))

    @cached_property
    def whole(self) -> Cut:
        """The one window that is all of it."""
        return _cut(self.seen, self.cells, pooling(SIDE, GRID), 1)

    @cached_property
    def seen_and_cells(self) -> np.ndarray:
        """(BINS + 1, GRID, GRID)."""
        return np.concatenate([self.seen, self.cells[None]])

    @cached_property
    def pooled_seen(self) -> np.ndarray:
        """The same, (BINS + 1, REFINED, REFINED)."""
        return pooled(self.seen_and_cells, REFINED)

    @cached_property
    def planes(self) -> np.ndarray:
        """Edges, colours and cells, (BINS + 4, GRID, GRID)."""
        return np.concatenate([self.map.edges, self.map.colours, self.cells[None]])

    @cached_property
    def laid(self) -> np.ndarray:
        """The planes as they lie on another whole picture's, (BINS + 4, LAID, LAID)."""
        return pooled(self.planes, LAID)


def _cut(seen: np.ndarray, cells: np.ndarray, pool: np.ndarray, spans: int) -> Cut:
    planes = np.concatenate([seen, cells[None]])
    cut = pool @ (planes.reshape(-1, GRID) @ pool.T).reshape(BINS + 1, GRID, -1)
    energy = (cut[:BINS] ** 2).sum(axis=0)
    return Cut(*(_by_window(each, spans) for each in (cut[:BINS], energy[None], cut[BINS:])))


def _by_window(planes: np.ndarray, spans: int) -> np.ndarray:
    """Planes (n, spans * SIDE, spans * SIDE) a window a row, (spans², n * SIDE²)."""
    cut = planes.reshape(len(planes), spans, SIDE, spans, SIDE).transpose(1, 3, 0, 2, 4)
    return cut.reshape(spans**2, -1)
