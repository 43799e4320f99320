"""Blocks of an earlier JPEG: they outlive a save as PNG, and a crop only moves them."""

import numpy as np

from ..finding import Finding
from .facts import Facts
from .rules import Rules

_GRID = 8
_TILE = 32
_WINDOW = 768


def blockiness(gray: np.ndarray) -> float | None:
    """How much rougher the roughest of the eight phases of columns and rows is than the usual one; 1 is no blocks.

    `gray` (h, w) is luma at the file's own size; None under 64 pixels a side. Roughness is the second difference,
    divided by that of its 32-pixel tile, so that busy places do not drown the calm ones where blocks show.
    """
    middle = window(gray, _WINDOW)
    if min(middle.shape) < 2 * _TILE:
        return None
    return (_ratio(middle) + _ratio(np.ascontiguousarray(middle.T))) / 2


def window(gray: np.ndarray, side: int) -> np.ndarray:
    """The middle of a picture, at most `side` pixels each way."""
    top, left = max(0, (gray.shape[0] - side) // 2), max(0, (gray.shape[1] - side) // 2)
    return gray[top : top + side, left : left + side]


def judge(facts: Facts, rules: Rules) -> Finding | None:
    if facts.blocks is None or facts.blocks <= rules.blocks or (facts.quality or 100) < rules.quality:
        return None
    return Finding(
        check="blocks",
        level="warning",
        text="Blocks of a strongly compressed JPEG show, whatever the file is now; use the original picture.",
        value=round(facts.blocks, 2),
    )


def _ratio(gray: np.ndarray) -> float:
    values = gray.astype(np.int16)
    rough = np.abs(values[:, 2:] + values[:, :-2] - 2 * values[:, 1:-1])
    height, width = (length // _TILE * _TILE for length in rough.shape)
    tiles = rough[:height, :width].reshape(height // _TILE, _TILE, width // _TILE, _TILE)
    # Columns of each tile, (rows of tiles, columns of tiles, 32): all that the phases need.
    columns = tiles.sum(axis=1, dtype=np.int32).astype(np.float32) / _TILE
    columns /= columns.mean(axis=2, keepdims=True) + 0.5
    phases = columns.reshape(-1, _TILE // _GRID, _GRID).mean(axis=(0, 1))
    return float(phases.max() / max(float(np.median(phases)), 1e-6))
