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
        if _is_link(place):
            return place
    return None


def link_within(folder: Path) -> Path | None:
    """A link among the files and folders at any depth in `folder`; None without one, or without a folder."""
    return next((Path(entry.path) for entry in _entries(folder) if _is_link(Path(entry.path))), None)


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


def _is_link(path: Path) -> bool:
    try:
        return path.is_symlink() or getattr(path.lstat(), "st_reparse_tag", 0) == _JUNCTION
    except OSError:
        return False
