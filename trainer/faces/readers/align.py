"""A face moved to where ArcFace's kind of recogniser expects eyes, nose and mouth."""

import numpy as np
from PIL import Image

from ..face import Points

SIDE = 112
_PLACES = np.array([[38.2946, 51.6963], [73.5318, 51.5014], [56.0252, 71.7366], [41.5493, 92.3655], [70.7299, 92.2041]])
"""Eyes, nose tip and mouth corners in the square, counted from its first pixel's middle (InsightFace's template)."""


def aligned(image: Image.Image, points: Points) -> Image.Image:
    """The square of 112 pixels, RGB, with black beyond the picture.

    The five points are laid on their places by the likeliest turn, scale and shift (Umeyama 1991).
    """
    turn, shift = similarity(np.asarray(points, np.float64), _PLACES)
    # Pillow asks where a pixel comes from, and counts from the corner of the first.
    back = np.linalg.inv(turn)
    start = 0.5 - back @ (shift + 0.5)
    matrix = (back[0, 0], back[0, 1], start[0], back[1, 0], back[1, 1], start[1])
    return image.convert("RGB").transform((SIDE, SIDE), Image.Transform.AFFINE, matrix, Image.Resampling.BILINEAR)


def similarity(points: np.ndarray, places: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The (2, 2) turn with scale and the (2,) shift that bring (n, 2) points nearest to their places."""
    middle, goal = points.mean(axis=0), places.mean(axis=0)
    around, wanted = points - middle, places - goal
    left, sizes, right = np.linalg.svd(wanted.T @ around)
    signs = np.array([1.0, float(np.sign(np.linalg.det(left @ right)))])
    scale = float((sizes * signs).sum() / max(float((around**2).sum()), 1e-12))
    turn = scale * (left * signs) @ right
    return turn, goal - turn @ middle
