"""How brightness changes from frame to frame: what movement explains, and the rest, which flickers.

A pixel flickers by as much as it is brighter, or darker, than everything near it in the frame before and in the frame
after: what moved was near by, what fades lies between the two, and what was uncovered stays. It is the clamp of
temporal anti-aliasing (Karis 2014), held against both neighbours, as a measure.
"""

from collections.abc import Callable

import numpy as np
from PIL import Image

SIDE = 96
"""Pixels of the shorter side that brightness is compared at."""
REACH = 3
"""How far things may move from frame to frame, of those pixels: a thirtieth of the picture."""
_HALF = 2
"""Movement is looked for in a picture so many times smaller: grain averages out, a mouth is still seen."""


def luminance(image: Image.Image) -> np.ndarray:
    """Rec. 601 luma, 0 to 255, (h, w) float32 with a shorter side of 96; averaged down, so that grain is not seen."""
    scale = SIDE / min(image.size)
    size = (max(SIDE, round(image.width * scale)), max(SIDE, round(image.height * scale)))
    return np.asarray(image.convert("L").resize(size, Image.Resampling.BOX), np.float32)


def flicker_energy(before: np.ndarray, now: np.ndarray, after: np.ndarray) -> float:
    """Mean square of what flickers in the middle one of three frames (h, w) in a row."""
    above = now - np.maximum(_near(before, np.maximum), _near(after, np.maximum))
    below = np.minimum(_near(before, np.minimum), _near(after, np.minimum)) - now
    return float(np.square(np.maximum(np.maximum(above, below), 0)).mean())


def calmed(before: np.ndarray, now: np.ndarray, after: np.ndarray) -> np.ndarray:
    """Three frames (h, w) in a row as one of half the size, 1 : 2 : 1: what goes to and fro from frame to frame is no
    movement."""
    return (_halved(before) + 2 * _halved(now) + _halved(after)) / 4


def movement(calm: np.ndarray) -> np.ndarray:
    """How far each of a clip's calmed frames (n, h, w) is from their mean, mean square in parts of the clip's variance
    of brightness, (n,), 0 to 1 on average."""
    usual = calm.mean(axis=0)
    return np.square(calm - usual).mean(axis=(1, 2)) / max(float(calm.var()), 1.0)


def _halved(light: np.ndarray) -> np.ndarray:
    high, wide = (side // _HALF for side in light.shape)
    return light[: high * _HALF, : wide * _HALF].reshape(high, _HALF, wide, _HALF).mean(axis=(1, 3))


def _near(frame: np.ndarray, extreme: Callable[..., np.ndarray]) -> np.ndarray:
    """The extreme within reach of each pixel, (h, w)."""
    for axis in (0, 1):
        rim = [(REACH, REACH) if axis == each else (0, 0) for each in (0, 1)]
        wide = np.pad(frame, rim, mode="edge")
        steps = [np.take(wide, range(start, start + frame.shape[axis]), axis) for start in range(2 * REACH + 1)]
        frame = extreme.reduce(steps)  # type: ignore[attr-defined]
    return frame
