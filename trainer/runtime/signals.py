"""Signals as a wish to stop, which long work grants between two steps."""

import signal
import threading
from collections.abc import Generator
from contextlib import contextmanager

from .work import Ask, never


@contextmanager
def stopping(*numbers: signal.Signals) -> Generator[Ask]:
    """Inside, these signals end nothing: the yielded function says whether one has come.

    Only a process's main thread may ask for them; in another they stay what they are.
    """
    if threading.current_thread() is not threading.main_thread():
        yield never
        return
    came: list[int] = []
    before = {number: signal.signal(number, lambda got, _: came.append(got)) for number in numbers}
    try:
        yield lambda: bool(came)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
