"""Small pictures and datasets that the dataset tests put on disk."""

from pathlib import Path

from PIL import Image

from trainer.dataset.dataset import Dataset
from trainer.dataset.files.folder import read_dataset


def put(path: Path, color: int = 0, size: tuple[int, int] = (12, 8), caption: str | None = None) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", size, (color, 255 - color, 40)).save(path)
    if caption is not None:
        path.with_suffix(".txt").write_text(caption, encoding="utf-8")
    return path


def make_set(folder: Path, count: int, trigger: str = "sage", first: int = 0) -> Dataset:
    """So many different pictures with captions in a flat folder."""
    for number in range(first, first + count):
        put(folder / f"{number}.png", number, caption=f"{trigger}, number {number}")
    return read_dataset(folder, trigger=trigger)
