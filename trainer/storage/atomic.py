"""Writing files whole or not at all."""

import os
import tempfile
from pathlib import Path

from ..errors import DiskError

DRAFTS = ".*.part"
"""What a killed process may leave behind; safe to remove where nothing else writes."""


def write_atomically(path: Path, data: bytes) -> None:
    """Replace `path` by `data` in one step, making its folder. On DiskError, an OSError, the old file is untouched."""
    try:
        _replace(path, data)
    except OSError as fault:
        raise DiskError(fault, path) from fault


def _replace(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name[:40]}.", suffix=".part")
    scratch = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        scratch.chmod(0o644)
        scratch.replace(path)
    except BaseException as fault:
        scratch.unlink(missing_ok=True)
        if isinstance(fault, OSError) and fault.filename is None:
            fault.filename = str(path)  # a full disk does not say which file it was
        raise
