"""Tells the page how a node's work goes, picture by picture."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable
from typing import TYPE_CHECKING

from ..host.page import send, show_progress
from .throttle import Pulse

if TYPE_CHECKING:
    from PIL.Image import Image

Progress = Callable[[int, int, str], None]


def telling(node: str, what: str) -> Progress:
    """A progress function for the engine, called with steps done, steps in all and a picture's name.

    It moves the node's bar and says `what` is going on with which picture, a few times a second.
    """
    pulse = Pulse()

    def tell(done: int, total: int, name: str) -> None:
        if done >= total or pulse.is_due():
            show_progress(node, done, max(total, 1))
            send("likeness.note", {"node": node, "text": f"{what} {name}: {done} of {total}"})

    return tell


def show_picture(node: str, done: int, total: int, text: str, picture: Image) -> None:
    """Moves the node's bar and shows a picture on its panel with a line beneath, until the node is done.

    The host's own preview would stay before what the node made.
    """
    jpeg = io.BytesIO()
    picture.save(jpeg, "JPEG", quality=85)
    url = f"data:image/jpeg;base64,{base64.b64encode(jpeg.getvalue()).decode()}"
    show_progress(node, done, max(total, 1))
    send("likeness.note", {"node": node, "text": text, "picture": url})
