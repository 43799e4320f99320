"""Perceptual hashes: 64 bits that stay when a picture is scaled, re-saved or cut a little."""

from functools import cache

import numpy as np

_SIDE, _LOW = 32, 8


def perceptual_hashes(small: np.ndarray) -> tuple[int, int]:
    """Hashes of a picture and of its mirror image, of its luma scaled to 32x32.

    The lowest 8x8 terms of the cosine transform against their median (Zauner 2010). Mirroring negates every other
    column of the transform, so the second hash costs nothing.
    """
    cosines = _cosines()
    low = cosines @ small.astype(np.float64) @ cosines.T
    signs = np.where(np.arange(_LOW) % 2, -1.0, 1.0)
    return _bits(low), _bits(low * signs)


def _bits(low: np.ndarray) -> int:
    return int.from_bytes(np.packbits(low > np.median(low)).tobytes(), "big")


@cache
def _cosines() -> np.ndarray:
    """(8, 32)."""
    places = np.arange(_SIDE) + 0.5
    return np.cos(np.pi / _SIDE * np.arange(_LOW)[:, None] * places)
