"""A past run removed from the page's sidebar: what goes is told first, and it goes only if that is still the same."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...trainer.errors import LikenessError, RunError, shortened
from ...trainer.runtime.lock import is_locked
from ..host.folders import run_folder, runs
from ..host.routes import serve, serve_change

_MOST_LETTERS = 400
_MOST_NAMED = 20
_LOCKS = ("lock", "lock.owner")


def serve_removing() -> None:
    """Let the page ask what would go with a run, and have it removed."""
    serve("/likeness/runs/removal", _removal)
    serve_change("/likeness/runs/remove", remove)


def _removal(query: Mapping[str, str]) -> dict[str, Any]:
    try:
        return removal(query.get("name", ""))
    except LikenessError as fault:
        return {"fault": shortened(str(fault), _MOST_LETTERS)}


def removal(name: str) -> dict[str, Any]:
    """What would go with the run of that name, kind by kind, and what would stay, as nobody here made it."""
    from ...trainer.upkeep.names import kind_in_run
    from ...trainer.upkeep.places import files_below

    _check(name)
    folder = run_folder(name)
    parts: dict[str, list[int]] = {}
    stays: list[str] = []
    for path in files_below(folder):
        inside = path.relative_to(folder).as_posix()
        kind = kind_in_run(inside)
        if not kind:
            stays.append(inside)
        elif path.name not in _LOCKS:
            part = parts.setdefault(kind, [0, 0])
            part[0] += 1
            part[1] += path.stat().st_size
    return {
        "name": name,
        "files": sum(files for files, _ in parts.values()),
        "bytes": sum(size for _, size in parts.values()),
        "parts": [{"what": kind, "files": files, "bytes": size} for kind, (files, size) in sorted(parts.items())],
        "stays": stays[:_MOST_NAMED],
        "is_running": is_locked(folder / "lock"),
    }


def remove(question: Any) -> dict[str, Any]:
    """Remove the run that a question {"name", "files", "bytes"} names, where that is still what would go."""
    from ...trainer.upkeep.remove_run import remove_run

    given: Mapping[str, Any] = question if isinstance(question, dict) else {}
    name = given.get("name")
    if not isinstance(name, str):
        raise RunError("No run is named; reload the page.")
    told = removal(name)
    if told["is_running"]:
        raise RunError(f"The run {shortened(name)!r} is at work; cancel it first.")
    if (told["files"], told["bytes"]) != (given.get("files"), given.get("bytes")):
        raise RunError(f"The run {shortened(name)!r} has changed since; look again at what goes with it.")
    done = remove_run(run_folder(name))
    return {"removed": name, "files": done.files, "bytes": done.bytes, "left": list(done.left)}


def _check(name: str) -> None:
    if name not in runs():
        raise RunError(f"There is no run {shortened(name)!r} in output/likeness; reload the list.")
