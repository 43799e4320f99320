"""One run a folder: a lock that the operating system lets go of when its holder dies."""

import os
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from ..errors import RunError


@contextmanager
def locked(path: Path) -> Generator[None]:
    """Hold `path` until the block ends; RunError names the process that holds it already.

    The file stays and holds the last owner's process id: one left by a dead process is simply taken over.
    """
    try:
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        raise RunError(f"{path} cannot be written: {error.strerror}. Choose a folder that you may write to.") from error
    try:
        if not _take(handle):
            owner = os.read(handle, 32).decode(errors="replace").strip() or "unknown"
            raise RunError(
                f"{path.parent} is in use by another run (process {owner}). Wait for it or choose another name."
            )
        os.ftruncate(handle, 0)
        os.write(handle, f"{os.getpid()}\n".encode())
        yield
    finally:
        os.close(handle)


if sys.platform == "win32":
    import msvcrt

    def _take(handle: int) -> bool:
        # Far beyond the process id, which others must still be able to read.
        os.lseek(handle, 1 << 20, os.SEEK_SET)
        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        finally:
            os.lseek(handle, 0, os.SEEK_SET)
        return True

else:
    import fcntl

    def _take(handle: int) -> bool:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True
