"""Files that nodes write by a name the user gave: what lies there and is not of the same work stays."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from ...trainer.storage.atomic import create_atomically, write_atomically
from ...trainer.storage.tensor_metadata import has_same_weights
from .folders import WEIGHTS, check_name

_CHUNK = 1 << 20


@dataclass(frozen=True, kw_only=True)
class Published:
    """`stem` names the files, each `stem` and its ending. `taken` is what has the name that was asked for, if another
    is given; `replaced` are the files of the same work that lay there; `is_new` tells whether anything was written."""

    stem: str
    taken: str = ""
    replaced: tuple[Path, ...] = ()
    is_new: bool = True


def publish(folders: Sequence[Path], name: str, files: Mapping[str, bytes], replaces: Sequence[Path] = ()) -> Published:
    """Write `name` and each ending of `files` into the first of `folders`, whole or not at all; OSError as it comes.

    Where one of these names is taken in any of the folders, `name_2` is tried, and so on. It is not taken by a file
    of the same contents, nor, in the first folder, by a copy of one of `replaces`, which the same work made before; of
    weights a copy is one whatever its metadata tells.
    """
    check_name(name)
    taken = ""
    for number in count(1):
        stem = name if number == 1 else f"{name}_{number}"
        found = next((file for file in _others(folders, stem, files, replaces)), None)
        if found is None:
            try:
                return _written(folders, stem, files, taken, replaces)
            except FileExistsError as fault:
                place = Path(str(fault.filename))
                if place.parent != folders[0]:
                    raise
                found = place.name  # somebody was quicker
        taken = taken or found
    raise AssertionError("there is always another number")


def is_copy(path: Path, of: Path) -> bool:
    """Whether two files have the same contents."""
    if not path.is_file() or not of.is_file() or path.stat().st_size != of.stat().st_size:
        return False
    with path.open("rb") as left, of.open("rb") as right:
        return all(chunk == right.read(_CHUNK) for chunk in iter(lambda: left.read(_CHUNK), b""))


def _others(folders: Sequence[Path], stem: str, files: Mapping[str, bytes], replaces: Sequence[Path]) -> list[str]:
    """Names among those wanted that are somebody else's."""
    found: list[str] = []
    for ending, data in files.items():
        for folder in folders:
            path = folder / f"{stem}{ending}"
            is_own = folder == folders[0] and not path.is_symlink() and _copied(path, replaces) is not None
            if os.path.lexists(path) and not is_own and not _holds(path, data):
                found.append(path.name)
    return found


def _written(
    folders: Sequence[Path], stem: str, files: Mapping[str, bytes], taken: str, replaces: Sequence[Path]
) -> Published:
    replaced: list[Path] = []
    made: list[Path] = []
    try:
        for ending, data in files.items():
            path = folders[0] / f"{stem}{ending}"
            if any(_holds(folder / path.name, data) for folder in folders):
                continue
            if (before := _copied(path, replaces)) is not None:
                write_atomically(path, data)
                replaced.append(before)
            else:
                create_atomically(path, data)
                made.append(path)
    except OSError:
        for path in made:
            path.unlink(missing_ok=True)
        raise
    return Published(stem=stem, taken=taken, replaced=tuple(replaced), is_new=bool(made or replaced))


def _copied(path: Path, sources: Sequence[Path]) -> Path | None:
    if path.suffix == WEIGHTS:
        return next((source for source in sources if is_copy(path, source) or has_same_weights(path, source)), None)
    return next((source for source in sources if is_copy(path, source)), None)


def _holds(path: Path, data: bytes) -> bool:
    """Whether the file has these contents."""
    if not path.is_file() or path.stat().st_size != len(data):
        return False
    with path.open("rb") as file:
        return all(file.read(_CHUNK) == data[start : start + _CHUNK] for start in range(0, len(data), _CHUNK))
