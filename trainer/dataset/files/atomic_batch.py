"""Many files that are to change together: written aside first, then moved into place."""

import errno
import shutil
import tempfile
from collections.abc import Generator, Iterable
from contextlib import contextmanager, suppress
from pathlib import Path

from ...errors import DatasetError, refusal
from ...storage.atomic import write_atomically


class AtomicBatch:
    """Files on their way to their places. Use within `atomic_batch`."""

    def __init__(self, aside: Path) -> None:
        self._aside = aside
        self._drafts: list[tuple[Path, Path]] = []
        self._leaving: list[Path] = []

    def write(self, path: Path, data: bytes) -> None:
        draft = self._aside / str(len(self._drafts))
        write_atomically(draft, data)
        self._drafts.append((draft, path))

    def remove(self, paths: Iterable[Path]) -> None:
        """Files that go when the others are in place, and folders that they leave empty."""
        self._leaving += paths

    def commit(self, folder: Path) -> None:
        for draft, path in self._drafts:
            path.parent.mkdir(parents=True, exist_ok=True)
            draft.replace(path)
        for path in self._leaving:
            path.unlink(missing_ok=True)
        for parent in {path.parent for path in self._leaving} - {folder}:
            with suppress(OSError):  # what is left in it is somebody else's
                parent.rmdir()


@contextmanager
def atomic_batch(folder: Path) -> Generator[AtomicBatch]:
    """Write files below `folder`: all move into place when the block ends, none when it raises.

    Within the block every old file can still be read. A folder made for nothing goes again. DatasetError when the
    disk refuses.
    """
    aside: Path | None = None
    made: list[Path] = []
    try:
        made = [path for path in (folder, *folder.parents) if not path.exists()]
        folder.mkdir(parents=True, exist_ok=True)
        aside = Path(tempfile.mkdtemp(dir=folder, prefix=".", suffix=".part"))
        batch = AtomicBatch(aside)
        yield batch
        batch.commit(folder)
        made = []
    except OSError as fault:
        if fault.errno == errno.ENAMETOOLONG:
            raise DatasetError(refusal(fault, folder)) from fault
        why = fault.strerror or str(fault)
        raise DatasetError(f"Cannot write into {folder}: {why}. Free some space or choose another folder.") from fault
    finally:
        if aside is not None:
            shutil.rmtree(aside, ignore_errors=True)
        with suppress(OSError):  # somebody else's files are in it by now
            for path in made:
                path.rmdir()
