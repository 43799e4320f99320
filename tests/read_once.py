"""Models that the libraries have read from a folder are copied in memory when the same files are read again."""

import copy
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any


def read_once(kinds: list[Any]) -> None:
    """Every test that trains reads the tiny base anew, and most of what it costs is the libraries' own reading."""
    for kind in kinds:
        kind.from_pretrained = _copying(kind, kind.from_pretrained)


def _copying(kind: Any, read: Callable[..., Any]) -> Callable[..., Any]:
    held: dict[object, Any] = {}

    @wraps(read)
    def copied(folder: Any, **settings: Any) -> Any:
        key = (_files(Path(folder)), *sorted(settings.items(), key=lambda each: each[0]))
        if key not in held:
            held[key] = read(folder, **settings)
        return copy.deepcopy(held[key])

    return staticmethod(copied)  # type: ignore[return-value]


def _files(folder: Path) -> tuple[object, ...]:
    """What tells one state of a folder from another."""
    found = [(path, path.stat()) for path in sorted(folder.rglob("*")) if path.is_file()]
    return (str(folder), *((str(path), stat.st_ino, stat.st_size, stat.st_mtime_ns) for path, stat in found))
