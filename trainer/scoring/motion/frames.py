"""A clip's frames, opened one at a time: only what was seen in them is kept."""

import re
import struct
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageSequence

from ...errors import DatasetError
from ...images.pixels import load_rgb

_PICTURES = (".png", ".jpg", ".jpeg", ".webp", ".bmp")
_MOVING = (".gif", ".webp", ".png", ".apng")


@dataclass(frozen=True, kw_only=True)
class Frames:
    """`count` frames of the clip called `name`; `pictures` opens them anew, in order."""

    name: str
    count: int
    pictures: Callable[[], Iterator[Image.Image]]

    def __iter__(self) -> Iterator[Image.Image]:
        return self.pictures()


def frames_of(name: str, pictures: Sequence[Image.Image]) -> Frames:
    """Of pictures that are in memory."""
    return Frames(name=name, count=len(pictures), pictures=lambda: iter(pictures))


def read_frames(path: Path) -> Frames:
    """Of a folder of pictures, in the order of their names, or of an animated GIF, WebP or PNG; DatasetError else."""
    if path.is_dir():
        files = sorted((one for one in path.iterdir() if one.suffix.lower() in _PICTURES), key=_in_order)
        return Frames(name=path.name, count=len(files), pictures=lambda: map(load_rgb, files))
    if not path.exists():
        raise DatasetError(f"There is no clip {path}; give a folder of frames, or an animated .gif, .webp or .png.")
    if path.suffix.lower() not in _MOVING:
        raise DatasetError(
            f"{path} is neither a folder of frames nor an animated .gif, .webp or .png; save the video's frames as "
            "pictures into a folder."
        )
    with _opened(path) as moving:
        return Frames(name=path.stem, count=int(getattr(moving, "n_frames", 1)), pictures=lambda: _animated(path))


def _animated(path: Path) -> Iterator[Image.Image]:
    with _opened(path) as moving:
        for frame in ImageSequence.Iterator(moving):
            yield frame.convert("RGB")


@contextmanager
def _opened(path: Path) -> Generator[Image.Image]:
    """An animation; faults of the file, in the block too, as a DatasetError."""
    try:
        with Image.open(path) as moving:
            yield moving
    except (OSError, SyntaxError, ValueError, EOFError, struct.error, Image.DecompressionBombError) as fault:
        raise DatasetError(f"{path} cannot be opened as a clip: {fault}. Save the clip again.") from fault


def _in_order(path: Path) -> tuple[str | int, ...]:
    """frame_9 before frame_10."""
    parts = re.split(r"(\d+)", path.stem)
    return tuple(int(part) if part.isdecimal() else part.lower() for part in parts)
