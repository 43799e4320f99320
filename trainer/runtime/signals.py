"""Signals as a wish to stop, which long work grants between two steps."""

import os
import signal
import threading
from collections.abc import Generator
from contextlib import contextmanager
from types import FrameType

from .work import Ask, never


@contextmanager
def stopping(*numbers: signal.Signals, said: str = "") -> Generator[Ask]:
    """Inside, these signals end nothing: the yielded function says whether one has come.

    With `said`, which the first one puts on stderr, a second Ctrl+C is a KeyboardInterrupt again. Only a process's main
    thread may ask for signals; in another they stay what they are.
    """
    if threading.current_thread() is not threading.main_thread():
        yield never
        return
    came: list[int] = []

    def handle(number: int, frame: FrameType | None) -> None:
        if said and came and number == signal.SIGINT:
            signal.default_int_handler(number, frame)
        if said and not came:
            # Python's own stderr may be at work in the very moment.
            os.write(2, f"\n{said}\n".encode())
        came.append(number)

    before = {number: signal.signal(number, handle) for number in numbers}
    try:
        yield lambda: bool(came)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
