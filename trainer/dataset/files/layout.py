"""How a dataset lies in a folder: which files are pictures, what a kohya folder's name says, where captions are."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from ...errors import DatasetError
from ...images.masks import is_mask
from ...images.picture_file import FOREIGN, SUFFIXES, is_read
from ..sample import Split
from .caption_lines import captions_of

if TYPE_CHECKING:
    from .caption_encoding import CaptionText

INDEX = "dataset.json"
HELD_OUT = "held_out"
CAPTION_SUFFIXES = (".txt", ".caption")
_MOST_CAPTION_BYTES = 100_000
_KOHYA = re.compile(r"(\d{1,6})_(.+)")


@dataclass(frozen=True)
class ImageFolder:
    """One folder of pictures, each `repeats` times an epoch; `trigger` and class word as its name gives them."""

    folder: Path
    repeats: int = 1
    trigger: str | None = None
    subject: str | None = None
    split: Split = "train"
    recursive: bool = False


def image_folders(root: Path, *, recursive: bool = False) -> list[ImageFolder]:
    """Kohya folders inside `root`, or `root` itself, which may be one; then `held_out` and those inside it."""
    folders = _folders(root)
    itself = replace(_kohya(root) or ImageFolder(root), recursive=recursive)
    found = [source for source in map(_kohya, folders) if source is not None] or [itself]
    for held in (child for child in folders if child.name == HELD_OUT):
        apart = [source for source in map(_kohya, _folders(held)) if source is not None]
        found += [replace(source, split="held_out") for source in (ImageFolder(held), *apart)]
    return found


def listed(found: Sequence[ImageFolder]) -> list[tuple[ImageFolder, Path]]:
    """Every picture with its folder, folder by folder in natural order; by number where each has one of its own.

    That is the order in which a dataset of several repeats was saved.
    """
    rows = [(source, path) for source in found for path in pictures(source)]
    numbers = {path.stem for _, path in rows if re.fullmatch(r"[0-9]{1,9}", path.stem)}
    if len(found) > 1 and len({int(number) for number in numbers}) == len(rows):
        rows.sort(key=lambda row: int(row[1].stem))
    return rows


def pictures(source: ImageFolder) -> Iterator[Path]:
    """Pictures of a folder in natural order; hidden files and files that are no pictures are passed over."""
    for path in natural(source.folder.iterdir()):
        if path.name.startswith(".") or is_mask(path):
            continue
        if path.is_dir():
            if source.recursive and path.name != HELD_OUT and not path.is_symlink():
                yield from pictures(ImageFolder(path, recursive=True))
        elif path.suffix.lower() in (*SUFFIXES, *FOREIGN):
            yield path


def holds_pictures(folder: Path) -> bool:
    """Whether `folder` itself can be read as a dataset; looks no further than to the first picture."""
    if is_mask(folder) or folder.name == HELD_OUT:
        return False
    entries = _entries(folder)
    if any(is_file and (name == INDEX or _is_picture(name)) for name, is_file in entries):
        return True
    inside = [folder / name for name, is_file in entries if not is_file and _KOHYA.fullmatch(name)]
    return any(is_file and _is_picture(name) for one in inside for name, is_file in _entries(one))


def fault_of(path: Path, root: Path) -> str | None:
    """Why a picture is refused before it is opened. `root` is resolved."""
    if not lies_in(path, root):
        return f"{path.name} lies outside {root.name}, or links there; copy the picture into the folder."
    if readable_name(path.name) != path.name:
        return f"{readable_name(path.name)} has a name that is not UTF-8 text; rename it."
    if not is_read(path):
        kind = path.suffix[1:].upper() or "nameless"
        return f"{path.name} is a {kind} file, which is not read; save it as PNG."
    return None


def lies_in(path: Path, root: Path) -> bool:
    """Whether `path` is below the resolved `root` once every link and `..` is followed."""
    try:
        return path.resolve().is_relative_to(root)
    except (OSError, RuntimeError, ValueError):  # loops of links, NUL in a name
        return False


def readable_name(name: str) -> str:
    """The name with what is not text in it shown as `?`; file systems allow any bytes."""
    return name.encode("utf-8", "replace").decode()


class CaptionUnreadable(DatasetError):
    """A caption in an encoding that cannot be told: the picture is used without it."""


def caption_beside(picture: Path) -> str | None:
    """The captions beside a picture, one a line, `.txt` before `.caption`; None when there is no such file."""
    for suffix in CAPTION_SUFFIXES:
        sidecar = picture.with_suffix(suffix)
        try:
            if sidecar.is_file():
                return _caption(sidecar)
        except OSError as fault:
            raise DatasetError(f"{sidecar.name} may not be read ({fault.strerror}); change its permissions.") from None
    return None


def has_picture(caption: Path) -> bool:
    """Whether a picture of that name lies beside a caption, used or not."""
    try:
        return any(path.stem == caption.stem and _is_picture(path.name) for path in caption.parent.iterdir())
    except OSError:
        return False


def one_line(text: str) -> str:
    return " ".join(text.replace("\0", "").split())


def natural(paths: Iterator[Path]) -> list[Path]:
    """In the order people count: 2 before 10."""
    return sorted(paths, key=lambda path: (_parts(path.name), path.name))


def caption_text_of(sidecar: Path) -> CaptionText:
    """What a caption file holds; CaptionUnreadable where its encoding cannot be told, else DatasetError or OSError."""
    if not lies_in(sidecar, sidecar.parent.resolve()):
        raise DatasetError(f"{sidecar.name} links to a file outside its folder; copy the caption into it.")
    if sidecar.stat().st_size > _MOST_CAPTION_BYTES:
        raise DatasetError(f"{sidecar.name} is too long to be a caption; keep it under 100 kB.")
    # Listing folders, as opening ComfyUI does, reads no captions.
    from .caption_encoding import decode_caption

    text = decode_caption(sidecar.read_bytes())
    if text is None:
        raise CaptionUnreadable(f"{sidecar.name} is not UTF-8 text; save it as UTF-8.")
    return text


def _caption(sidecar: Path) -> str:
    return "\n".join(captions_of(caption_text_of(sidecar).text))


def _entries(folder: Path) -> list[tuple[str, bool]]:
    """Names, and whether each is a file; none of a folder that may not be read."""
    try:
        with os.scandir(folder) as found:
            return [(entry.name, entry.is_file()) for entry in found if not entry.name.startswith(".")]
    except OSError:
        return []


def _is_picture(name: str) -> bool:
    path = Path(name)
    return path.suffix.lower() in (*SUFFIXES, *FOREIGN) and not is_mask(path)


def _parts(name: str) -> list[tuple[int, int, str]]:
    pieces = re.findall(r"[0-9]+|[^0-9]+", name.casefold())
    return [(0, int(piece), "") if piece.isdecimal() else (1, 0, piece) for piece in pieces]


def _folders(root: Path) -> list[Path]:
    return [child for child in natural(root.iterdir()) if child.is_dir()]


def _kohya(folder: Path) -> ImageFolder | None:
    """`10_ohwx woman` is 10 repeats of trigger ohwx, class word woman."""
    match = _KOHYA.fullmatch(folder.name)
    if match is None:
        return None
    trigger, _, subject = match[2].strip().partition(" ")
    return ImageFolder(folder, int(match[1]), trigger, subject.strip() or None)
