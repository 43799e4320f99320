"""SHA-256 of large files, remembered by their place, size and time, so that 7 GB are read once."""

import hashlib
import json
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import Any

from .atomic import write_atomically
from .user_cache import user_cache
from .values import json_file

_MOST_REMEMBERED = 2000


def file_sha256(path: Path) -> str:
    """The file's SHA-256 in hex; read again only when its size or time changed."""
    place = path.resolve()
    stat = place.stat()
    return _hashed(place, stat.st_size, stat.st_mtime_ns)


def files_fingerprint(paths: Iterable[Path]) -> str:
    """What files are called and hold, in 16 hex digits; those that are not there are left out."""
    held = [[path.name, path.stat().st_size, file_sha256(path)] for path in sorted(paths) if path.is_file()]
    return hashlib.sha256(json.dumps(held).encode()).hexdigest()[:16]


@lru_cache(maxsize=512)
def _hashed(place: Path, size: int, changed: int) -> str:
    """A comparison asks for the same few files once a picture, so what is known is not looked up on disk each time."""
    key, stamp = str(place), [size, changed]
    known = _remembered()
    kept = known.get(key)
    if isinstance(kept, list) and kept[:2] == stamp and isinstance(kept[2], str):
        return kept[2]
    with place.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    known[key] = [*stamp, digest]
    _remember(known)
    return digest


def _store() -> Path:
    return user_cache("hashes.json")


def _remembered() -> dict[str, Any]:
    try:
        return json_file(_store())
    except (OSError, ValueError):
        return {}


def _remember(known: dict[str, Any]) -> None:
    latest = dict(list(known.items())[-_MOST_REMEMBERED:])
    try:
        write_atomically(_store(), json.dumps(latest).encode())
    except OSError:
        # A full or read-only disk costs another reading next time and nothing else.
        return
