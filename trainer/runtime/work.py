"""Long work: a generator that yields what happens and returns its result, asked to stop through one callable."""

import time
from collections.abc import Callable, Generator
from typing import TypeVar

Event = TypeVar("Event")
Result = TypeVar("Result")
Ask = Callable[[], bool]
"""Whether the user asks to stop; long work looks between two pictures or steps."""


def never() -> bool:
    """Asked by work that nobody stops."""
    return False


def ignore(event: object) -> None:
    """The sink of work that nobody watches."""


def follow(work: Generator[Event, None, Result], sink: Callable[[Event], None] = ignore) -> Result:
    """Run the work to its end, every event into `sink`; what it returns. Its errors pass through."""
    while True:
        try:
            event = next(work)
        except StopIteration as end:
            return end.value
        sink(event)


class Pace:
    """Mean seconds of what was really done; what was answered from disk does not count.

    With `window`, of the latest so many alone.
    """

    def __init__(self, window: int | None = None) -> None:
        self._seconds: list[float] = []
        self._window = window

    def add(self, seconds: float) -> None:
        self._seconds.append(seconds)
        if self._window is not None:
            del self._seconds[: -self._window]

    @property
    def each(self) -> float | None:
        """Seconds a piece; None before the first."""
        return sum(self._seconds) / len(self._seconds) if self._seconds else None

    def left(self, pieces: int) -> float | None:
        """Seconds that so many more may take; None before the first was timed."""
        each = self.each
        return None if each is None else each * pieces


class Stopwatch:
    """Seconds since it was made or last read."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._since = now()

    def read(self) -> float:
        now = self._now()
        since, self._since = self._since, now
        return now - since
