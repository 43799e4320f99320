"""A picture as WD taggers take it: centred on a white square, scaled to the model's size, blue first.

Bit for bit what `tag_images_by_wd14_tagger.py` of kohya's sd-scripts makes with OpenCV, which is not needed for it:
INTER_AREA when shrinking, Pillow's Lanczos when enlarging.
"""

from dataclasses import dataclass

import numpy as np
from PIL import Image

_LEAST_SHARE = 1e-3
"""OpenCV leaves out edge pixels of which a cell covers less."""


@dataclass(frozen=True)
class _Taps:
    """For each of `side` cells the pixels under it and their weights, both (most pixels under a cell, side)."""

    pixels: np.ndarray
    weights: np.ndarray


def white_square(image: Image.Image, side: int) -> np.ndarray:
    """(side, side, 3) float32, BGR, 0..255."""
    longer = max(image.size)
    if longer < side:
        page = Image.new("RGB", (longer, longer), "white")
        page.paste(image.convert("RGB"), ((longer - image.width) // 2, (longer - image.height) // 2))
        scaled = np.asarray(page.resize((side, side), Image.Resampling.LANCZOS))
    else:
        scaled = _shrunk(np.asarray(image.convert("RGB")), side)
    return np.ascontiguousarray(scaled[:, :, ::-1], dtype=np.float32)


def _shrunk(pixels: np.ndarray, side: int) -> np.ndarray:
    """The mean of what each cell covers, summed in OpenCV's order: along rows, then along columns, in float32."""
    height, width = pixels.shape[:2]
    longer = max(height, width)
    taps = _taps(longer, side)
    # One white row and column stand for all of the padding: the square of a long strip would not fit into memory.
    framed = np.pad(pixels, ((0, 1), (0, 1), (0, 0)), constant_values=255)
    across = np.zeros((height + 1, side, 3), np.float32)
    total = np.zeros((side, side, 3), np.float32)
    weighted = np.empty_like(across)  # fresh memory for each tap would cost more than the sums
    for columns, weights in zip(_inside(taps.pixels, longer, width), taps.weights, strict=True):
        np.multiply(framed.take(columns, axis=1), weights[None, :, None], out=weighted)
        across += weighted
    for rows, weights in zip(_inside(taps.pixels, longer, height), taps.weights, strict=True):
        total += across[rows] * weights[:, None, None]
    return _rounded(total, longer, side)


def _taps(longer: int, side: int) -> _Taps:
    scale = longer / side
    if longer % side == 0:
        steps = np.arange(side)[None, :] * (longer // side) + np.arange(longer // side)[:, None]
        return _Taps(steps, np.ones_like(steps, dtype=np.float32))
    start = np.arange(side) * scale
    end = start + scale
    cell = np.minimum(scale, longer - start)
    last = np.minimum(np.floor(end).astype(int), longer - 1)
    first = np.minimum(np.ceil(start).astype(int), last)
    step = np.arange(-1, int((last - first).max()) + 1)[:, None]
    head = np.where(first - start > _LEAST_SHARE, first - start, 0.0)
    tail = np.where(end - last > _LEAST_SHARE, np.minimum(np.minimum(end - last, 1.0), cell), 0.0)
    whole = np.where(step < last - first, 1.0, np.where(step == last - first, tail, 0.0))
    weights = np.where(step < 0, head, whole) / cell
    return _Taps(np.clip(first + step, 0, longer - 1), weights.astype(np.float32))


def _inside(pixels: np.ndarray, longer: int, length: int) -> np.ndarray:
    """Positions on the square as positions in the picture; those in the padding point to the white line behind it."""
    moved = pixels - (longer - length) // 2
    return np.where((moved >= 0) & (moved < length), moved, length)


def _rounded(total: np.ndarray, longer: int, side: int) -> np.ndarray:
    whole, rest = divmod(longer, side)
    if rest:
        return np.clip(np.rint(total), 0, 255)
    if whole == 2:
        return np.floor((total + 2) / 4)  # OpenCV's shift rounds halves up here, and to even everywhere else
    return np.rint(total * (np.float32(1) / np.float32(whole * whole)))
