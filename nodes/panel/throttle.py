"""How often the page is told how work goes, and how long it takes in words."""

import time
from collections.abc import Callable

_SECONDS_BETWEEN = 0.25


class Pulse:
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


def duration(seconds: float) -> str:
    """Seconds as a person says them."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    return f"{whole // 60} min {whole % 60} s" if whole < 3600 else f"{whole // 3600} h {whole % 3600 // 60} min"
