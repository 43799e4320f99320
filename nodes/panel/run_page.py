"""Tells the page how a run goes, event by event."""

from collections.abc import Iterable
from pathlib import Path

from ...trainer.errors import LikenessError
from ...trainer.training.run.events import Event, Sampled, read_events
from ..host.page import send, show_progress, view_of
from .live import Live
from .throttle import Pulse


class RunPage:
    """What the page of a run shows, from what the run has logged on."""

    def __init__(self, node: str, folder: Path) -> None:
        self._node = node
        self.live = Live(view_of)
        self._pulse = Pulse()
        for event in read_events(folder / "events.jsonl"):
            self.live.add(event)

    def follow(self, events: Iterable[Event]) -> None:
        """Show every event; also why a run stops before its end."""
        try:
            for event in events:
                self.live.add(event)
                if isinstance(event, Sampled) or self._pulse.is_due():
                    self._show()
        except LikenessError as stop:
            self.live.status = str(stop)
            raise
        finally:
            self._show()

    def _show(self) -> None:
        show_progress(self._node, self.live.step, max(self.live.steps, 1))
        send("likeness.train", {"node": self._node, **self.live.snapshot()})
