"""Writing files whole or not at all."""

import errno
import os
import tempfile
from collections.abc import Callable
from pathlib import Path

from ..errors import DiskError

DRAFTS = ".*.part"
"""What a killed process may leave behind; safe to remove where nothing else writes."""


def write_atomically(path: Path, data: bytes) -> None:
    """Replace `path` by `data` in one step, making its folder. On DiskError, an OSError, the old file is untouched."""
    try:
        _written(path, data, Path.replace)
    except OSError as fault:
        raise DiskError(fault, path) from fault


def create_atomically(path: Path, data: bytes) -> None:
    """As `write_atomically`, but FileExistsError where anything lies at `path` by then."""
    try:
        _written(path, data, _moved_to_nothing)
    except FileExistsError:
        raise
    except OSError as fault:
        raise DiskError(fault, path) from fault


def _moved_to_nothing(scratch: Path, path: Path) -> None:
    if os.path.lexists(path):
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(path))
    try:
        os.link(scratch, path)
    except FileExistsError as fault:
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(path)) from fault
    except OSError:  # a file system without hard links: nobody can be kept out between the look and the move
        scratch.replace(path)
    else:
        scratch.unlink()


def _written(path: Path, data: bytes, put: Callable[[Path, Path], object]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name[:40]}.", suffix=".part")
    scratch = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        scratch.chmod(0o644)
        put(scratch, path)
    except BaseException as fault:
        scratch.unlink(missing_ok=True)
        if isinstance(fault, OSError) and fault.filename is None:
            fault.filename = str(path)  # a full disk does not say which file it was
        raise
