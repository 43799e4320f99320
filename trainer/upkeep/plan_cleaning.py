"""Everything that the pack keeps in a ComfyUI, what it takes on the disk, and who needs it."""

import time
from collections.abc import Iterator
from pathlib import Path

from ..training.run.run_names import run_names
from .groups import gathered
from .kept import Kept
from .names import is_draft
from .pictures import parts_of_compared, parts_of_pictures, parts_of_previews
from .places import Places, files_below
from .run_parts import Run, parts_of_run, seed_runs
from .run_state import starts_of, state_of

IDLE_DAYS = 30
"""So long nobody has read or written what counts as not needed by any graph that is open."""
_DAY = 86400


def plan_cleaning(places: Places, *, idle_days: float = IDLE_DAYS) -> tuple[Kept, ...]:
    """One item for each kind of file in each place, the largest first; nothing is changed.

    Pictures, previews and runs that learned nothing are needed while they were used within `idle_days`.
    """
    since = _since(idle_days)
    folders = run_folders(places)
    starts = starts_of(folders)
    items = [
        *(item for folder in folders for item in _parts_of_run(places, folder, starts, since)),
        *_of_no_run(places, since),
        *_told(places, since),
    ]
    return tuple(sorted(items, key=lambda item: (-item.bytes, str(item.where), item.what, item.needed)))


def may_go_now(places: Places, run: Path | None, *, idle_days: float, is_mine: bool) -> frozenset[Path]:
    """Files that may go of one run, or with None of what is no run's; with `is_mine` the caller holds its lock."""
    since = _since(idle_days)
    if run is None:
        items = (*_of_no_run(places, since), *_told(places, since))
    else:
        items = _parts_of_run(places, run, starts_of(run_folders(places)), since, is_mine=is_mine)
    return frozenset(path for item in items if item.may_go for path in item.files)


def run_folders(places: Places) -> list[Path]:
    """Of every run and of its other seeds; a folder that is a link is none."""
    folders = [] if places.runs.is_symlink() else [places.runs / name for name in run_names(places.runs)]
    folders = [folder for folder in folders if not folder.is_symlink()]
    return [*folders, *(seed for folder in folders for seed in seed_runs(folder))]


def _parts_of_run(
    places: Places, folder: Path, starts: frozenset[str], since: float, *, is_mine: bool = False
) -> tuple[Kept, ...]:
    state = state_of(folder, is_mine=is_mine)
    return parts_of_run(Run(folder=folder, state=state, starts=starts, loras=places.loras, since=since))


def _of_no_run(places: Places, since: float) -> tuple[Kept, ...]:
    return (
        *parts_of_pictures(places, since),
        *parts_of_compared(places, since),
        *parts_of_previews(places, since),
    )


def _since(idle_days: float) -> float:
    return time.time() - idle_days * _DAY


def _told(places: Places, since: float) -> Iterator[Kept]:
    """What is told for its size; half-written files among saved datasets may go."""
    for what, folder, why in places.told:
        files = list(files_below(folder))
        yield from gathered(
            (path, ("drafts", folder, "" if path.stat().st_mtime < since else "being written, perhaps"))
            for path in files
            if what == "datasets" and is_draft(path)
        )
        yield from gathered((path, (what, folder, why)) for path in files if what != "datasets" or not is_draft(path))
