"""The runs that lie in a folder: what each was, how far it got, and what it takes on the disk."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from math import isfinite
from pathlib import Path
from typing import Any, Literal, cast

from ...errors import LikenessError
from ...families.registry import spec_of
from ...runtime.lock import is_locked
from .events import Event, Finished, Sampled, Stepped
from .folder import RunFolder, read_run
from .log_end import last_events
from .past_run import chosen_label, mean_of, read_recipe
from .run_names import run_names

State = Literal["running", "finished", "stopped", "cannot be read"]


@dataclass(frozen=True, kw_only=True)
class RunEntry:
    """One run of a list. `bytes` are all that lie in its folder, `changed` when its log was last written, local time,
    and `at` the same in seconds since 1970. `chosen` is the checkpoint that its newest comparison chose, "" for none.

    `fault` says why it cannot be read; then only name, bytes and time are told.
    """

    name: str
    bytes: int
    changed: str
    at: float = 0.0
    base: str = ""
    family: str = ""
    pictures: int = 0
    step: int = 0
    steps: int = 0
    is_finished: bool = False
    is_running: bool = False
    likeness: float | None = None
    checkpoints: int = 0
    chosen: str = ""
    fault: str = ""

    @property
    def state(self) -> State:
        if self.is_running:
            return "running"
        if self.fault:
            return "cannot be read"
        return "finished" if self.is_finished else "stopped"


def past_runs(folder: Path) -> tuple[RunEntry, ...]:
    """The runs in `folder`, the newest first."""
    found = [run_entry(folder / name) for name in run_names(folder)]
    return tuple(sorted(found, key=lambda entry: entry.changed, reverse=True))


def run_entry(folder: Path) -> RunEntry:
    """One run in few words; of its log only the end is read."""
    size, at = sum(_sizes(folder)), last_written(folder)
    known: dict[str, Any] = {
        "name": folder.name,
        "bytes": size,
        "at": at,
        "changed": datetime.fromtimestamp(at).strftime("%Y-%m-%d %H:%M"),
        "is_running": is_locked(folder / "lock"),
    }
    try:
        dataset, base = read_run(folder)
        recipe, family = read_recipe(folder), spec_of(base).title
    except LikenessError as fault:
        return RunEntry(**known, fault=str(fault))
    run = RunFolder(folder)
    last = last_events(run.log, {Stepped: _any, Sampled: _is_measured, Finished: _any})
    stepped = cast(Stepped | None, last.get(Stepped))
    return RunEntry(
        **known,
        base=base.name,
        family=family,
        pictures=len(dataset.train),
        step=stepped.step if stepped else 0,
        steps=stepped.steps if stepped else recipe.schedule.steps,
        is_finished=Finished in last,
        likeness=mean_of(cast(Sampled, last[Sampled])) if Sampled in last else None,
        checkpoints=len(run.checkpoints()),
        chosen=chosen_label(folder),
    )


def last_written(folder: Path) -> float:
    """When the run's log was last written, in seconds since 1970."""
    log = folder / "events.jsonl"
    return (log if log.is_file() else folder).stat().st_mtime


def _any(_: Event) -> bool:
    return True


def _is_measured(event: Event) -> bool:
    measured = event.likeness if isinstance(event, Sampled) else ()
    return any(value is not None and isfinite(value) for value in measured)


def entry_json(entry: RunEntry) -> dict[str, Any]:
    return {**asdict(entry), "state": entry.state}


def entry_line(entry: RunEntry) -> str:
    """`sage: demo base, 400 of 400 steps, finished, likeness 0.61, 8 checkpoints, 120 MB, 2026-11-29 09:00`."""
    size = f"{entry.bytes / 1e9:.1f} GB" if entry.bytes >= 1e9 else f"{entry.bytes / 1e6:.0f} MB"
    if entry.fault:
        return f"{entry.name}: cannot be read, {size}, {entry.changed}. {entry.fault}"
    ended = {"stopped": "not finished"}.get(entry.state, entry.state)
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
