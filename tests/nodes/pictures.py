"""Small folders of pictures for node tests."""

from pathlib import Path

import numpy as np
from PIL import Image


def write_folder(folder: Path, count: int = 4, side: int = 64) -> Path:
    """Noise under numbers with captions beside it, in a kohya folder of the trigger `sage`."""
    inside = folder / "2_sage"
    inside.mkdir(parents=True)
    rng = np.random.default_rng(len(folder.name))
    for number in range(1, count + 1):
        pixels = rng.integers(0, 255, (side, side, 3), np.uint8)
        Image.fromarray(pixels).save(inside / f"{number:03d}.png")
        (inside / f"{number:03d}.txt").write_text(f"sage, number {number}\n")
    return inside
