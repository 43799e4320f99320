"""How a dataset lies in a folder: which files are pictures, what a kohya folder's name says, where captions are."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ..errors import DatasetError
from .pixels import SUFFIXES
from .sample import Split

HELD_OUT = "held_out"
CAPTION_SUFFIXES = (".txt", ".caption")
_KOHYA = re.compile(r"(\d+)_(.+)")
_FOREIGN = (".heic", ".heif", ".avif", ".gif", ".jxl", ".psd", ".tga", ".exr", ".svg")


@dataclass(frozen=True)
class Shelf:
    """One folder of pictures, each repeated `repeats` times an epoch; `trigger` as its name gives it."""

    folder: Path
    repeats: int = 1
    trigger: str | None = None
    split: Split = "train"
    recursive: bool = False


def shelves(root: Path, *, recursive: bool = False) -> list[Shelf]:
    """Kohya folders inside `root` with `held_out` beside them, or `root` itself, which may be a kohya folder."""
    folders = [child for child in natural(root.iterdir()) if child.is_dir()]
    named = [shelf for shelf in map(_kohya, folders) if shelf is not None]
    held = [Shelf(child, split="held_out") for child in folders if child.name == HELD_OUT]
    itself = _kohya(root) or Shelf(root)
    return [*(named or [Shelf(root, itself.repeats, itself.trigger, recursive=recursive)]), *held]


def pictures(shelf: Shelf) -> Iterator[Path]:
    """Pictures of a shelf in natural order; hidden files and files that are no pictures are passed over."""
    for path in natural(shelf.folder.iterdir()):
        if path.name.startswith("."):
            continue
        if path.is_dir():
            if shelf.recursive and path.name != HELD_OUT and not path.is_symlink():
                yield from pictures(Shelf(path, recursive=True))
        elif path.suffix.lower() in (*SUFFIXES, *_FOREIGN):
            yield path


def fault_of(path: Path, root: Path) -> str | None:
    """Why a picture is refused before it is opened."""
    if not path.resolve().is_relative_to(root.resolve()):
        return f"{path.name} lies outside {root.name}, or links there; copy the picture into the folder."
    if path.suffix.lower() in _FOREIGN:
        return f"{path.name} is a {path.suffix[1:].upper()} file, which is not read; save it as PNG."
    return None


def caption_of(picture: Path) -> str:
    """The text beside a picture on one line, `.txt` before `.caption`; "" when there is none."""
    for suffix in CAPTION_SUFFIXES:
        sidecar = picture.with_suffix(suffix)
        if not sidecar.is_file():
            continue
        if not sidecar.resolve().is_relative_to(picture.parent.resolve()):
            raise DatasetError(f"{sidecar.name} links to a file outside its folder; copy the caption into it.")
        try:
            return one_line(sidecar.read_text(encoding="utf-8-sig"))
        except UnicodeDecodeError:
            raise DatasetError(f"{sidecar.name} is not UTF-8 text; save it as UTF-8.") from None
    return ""


def one_line(text: str) -> str:
    return " ".join(text.split())


def natural(paths: Iterator[Path]) -> list[Path]:
    """In the order people count: 2 before 10."""
    return sorted(paths, key=lambda path: (_parts(path.name), path.name))


def _parts(name: str) -> list[tuple[int, int, str]]:
    pieces = re.findall(r"[0-9]+|[^0-9]+", name.casefold())
    return [(0, int(piece), "") if piece.isdecimal() else (1, 0, piece) for piece in pieces]


def _kohya(folder: Path) -> Shelf | None:
    match = _KOHYA.fullmatch(folder.name)
    return Shelf(folder, int(match[1]), match[2]) if match else None
