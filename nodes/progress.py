"""Tells the page how a node's work goes, picture by picture."""

from collections.abc import Callable

from . import host
from .pulse import Pulse

Progress = Callable[[int, int, str], None]


def telling(node: str, what: str) -> Progress:
    """A progress function for the engine, called with steps done, steps in all and a picture's name.

    It moves the node's bar and says `what` is going on with which picture, a few times a second.
    """
    pulse = Pulse()

    def tell(done: int, total: int, name: str) -> None:
        if done >= total or pulse.is_due():
            host.show_progress(node, done, max(total, 1))
            host.send("likeness.note", {"node": node, "text": f"{what} {name}: {done} of {total}"})

    return tell
