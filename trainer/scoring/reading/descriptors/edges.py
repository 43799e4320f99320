"""A picture as a small map of edges and colours, which light, recompression and slight recolouring hardly change.

Histograms of oriented gradients over a grid (Dalal and Triggs 2005), each cell held against the contrast around it.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from PIL import Image

from ....faces.face import Box

GRID = 48
"""Cells along both sides, whatever the picture's shape: a crop of another shape is a window of another shape."""
BINS = 8
"""Directions of an edge, dark to bright told from bright to dark."""
_PIXELS = 192**2
"""About so many pixels are looked at: what is finer, diffusion draws anew each time."""
_AROUND = 3
_FLOOR = 0.02
"""Contrast below which an edge is noise; of black to white."""
_FULL = 127


@dataclass(frozen=True, eq=False)
class EdgeMap:
    """Edges (BINS, GRID, GRID), about unit length a cell where there are any; colours (3, GRID, GRID) in 0..1."""

    edges: np.ndarray
    colours: np.ndarray

    def packed(self) -> np.ndarray:
        """(BINS + 3, GRID, GRID) whole numbers of a byte: 25 kB a picture."""
        return np.rint(np.concatenate([self.edges, self.colours]).clip(-1, 1) * _FULL).astype(np.int8)

    @classmethod
    def unpacked(cls, packed: np.ndarray) -> "EdgeMap":
        planes = packed.astype(np.float32) / _FULL
        return cls(planes[:BINS], planes[BINS : BINS + 3])

    def mirrored(self) -> "EdgeMap":
        turned = [(BINS // 2 - index) % BINS for index in range(BINS)]
        return EdgeMap(self.edges[turned, :, ::-1], self.colours[:, :, ::-1])


def edge_map(image: Image.Image) -> EdgeMap:
    """Of a picture of any size."""
    scale = (_PIXELS / (image.width * image.height)) ** 0.5
    width, height = (max(GRID, round(side * scale)) for side in image.size)
    resample = Image.Resampling.BOX if scale < 1 else Image.Resampling.BILINEAR
    pixels = np.asarray(image.convert("RGB").resize((width, height), resample), np.float32) / 255
    down, across = pooling(GRID, height), pooling(GRID, width)
    light = (pixels.reshape(-1, 3) @ np.array([0.299, 0.587, 0.114], np.float32)).reshape(height, width)
    cells = down @ (_directed(light).reshape(-1, width) @ across.T).reshape(BINS, height, GRID)
    energy = (cells**2).sum(axis=0)
    cells = cells / (np.sqrt(_smoothed(energy)) + _FLOOR)
    return EdgeMap(cells - cells.mean(axis=0), down @ pixels.transpose(2, 0, 1) @ across.T)


def around_face(face: Box, size: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """Cells (GRID, GRID) of the face itself, and those that neither it, its hair nor the body below it may cover."""
    left, top, right, bottom = face
    wide, tall = right - left, bottom - top
    rows = ((np.arange(GRID) + 0.5) * size[1] / GRID)[:, None]
    columns = ((np.arange(GRID) + 0.5) * size[0] / GRID)[None]
    middle = (left + right) / 2
    inside = (rows > top) & (rows < bottom) & (columns > left) & (columns < right)
    head = (rows > top - 0.45 * tall) & (rows < bottom + 0.3 * tall) & (abs(columns - middle) < 0.7 * wide)
    body = (rows > bottom) & (abs(columns - middle) < 1.2 * wide)
    return inside, ~(head | body)


@lru_cache(maxsize=64)
def pooling(count: int, cells: int) -> np.ndarray:
    """(count, cells): the mean over each of `count` equal stretches of all cells."""
    return stretches(count, cells, 0.0, float(cells))


def pooled(planes: np.ndarray, count: int) -> np.ndarray:
    """The means of `count` × `count` equal parts of planes (n, side, side)."""
    pool = pooling(count, planes.shape[-1])
    return pool @ planes @ pool.T


@lru_cache(maxsize=4096)
def stretches(count: int, cells: int, start: float, end: float) -> np.ndarray:
    """(count, cells): the mean over each of `count` equal stretches from `start` to `end`, in cells; read only."""
    edges, cell = np.linspace(start, end, count + 1)[:, None], np.arange(cells)
    shared = np.minimum(edges[1:], cell + 1) - np.maximum(edges[:-1], cell)
    weights = shared.clip(0)
    return (weights / np.maximum(weights.sum(axis=1, keepdims=True), 1e-9)).astype(np.float32)


def _directed(light: np.ndarray) -> np.ndarray:
    """Strength of the edges of each direction, (BINS, height, width); a direction between two counts for both."""
    padded = np.pad(light, 1, mode="edge")
    soft = (padded[:-2] + 2 * padded[1:-1] + padded[2:]) / 4
    soft = (soft[:, :-2] + 2 * soft[:, 1:-1] + soft[:, 2:]) / 4
    across, down = np.zeros_like(soft), np.zeros_like(soft)
    across[:, 1:-1] = soft[:, 2:] - soft[:, :-2]
    down[1:-1] = soft[2:] - soft[:-2]
    strength = np.sqrt(across**2 + down**2).ravel()
    turn = np.arctan2(down, across).ravel() * np.float32(BINS / (2 * np.pi)) + np.float32(BINS)
    lower = turn.astype(np.int32)
    upper_part = strength * (turn - lower)
    pixel = np.arange(strength.size)
    planes = np.zeros((BINS, strength.size), np.float32)
    planes[lower % BINS, pixel] = strength - upper_part
    planes[(lower + 1) % BINS, pixel] = upper_part
    return planes.reshape(BINS, *light.shape)


def _smoothed(plane: np.ndarray) -> np.ndarray:
    """Mean over a square of 2 · _AROUND + 1 cells."""
    side = 2 * _AROUND + 1
    sums = np.pad(np.pad(plane, _AROUND, mode="edge").cumsum(0).cumsum(1), ((1, 0), (1, 0)))
    return ((sums[side:, side:] - sums[:-side, side:] - sums[side:, :-side] + sums[:-side, :-side]) / side**2).clip(0)
