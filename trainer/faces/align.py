"""Lays faces on the frame a recogniser was trained on."""

from collections.abc import Sequence

import numpy as np
from PIL import Image

ARCFACE = ((38.2946, 51.6963), (73.5318, 51.5014), (56.0252, 71.7366), (41.5493, 92.3655), (70.7299, 92.2041))
"""Where eyes, nose and mouth corners lie on ArcFace's 112 x 112 crop (Deng et al. 2019, insightface)."""
SIDE = 112


def similarity(source: Sequence[Sequence[float]], target: Sequence[Sequence[float]]) -> np.ndarray:
    """The (2, 3) turn, scale and shift that brings `source` points nearest to `target` (Umeyama 1991)."""
    a, b = np.asarray(source, np.float64), np.asarray(target, np.float64)
    mean_a, mean_b = a.mean(axis=0), b.mean(axis=0)
    u, size, vt = np.linalg.svd((b - mean_b).T @ (a - mean_a) / len(a))
    sign = np.array([1.0, np.sign(np.linalg.det(u @ vt)) or 1.0])
    turn = u @ np.diag(sign) @ vt
    scale = float(size @ sign) / max(float((a - mean_a).var(axis=0).sum()), 1e-12)
    return np.hstack([scale * turn, (mean_b - scale * turn @ mean_a)[:, None]])


def warp(image: Image.Image, matrix: np.ndarray, side: int = SIDE) -> Image.Image:
    """`image` under a (2, 3) matrix, `side` square, black outside.

    Bilinear without smoothing, as recognisers were trained: smoothing would move embeddings off their thresholds.
    """
    inverse = np.linalg.inv(matrix[:, :2])
    shift = -inverse @ matrix[:, 2]
    # Matrices speak of pixel centres as whole numbers, Pillow as halves.
    shift = shift + 0.5 - inverse.sum(axis=1) / 2
    rows = (*inverse[0], shift[0], *inverse[1], shift[1])
    coefficients = tuple(float(value) for value in rows)
    return image.transform((side, side), Image.Transform.AFFINE, coefficients, Image.Resampling.BILINEAR)


def aligned(image: Image.Image, points: Sequence[Sequence[float]]) -> Image.Image:
    """The 112 x 112 crop of a face by its five points."""
    return warp(image, similarity(points, ARCFACE))


def unit(vector: np.ndarray) -> np.ndarray:
    """(d,) of length one, float32."""
    flat = np.asarray(vector, np.float32).ravel()
    return flat / max(float(np.linalg.norm(flat)), 1e-12)
