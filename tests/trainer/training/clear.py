"""A dataset whose pictures are transparent on their left."""

from pathlib import Path

import numpy as np
from PIL import Image

from trainer.dataset.dataset import Dataset
from trainer.dataset.files.folder import read_dataset
from trainer.images.alpha import Alpha


def write_clear_dataset(folder: Path, count: int = 3) -> Dataset:
    """Coloured noise of 64 px, the left 20 columns transparent, read with transparency as mask."""
    folder.mkdir(parents=True)
    rng = np.random.default_rng(0)
    for number in range(count):
        pixels = rng.integers(0, 255, (64, 64, 4), np.uint8)
        pixels[..., 3] = 255
        pixels[:, :20, 3] = 0
        Image.fromarray(pixels).save(folder / f"{number:03d}.png")
    return read_dataset(folder, trigger="sage_character", alpha=Alpha(matte="grey", masked=True))
