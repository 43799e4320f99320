"""The list of past runs that the page's sidebar shows, a few at a time: there may be hundreds."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...trainer.errors import LikenessError, RunError, shortened
from ..host.folders import run_folder, runs
from ..host.lora_files import loras_of_run
from ..host.pictures import small_jpeg
from ..host.routes import serve, serve_picture
from .kept_workflow import has_workflow

if TYPE_CHECKING:
    from ...trainer.training.run.past_runs import RunEntry

_MOST_AT_ONCE = 40
_MOST_LETTERS = 400
_PARTS = ("", "events.jsonl", "recipe.json", "dataset.json", "base.json", "checkpoints", "samples", "state", "cache")
"""Whatever a run does changes one of these."""
_known: dict[Path, tuple[tuple[int, ...], RunEntry]] = {}


def serve_past_runs() -> None:
    """Let the page list the runs, tell of some of them, and show what they drew last."""
    serve("/likeness/runs", lambda _: {"runs": named_runs()})
    serve("/likeness/runs/told", lambda query: {"runs": told_runs(query.get("names", ""))})
    serve_picture("/likeness/runs/picture", lambda query: last_picture(query.get("name", "")))


def named_runs() -> list[dict[str, Any]]:
    """Every run by its name and when it was last at work, the newest first; nothing else of it is read."""
    from ...trainer.training.run.past_runs import last_written

    found: list[dict[str, Any]] = []
    for name in runs():
        try:
            found.append({"name": name, "at": last_written(run_folder(name))})
        except (LikenessError, OSError):  # a link, which the node will tell; or gone meanwhile
            continue
    return sorted(found, key=lambda row: (-row["at"], row["name"]))


def told_runs(names: str) -> list[dict[str, Any]]:
    """The runs of these names, which `/` parts; names of none are left out."""
    asked = list(dict.fromkeys(name for name in names.split("/") if name))[:_MOST_AT_ONCE]
    known = set(runs())
    return [row for name in asked if name in known and (row := told_run(name)) is not None]


def told_run(name: str) -> dict[str, Any] | None:
    """One run as a row of the list; None where it is gone meanwhile."""
    from ...trainer.training.run.folder import RunFolder
    from ...trainer.training.run.past_runs import entry_json

    try:
        folder = run_folder(name)
        entry = _entry(folder)
    except (LikenessError, OSError):
        return None
    return {
        **entry_json(entry),
        "fault": shortened(entry.fault, _MOST_LETTERS),
        "picture": RunFolder(folder).last_sample() is not None,
        "loras": loras_of_run(name),
        "has_workflow": has_workflow(folder),
    }


def last_picture(name: str) -> bytes:
    """A small JPEG of the last sample of a run; RunError where there is none."""
    from ...trainer.training.run.folder import RunFolder

    path = RunFolder(run_folder(name)).last_sample()
    if path is None:
        raise RunError(f"The run {shortened(name)!r} has drawn nothing.")
    return small_jpeg(path)


def _entry(folder: Path) -> RunEntry:
    """Read anew only where the run was at work since; whether it is at work now is asked each time."""
    from dataclasses import replace

    from ...trainer.runtime.lock import is_locked
    from ...trainer.training.run.past_runs import run_entry

    now = _signature(folder)
    if folder not in _known or _known[folder][0] != now:
        _known[folder] = now, run_entry(folder)
    return replace(_known[folder][1], is_running=is_locked(folder / "lock"))


def _signature(folder: Path) -> tuple[int, ...]:
    paths = [folder / part for part in _PARTS]
    paths += folder.glob("report*/report.json")
    return tuple(path.stat().st_mtime_ns if path.exists() else 0 for path in paths)
