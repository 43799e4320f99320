"""Files that dataset nodes read and write: what counts as a change, where pictures go, previews for the page."""

from __future__ import annotations

import hashlib
import io
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import folder_paths
from PIL import Image

from ...trainer.errors import DatasetError, RunError
from .folders import lies_in_a_root, name_fault, output_folder, unlinked

if TYPE_CHECKING:
    from ...trainer.dataset.sample import Sample

SAVE_PLACES = ("input", "output")
_READ = (".txt", ".caption", "dataset.json")
_DEPTH = 2
"""Pictures lie at most in root/held_out/10_trigger."""
_PREVIEWS = "likeness_previews"
_PREVIEW = 192


def dataset_fingerprint(folder: Path) -> str:
    """Changes when a picture, a caption or dataset.json of `folder` is added, removed or written; reads no contents."""
    from ...trainer.images.picture_file import FOREIGN, SUFFIXES

    rows = sorted(_rows(folder, "", (*SUFFIXES, *FOREIGN, *_READ), _DEPTH))
    return hashlib.sha256(repr(rows).encode("utf-8", "surrogatepass")).hexdigest()


def pictures_folder(*parts: str) -> Path:
    """Where pictures that nodes make are kept, each under the hash of its contents; a folder of it for the parts."""
    return output_folder("likeness_pictures", *parts, deep=bool(parts))


def save_folder(place: str, name: str) -> Path:
    """The folder of that name under input/ or output/likeness_datasets/; DatasetError for a name that is a path."""
    if place not in SAVE_PLACES:
        raise DatasetError(f"A dataset is saved under input or output, not under {place!r}.")
    if fault := name_fault(name):
        raise DatasetError(fault)
    try:
        if place == "output":
            return output_folder("likeness_datasets", name)
        return unlinked(Path(folder_paths.get_input_directory()), name)
    except RunError as fault:
        raise DatasetError(str(fault)) from fault


def keep_picture(image: Image.Image) -> Path:
    """Write a picture once, as PNG named by its contents; its path."""
    from ...trainer.storage.atomic import write_atomically

    name = hashlib.sha256(f"{image.mode}{image.size}".encode() + image.tobytes()).hexdigest()
    path = pictures_folder() / f"{name}.png"
    if not path.is_file():
        buffer = io.BytesIO()
        image.save(buffer, "PNG", compress_level=4)
        try:
            write_atomically(path, buffer.getvalue())
        except OSError as fault:
            raise DatasetError(f"{path} cannot be written: {fault.strerror or fault}. Free some space.") from fault
    return path


def preview(sample: Sample) -> Path:
    """A small JPEG of a picture in the host's temp folder, made once."""
    from ...trainer.dataset.sample_pixels import open_sample
    from ...trainer.storage.atomic import write_atomically

    path = unlinked(Path(folder_paths.get_temp_directory()), _PREVIEWS) / f"{sample.sha256[:40]}.jpg"
    if not path.is_file():
        write_atomically(path, _small_jpeg(open_sample(sample)))
    return path


def view_of_picture(sample: Sample) -> dict[str, str] | None:
    """How the page asks the host for a picture's preview; None for a file that became unreadable."""
    try:
        name = preview(sample).name
    except DatasetError:
        return None
    return {"filename": name, "subfolder": _PREVIEWS, "type": "temp"}


def view_of_thumbnail(path: Path) -> dict[str, str] | None:
    """How the page asks the host for a small JPEG of a picture file, made once in the temp folder; None for a file that
    is gone or unreadable, or lies in none of the host's folders."""
    from ...trainer.images.pixels import load_rgb
    from ...trainer.storage.atomic import write_atomically

    if not lies_in_a_root(path):
        return None
    try:
        stat = path.stat()
        name = hashlib.sha256(f"{path.resolve()} {stat.st_size} {stat.st_mtime_ns}".encode()).hexdigest()[:40]
        small = unlinked(Path(folder_paths.get_temp_directory()), _PREVIEWS) / f"{name}.jpg"
        if not small.is_file():
            write_atomically(small, _small_jpeg(load_rgb(path)))
    except (OSError, DatasetError):
        return None
    return {"filename": small.name, "subfolder": _PREVIEWS, "type": "temp"}


def small_jpeg(path: Path) -> bytes:
    """A small JPEG of a picture file; DatasetError for one that cannot be read."""
    from ...trainer.images.pixels import load_rgb

    return _small_jpeg(load_rgb(path))


def _small_jpeg(image: Image.Image) -> bytes:
    image.thumbnail((_PREVIEW, _PREVIEW), Image.Resampling.BICUBIC, reducing_gap=2.0)
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=85)
    return buffer.getvalue()


def _rows(folder: Path, prefix: str, suffixes: tuple[str, ...], depth: int) -> Iterator[tuple[str, int, int]]:
    try:
        with os.scandir(folder) as entries:
            found = [entry for entry in entries if not entry.name.startswith(".")]
    except OSError:
        return
    for entry in found:
        name = f"{prefix}{entry.name}"
        if entry.is_dir():
            if depth and folder_paths.is_within_directory(str(folder), entry.path):
                yield from _rows(Path(entry.path), f"{name}/", suffixes, depth - 1)
        elif entry.name.lower().endswith(suffixes):
            yield _row(entry, name)


def _row(entry: os.DirEntry[str], name: str) -> tuple[str, int, int]:
    try:
        stat = entry.stat()
    except OSError:
        return name, -1, -1
    return name, stat.st_size, stat.st_mtime_ns
