"""The picture of a face's five points that InstantID's ControlNet (IdentityNet) is shown."""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ..errors import FaceError

_COLOURS = ((255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 0), (255, 0, 255))
_NOSE, _LIMBS = 2, (0, 1, 3, 4)
_HALF_WIDTH, _RADIUS, _BRIGHTNESS = 4, 10, 0.6


def keypoint_image(size: tuple[int, int], points: Sequence[tuple[float, float]]) -> Image.Image:
    """Width and height, and the points in pixels: eyes, nose, corners of the mouth (left first, as pictures show them).

    On black, limbs from each point to the nose as flat ellipses at 0.6 of its colour, over them a dot of radius 10 at
    each point, as the pipeline of InstantID draws them. FaceError for another number of points.
    """
    if len(points) != len(_COLOURS):
        raise FaceError(f"A face has five points here, and {len(points)} were given. Read the face again.")
    places = np.asarray(points, dtype=np.float64)
    canvas = np.zeros((size[1], size[0], 3), dtype=np.uint8)
    across, down = np.meshgrid(np.arange(size[0]), np.arange(size[1]))
    for limb in _LIMBS:
        inside = _in_ellipse(across, down, places[limb], places[_NOSE])
        canvas[inside] = np.multiply(_COLOURS[limb], _BRIGHTNESS).astype(np.uint8)
    for (x, y), colour in zip(places.astype(int), _COLOURS, strict=True):
        canvas[(across - x) ** 2 + (down - y) ** 2 <= _RADIUS**2] = colour
    return Image.fromarray(canvas)


def _in_ellipse(
    across: NDArray[np.int64], down: NDArray[np.int64], start: NDArray[np.float64], end: NDArray[np.float64]
) -> NDArray[np.bool_]:
    """Pixels of an ellipse as long as the limb and eight wide: whole pixels and degrees, as the pipeline has them.

    Its edge is painted too, half a pixel wide.
    """
    (x, y), (right, below) = np.trunc((start + end) / 2), start - end
    angle = math.radians(int(math.degrees(math.atan2(below, right))))
    far = (across - x) * math.cos(angle) + (down - y) * math.sin(angle)
    near = (down - y) * math.cos(angle) - (across - x) * math.sin(angle)
    return (far / (int(math.hypot(right, below) / 2) + 0.5)) ** 2 + (near / (_HALF_WIDTH + 0.5)) ** 2 <= 1
