"""Taking away what is no longer needed: looked at again, under the run's lock, before each file goes."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path

from ..errors import Cancelled, RunError
from ..runtime.lock import locked
from ..runtime.work import Ask, never
from .kept import Kept
from .places import Places
from .plan_cleaning import IDLE_DAYS, may_go_now
from .remove_run import remove_run
from .run_state import LOCK


@dataclass(frozen=True, kw_only=True)
class Cleaned:
    """How many files went, their bytes, and what was left in place of going, in sentences."""

    files: int = 0
    bytes: int = 0
    left: tuple[str, ...] = ()


def clean(items: Iterable[Kept], places: Places, *, idle_days: float = IDLE_DAYS, cancelled: Ask = never) -> Cleaned:
    """Remove the files of those items that may go, and are not needed by now either.

    Killed at any moment it leaves runs whole: what goes is not needed by them, and the same call again removes the
    rest. A run that is at work, and a file that the system refuses to remove, is left and told. Raises Cancelled
    between two places.
    """
    by_run: defaultdict[Path | None, list[Kept]] = defaultdict(list)
    for item in items:
        if item.may_go:
            by_run[item.run].append(item)
    files, size, left = 0, 0, list[str]()
    for run, wanted in by_run.items():
        if cancelled():
            raise Cancelled(f"Stopped; {files} files were removed. Clean up again for the rest.")
        try:
            done = _cleaned(run, wanted, places, idle_days)
        except RunError as fault:
            left.append(str(fault))
            continue
        files, size = files + done.files, size + done.bytes
        left += done.left
    return Cleaned(files=files, bytes=size, left=tuple(left))


def _cleaned(run: Path | None, wanted: Sequence[Kept], places: Places, idle_days: float) -> Cleaned:
    if run is not None and any(item.what == "empty runs" for item in wanted):
        return _emptied(run, places, idle_days)
    with ExitStack() as held:
        if run is not None:
            held.enter_context(locked(run / LOCK))
        may_go = may_go_now(places, run, idle_days=idle_days, is_mine=True)
        return _removed([path for item in wanted for path in item.files if path in may_go], places)


def _emptied(run: Path, places: Places, idle_days: float) -> Cleaned:
    if not may_go_now(places, run, idle_days=idle_days, is_mine=False) or not places.within(run):
        return Cleaned(left=(f"{run} has gone on meanwhile.",))
    gone = remove_run(run, only_if_empty=True)
    return Cleaned(files=gone.files, bytes=gone.bytes, left=gone.left)


def _removed(paths: Sequence[Path], places: Places) -> Cleaned:
    files, size, left = 0, 0, list[str]()
    # `state.json` first: without it the rest is no state, and nobody reads half of one.
    for path in sorted(paths, key=lambda path: path.name != "state.json"):
        if not places.within(path) or path.is_symlink() or not path.is_file():
            continue
        try:
            bytes_of = path.stat().st_size
            path.unlink()
        except OSError as fault:
            left.append(f"{path} cannot be removed: {fault.strerror or fault}.")
            continue
        files, size = files + 1, size + bytes_of
    for folder in sorted({path.parent for path in paths}, key=lambda path: -len(path.parts)):
        if places.within(folder):
            with suppress(OSError):  # others' files lie in it
                folder.rmdir()
    return Cleaned(files=files, bytes=size, left=tuple(left))
