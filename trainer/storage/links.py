"""Links that would lead what is written to another place."""

import os
from collections.abc import Iterator
from pathlib import Path

_JUNCTION = 0xA0000003
"""Windows' tag of a folder that leads elsewhere, which is no symbolic link."""


def link_on_the_way(root: Path, path: Path) -> Path | None:
    """The first part of `path` below `root` that is a link; None without one. `root` itself may be one."""
    place = root
    for part in path.relative_to(root).parts:
        place = place / part
        if place.is_symlink() or (place.exists() and _is_junction(place)):
            return place
    return None


def link_within(folder: Path) -> Path | None:
    """A link among the files and folders at any depth in `folder`; None without one, or without a folder."""
    found = (Path(entry.path) for entry in _entries(folder) if entry.is_symlink() or _is_junction(entry.path))
    return next(found, None)


def _entries(folder: Path) -> Iterator[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as found:
            entries = list(found)
    except (FileNotFoundError, NotADirectoryError):
        return
    for entry in entries:
        yield entry
        if entry.is_dir(follow_symlinks=False):
            yield from _entries(Path(entry.path))


def _is_junction(path: str | Path) -> bool:
    return os.name == "nt" and getattr(os.lstat(path), "st_reparse_tag", 0) == _JUNCTION
