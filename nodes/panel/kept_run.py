"""What the page shows of a run that lies in its folder, before anything is queued."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...trainer.errors import RunError
from ..host.folders import run_folder
from ..host.routes import serve


def serve_kept_runs() -> None:
    """Let the page ask for the run of a name."""
    serve("/likeness/run", _answer)


def _answer(query: Mapping[str, str]) -> dict[str, Any]:
    return kept_run(query.get("name", ""))


def kept_run(name: str) -> dict[str, Any]:
    """The whole state of the run of that name as its log tells it; {} when there is none."""
    from ...trainer.training.run.folder import RunFolder
    from .run import is_followed, logged_state

    try:
        folder = run_folder(name)
    except RunError:
        return {}
    state = logged_state(folder)
    if not state.step and not state.is_finished:
        return {}
    if not state.is_finished and not is_followed(folder):
        saved = RunFolder(folder).checkpoints()
        kept = f", saved at step {saved[-1].step}; queue again to go on." if saved else "; queue again."
        state.status = f"Stopped at step {state.step} of {state.steps}{kept}"
    return {"run": name, **state.snapshot()}
