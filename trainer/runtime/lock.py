"""One run a folder: a lock that the operating system lets go of when its holder dies."""

import os
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from ..errors import RunError


@contextmanager
def locked(path: Path) -> Generator[None]:
    """Hold `path` until the block ends; RunError names the process that holds it already.

    The process id lies beside it, since taking a lock empties its file. One left by a dead process is taken over.
    """
    from filelock import FileLock, Timeout

    owner, lock = path.with_name(f"{path.name}.owner"), FileLock(path)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise RunError(
            f"{path.parent} is in use by another run (process {_read(owner)}). Wait for it or choose another name."
        ) from None
    except OSError as error:
        raise RunError(f"{path} cannot be written: {error.strerror}. Choose a folder that you may write to.") from error
    try:
        owner.write_text(f"{os.getpid()}\n")
        yield
    finally:
        lock.release()


def _read(owner: Path) -> str:
    try:
        return owner.read_text().strip() or "unknown"
    except OSError:
        return "unknown"


def is_locked(path: Path) -> bool:
    """Whether somebody holds `path` now; makes nothing. True where that cannot be told."""
    from filelock import FileLock, Timeout

    if not path.is_file():
        return False
    try:
        with FileLock(path, timeout=0):
            return False
    except (Timeout, OSError):
        return True
