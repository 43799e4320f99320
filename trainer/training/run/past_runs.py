"""The runs that lie in a folder: what each was, how far it got, and what it takes on the disk."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from ...errors import LikenessError
from .folder import RunFolder
from .past_run import read_past_run
from .run_names import run_names


@dataclass(frozen=True, kw_only=True)
class RunEntry:
    """One run of a list. `bytes` are all that lie in its folder, `changed` when its log was last written, local time.

    `fault` says why it cannot be read; then only name, bytes and time are told.
    """

    name: str
    bytes: int
    changed: str
    base: str = ""
    pictures: int = 0
    step: int = 0
    steps: int = 0
    is_finished: bool = False
    likeness: float | None = None
    checkpoints: int = 0
    fault: str = ""


def past_runs(folder: Path) -> tuple[RunEntry, ...]:
    """The runs in `folder`, the newest first."""
    found = [run_entry(folder / name) for name in run_names(folder)]
    return tuple(sorted(found, key=lambda entry: entry.changed, reverse=True))


def run_entry(folder: Path) -> RunEntry:
    """One run in few words."""
    size, changed = sum(_sizes(folder)), _changed(folder)
    try:
        run = read_past_run(folder)
    except LikenessError as fault:
        return RunEntry(name=folder.name, bytes=size, changed=changed, fault=str(fault))
    result = run.result
    return RunEntry(
        name=run.name,
        bytes=size,
        changed=changed,
        base=run.base.name,
        pictures=len(run.dataset.train),
        step=result.step,
        steps=result.steps,
        is_finished=result.is_finished,
        likeness=result.last_likeness,
        checkpoints=len(RunFolder(folder).checkpoints()),
    )


def entry_json(entry: RunEntry) -> dict[str, Any]:
    return asdict(entry)


def entry_line(entry: RunEntry) -> str:
    """`sage: demo base, 400 of 400 steps, finished, likeness 0.61, 8 checkpoints, 120 MB, 2026-11-29 09:00`."""
    size = f"{entry.bytes / 1e9:.1f} GB" if entry.bytes >= 1e9 else f"{entry.bytes / 1e6:.0f} MB"
    if entry.fault:
        return f"{entry.name}: cannot be read, {size}, {entry.changed}. {entry.fault}"
    ended = "finished" if entry.is_finished else "not finished"
    likeness = [] if entry.likeness is None else [f"likeness {entry.likeness:.2f}"]
    count = f"{entry.checkpoints} checkpoint{'' if entry.checkpoints == 1 else 's'}"
    parts = [entry.base, f"{entry.step} of {entry.steps} steps", ended, *likeness, count, size, entry.changed]
    return f"{entry.name}: {', '.join(parts)}"


def _sizes(folder: Path) -> Iterator[int]:
    for path in folder.rglob("*"):
        try:
            if path.is_file() and not path.is_symlink():
                yield path.stat().st_size
        except OSError:  # gone meanwhile: a run may be at work there
            continue


def _changed(folder: Path) -> str:
    log = folder / "events.jsonl"
    written = (log if log.is_file() else folder).stat().st_mtime
    return datetime.fromtimestamp(written).strftime("%Y-%m-%d %H:%M")
