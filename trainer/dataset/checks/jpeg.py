"""What JPEG did to a picture: its quality by the file's own tables, and blocks, which outlive a save as PNG."""

from collections.abc import Mapping, Sequence
from functools import cache

import numpy as np

from ..finding import Finding
from .facts import Facts
from .rules import Rules

# ITU-T T.81, annex K.1: luminance and chrominance, row by row.
_LUMA = """16 11 10 16 24 40 51 61 12 12 14 19 26 58 60 55 14 13 16 24 40 57 69 56 14 17 22 29 51 87 80 62
18 22 37 56 68 109 103 77 24 35 55 64 81 104 113 92 49 64 78 87 103 121 120 101 72 92 95 98 112 100 103 99"""
_CHROMA = """17 18 24 47 99 99 99 99 18 21 26 66 99 99 99 99 24 26 56 99 99 99 99 99 47 66 99 99 99 99 99 99
99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99"""
_GRID = 8
_TILE = 32
_WINDOW = 768


def quality_of(tables: Mapping[int, Sequence[int]]) -> tuple[int, bool] | None:
    """The quality whose standard tables lie nearest (least squares), and whether they are the same; None without any.

    `tables` are row by row, as Pillow gives them. Encoders with tables of their own (Photoshop, cameras) get the
    quality that costs about as much detail.
    """
    known = [np.asarray(tables[number], np.float64) for number in sorted(tables)[:2] if len(tables[number]) == 64]
    if not known:
        return None
    errors = np.sum([((_standard(number) - table) ** 2).sum(axis=1) for number, table in enumerate(known)], axis=0)
    nearest = int(np.argmin(errors))
    return nearest + 1, bool(errors[nearest] == 0)


def judge_quality(facts: Facts, rules: Rules) -> Finding | None:
    if facts.quality is None or facts.quality >= rules.quality:
        return None
    said = f"quality {facts.quality}" if facts.standard_tables else f"about quality {facts.quality} (its own tables)"
    return Finding(
        check="jpeg",
        level="warning",
        text=f"The JPEG was saved at {said}; use the original, or save at 90 or more.",
        value=float(facts.quality),
    )


@cache
def _standard(number: int) -> np.ndarray:
    """Tables of qualities 1 to 100 by libjpeg's rule, (100, 64)."""
    table = np.array((_LUMA, _CHROMA)[number].split(), np.int64)
    scales = [5000 // quality if quality < 50 else 200 - 2 * quality for quality in range(1, 101)]
    return np.stack([np.clip((table * scale + 50) // 100, 1, 255) for scale in scales]).astype(np.float64)


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


def judge_blocks(facts: Facts, rules: Rules) -> Finding | None:
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
