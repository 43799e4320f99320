"""A picture made so small that only its layout and colours are left."""

import numpy as np
from PIL import Image

SIDE = 24


def small(image: Image.Image) -> np.ndarray:
    """A copy that keeps layout and colours, (SIDE, SIDE, 3) in 0..1."""
    shrunk = image.convert("RGB").resize((SIDE, SIDE), Image.Resampling.BOX)
    return np.asarray(shrunk, dtype=np.float32) / 255.0
