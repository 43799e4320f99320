"""The workflow that a run was trained by, kept in its folder, so that it can be opened and gone on with later."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from ...trainer.errors import RunError

_FILE = "workflow.json"
_MOST = 16 << 20
"""Bytes; a workflow that carries more than its nodes is not kept."""


def keep_workflow(folder: Path, extra: Any) -> None:
    """Write what the page sent with the prompt beside the run that it is of; nothing where it sent none."""
    from ...trainer.storage.atomic import write_atomically

    workflow = cast(Mapping[str, Any], extra).get("workflow") if isinstance(extra, Mapping) else None
    if not isinstance(workflow, Mapping):
        return
    data = json.dumps(workflow, ensure_ascii=False).encode("utf-8", "surrogatepass")
    path = folder / _FILE
    if len(data) > _MOST or path.is_symlink():
        return
    try:
        if not path.is_file() or path.read_bytes() != data:
            write_atomically(path, data)
    except OSError:  # the run is worth more than this; where the disk is full it will say so itself
        return


def has_workflow(folder: Path) -> bool:
    return (folder / _FILE).is_file()


def workflow_of(folder: Path) -> dict[str, Any]:
    """The workflow that was kept; RunError where there is none that can be read."""
    path = folder / _FILE
    try:
        if path.stat().st_size > _MOST:
            raise ValueError("it is too large")
        found: Any = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(found, dict) or "nodes" not in found:
            raise ValueError("it is no workflow")
    except (OSError, ValueError, RecursionError) as fault:
        raise RunError(f"{path.name} of the run {folder.name!r} cannot be read ({fault}).") from fault
    return cast(dict[str, Any], found)
