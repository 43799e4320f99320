"""Tells the page how a node's work goes: how often, how long it takes in words, and picture by picture."""

from __future__ import annotations

import base64
import io
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from ..host.page import send, show_progress

if TYPE_CHECKING:
    from PIL.Image import Image

Progress = Callable[[int, int, str], None]
_SECONDS_BETWEEN = 0.25
_SHOWN = 512
"""Side of the pictures that come with messages, in pixels: a panel shows them at 200."""


class Throttle:
    """Says yes at most a few times a second, so that quick steps do not flood the page."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._last = -_SECONDS_BETWEEN

    def is_due(self) -> bool:
        now = self._now()
        if now - self._last < _SECONDS_BETWEEN:
            return False
        self._last = now
        return True


def reporter(node: str, what: str) -> Progress:
    """A progress function for the engine, called with steps done, steps in all and a picture's name.

    It moves the node's bar and says `what` is going on with which picture, a few times a second.
    """
    throttle = Throttle()

    def progress(done: int, total: int, name: str) -> None:
        if done >= total or throttle.is_due():
            show_progress(node, done, max(total, 1))
            send("likeness.note", {"node": node, "text": f"{what} {name}: {done} of {total}"})

    return progress


def show_picture(node: str, done: int, total: int, text: str, picture: Image) -> None:
    """Moves the node's bar and shows a picture on its panel with a line beneath, until the node is done.

    The host's own preview would stay before what the node made.
    """
    small, jpeg = picture.copy(), io.BytesIO()
    small.thumbnail((_SHOWN, _SHOWN))
    small.save(jpeg, "JPEG", quality=85)
    url = f"data:image/jpeg;base64,{base64.b64encode(jpeg.getvalue()).decode()}"
    show_progress(node, done, max(total, 1))
    send("likeness.note", {"node": node, "text": text, "picture": url})
