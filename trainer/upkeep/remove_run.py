"""A run taken away whole, in an order that leaves a run that is known for what it is at every moment."""

from collections.abc import Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path

from ..errors import RunError
from ..runtime.lock import locked
from ..storage.links import link_within
from ..training.run.identity import CLAIM as CLAIM_FILES
from ..training.run.identity import refuse_foreign
from .names import CLAIM, kind_in_run
from .places import files_below
from .run_parts import seed_runs
from .run_state import LOCK, state_of

_LOCKS = (LOCK, f"{LOCK}.owner")


@dataclass(frozen=True, kw_only=True)
class RemovedRun:
    """How many files went and their bytes; `left` names what stays, since this pack did not make it."""

    files: int
    bytes: int
    left: tuple[str, ...] = ()


def remove_run(folder: Path, *, only_if_empty: bool = False) -> RemovedRun:
    """Remove the run in `folder` with its checkpoints, other seeds, samples and comparisons, and nothing else.

    What the pack did not make stays, with the folder around it. Killed at any moment what is left is a run by its
    name, which can be removed again: what says whose it is goes last. RunError where there is no run, where it is at
    work, where a link lies in it, and with `only_if_empty` where it has learned something.
    """
    if folder.is_symlink() or not (folder / CLAIM_FILES[-1]).is_file():
        raise RunError(f"{folder} holds no run; there is nothing to remove.")
    if link := link_within(folder):
        raise RunError(f"{link} links to another place, and nothing is removed beside it; remove the link first.")
    refuse_foreign(folder)
    runs = [folder, *seed_runs(folder)]
    with ExitStack() as held:
        for run in runs:
            held.enter_context(locked(run / LOCK))
        if only_if_empty and any(_has_learned(run) for run in runs):
            raise RunError(f"{folder} has learned something meanwhile and stays.")
        files, size = _unlinked(_in_order(folder))
    for run in reversed(runs):
        _let_go(run)
    left = tuple(path.relative_to(folder).as_posix() for path in files_below(folder))
    return RemovedRun(files=files, bytes=size, left=left)


def _has_learned(run: Path) -> bool:
    state = state_of(run, is_mine=True)
    return bool(state.fault) or state.has_learned


def _in_order(folder: Path) -> Iterator[Path]:
    """State and log first, then all else; what says whose the run is last, and its recipe at the very end."""
    ours = [path for path in files_below(folder) if kind_in_run(path.relative_to(folder).as_posix())]
    ours = [path for path in ours if path.name not in _LOCKS]
    yield from sorted(ours, key=lambda path: (_rank(path), path.parent == folder, path.as_posix()))


def _rank(path: Path) -> int:
    if path.name in ("state.json", CLAIM[0]):
        return 0
    return 2 + CLAIM.index(path.name) if path.name in CLAIM else 1


def _unlinked(paths: Iterator[Path]) -> tuple[int, int]:
    count, size = 0, 0
    for path in paths:
        try:
            bytes_of = path.stat().st_size
            path.unlink()
        except FileNotFoundError:
            continue
        except OSError as fault:
            raise RunError(
                f"{path} cannot be removed: {fault.strerror or fault}. The rest of the run stays."
            ) from fault
        count, size = count + 1, size + bytes_of
    return count, size


def _let_go(run: Path) -> None:
    """The lock's own files, then folders that are empty by now."""
    if not (run / CLAIM_FILES[-1]).exists():
        for name in _LOCKS:
            with suppress(OSError):
                (run / name).unlink(missing_ok=True)
    folders = sorted((path for path in run.rglob("*") if path.is_dir()), key=lambda path: -len(path.parts))
    for folder in (*folders, run):
        with suppress(OSError):  # others' files lie in it
            folder.rmdir()
