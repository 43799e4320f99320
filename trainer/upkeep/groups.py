"""Files gathered into what is told of them: a kind, a place, who needs it."""

from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

from .kept import Kept

Verdict = tuple[str, Path, str]
"""What a file is, the folder it is told with, and who needs it."""


def gathered(files: Iterable[tuple[Path, Verdict]], run: Path | None = None) -> tuple[Kept, ...]:
    """One item for each verdict; files that are gone meanwhile are left out."""
    found: defaultdict[Verdict, list[tuple[Path, int, float]]] = defaultdict(list)
    for path, verdict in files:
        try:
            stat = path.stat()
        except OSError:
            continue
        found[verdict].append((path, stat.st_size, last_use(stat.st_mtime, stat.st_atime)))
    return tuple(
        Kept(
            what=what,
            where=where,
            files=tuple(path for path, _, _ in parts),
            bytes=sum(size for _, size, _ in parts),
            used=max(used for _, _, used in parts),
            needed=needed,
            run=run,
        )
        for (what, where, needed), parts in found.items()
    )


def last_use(written: float, read: float) -> float:
    """Where a file system does not note reading, the time of writing counts."""
    return max(written, read)


def used_since(path: Path, then: float) -> bool:
    """Whether a file was read or written after `then`; one that is gone or refuses counts as used."""
    try:
        stat = path.stat()
    except OSError:
        return True
    return last_use(stat.st_mtime, stat.st_atime) > then


def written_since(path: Path, then: float) -> bool:
    """As `used_since`, of writing alone."""
    try:
        return path.stat().st_mtime > then
    except OSError:
        return True
