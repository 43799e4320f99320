"""A clip's frames, opened one at a time: only what was seen in them is kept."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from ...errors import DatasetError
from ...images.pixels import load_rgb

_PICTURES = (".png", ".jpg", ".jpeg", ".webp", ".bmp")
_MOVING = (".gif", ".webp", ".png", ".apng")


@dataclass(frozen=True, kw_only=True)
class Frames:
    """`count` frames of the clip called `name`, each opened by its number when it is asked for."""

    name: str
    count: int
    open: Callable[[int], Image.Image]

    def __iter__(self) -> Iterator[Image.Image]:
        return map(self.open, range(self.count))


def frames_of(name: str, pictures: Sequence[Image.Image]) -> Frames:
    return Frames(name=name, count=len(pictures), open=pictures.__getitem__)


def read_frames(path: Path) -> Frames:
    """Of a folder of pictures, in the order of their names, or of an animated GIF, WebP or PNG; DatasetError else."""
    if path.is_dir():
        files = sorted((one for one in path.iterdir() if one.suffix.lower() in _PICTURES), key=_in_order)
        return Frames(name=path.name, count=len(files), open=lambda number: load_rgb(files[number]))
    if path.suffix.lower() not in _MOVING:
        raise DatasetError(
            f"{path} is neither a folder of frames nor an animated .gif, .webp or .png; save the video's frames as "
            "pictures into a folder."
        )
    try:
        with Image.open(path) as moving:
            count = int(getattr(moving, "n_frames", 1))
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as fault:
        raise DatasetError(f"{path} cannot be opened as a clip: {fault}.") from fault
    return Frames(name=path.stem, count=count, open=lambda number: _frame(path, number))


def _frame(path: Path, number: int) -> Image.Image:
    try:
        with Image.open(path) as moving:
            moving.seek(number)
            return moving.convert("RGB")
    except (OSError, SyntaxError, ValueError, EOFError) as fault:
        raise DatasetError(f"Frame {number + 1} of {path} cannot be read: {fault}. Save the clip again.") from fault


def _in_order(path: Path) -> tuple[str | int, ...]:
    """frame_9 before frame_10."""
    parts = re.split(r"(\d+)", path.stem)
    return tuple(int(part) if part.isdecimal() else part.lower() for part in parts)
