"""What the page and the running graph tell each other: progress, messages, Cancel, and where pictures are seen."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import comfy.model_management as management
import folder_paths
from comfy_execution.graph import ExecutionBlocker
from comfy_execution.progress import get_progress_state
from server import PromptServer

from ...trainer.errors import Cancelled


def is_cancelled() -> bool:
    """Whether the user pressed Cancel. Only asks: the host's own check would clear the flag."""
    return management.processing_interrupted()


def stop_if_cancelled() -> None:
    """Raise Cancelled once the user pressed Cancel; for loops of our own within `cancellable`."""
    if is_cancelled():
        raise Cancelled("Stopped; run again to start anew.")


@contextmanager
def cancellable() -> Iterator[None]:
    """Turn the engine's Cancelled into the exception that the host takes for a Cancel, and tell the page its words."""
    try:
        yield
    except Cancelled as stop:
        send("likeness.stopped", {"node": getattr(_server(), "last_node_id", None), "text": str(stop)})
        management.interrupt_current_processing(False)
        raise management.InterruptProcessingException from stop


def withheld(why: str | None) -> Any:
    """An output that there is not: a node that is wired to it does not run and says why, or nothing for None."""
    return ExecutionBlocker(why)


def show_progress(node: str, done: float, total: float) -> None:
    """Move the bar on a node. Unlike the host's ProgressBar it leaves Cancel to us."""
    get_progress_state().update_progress(node, done, total)


def send(event: str, data: dict[str, Any]) -> None:
    """Send an event to the page that queued the running graph, with the prompt that it is of: node ids repeat.

    What a loop unrolls into has ids of its own, which the page knows nothing of: it is told of the node that it shows.
    """
    server = _server()
    if server is not None:
        shown = {"node": _shown(data["node"])} if data.get("node") else {}
        told = {"prompt": getattr(server, "last_prompt_id", None), **data, **shown}
        server.send_sync(event, told, server.client_id)


def _shown(node: str) -> str:
    graph = getattr(get_progress_state(), "dynprompt", None)
    return node if graph is None else graph.get_display_node_id(node)


def view_of(path: Path) -> dict[str, str] | None:
    """How the page asks the host for a file of the output folder; None for files elsewhere."""
    root = Path(folder_paths.get_output_directory()).resolve()
    resolved = path.resolve()
    if not resolved.is_relative_to(root):
        return None
    inside = resolved.relative_to(root)
    subfolder = "" if inside.parent == Path() else inside.parent.as_posix()
    return {"filename": inside.name, "subfolder": subfolder, "type": "output"}


def _server() -> Any:
    return getattr(PromptServer, "instance", None)
