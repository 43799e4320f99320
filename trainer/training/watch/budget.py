"""How much of a run's time may go into looking on."""

import time
from collections import deque
from collections.abc import Callable, Generator
from contextlib import contextmanager
from statistics import median

_LATEST = 20


class Budget:
    """At most `share` of what a run of `steps` steps takes; what was not spent is kept for later.

    A step takes the median of the latest ones, so that samples, saves and the looks themselves do not count. What the
    first look will cost nobody knows: it may be taken on credit, and none follows until that is paid back. A look that
    costs more than all steps of a run can pay for is thus the only one. A resumed run begins with nothing saved: the
    clock leaves no trace in what it resumes from.
    """

    def __init__(self, share: float, steps: int, now: Callable[[], float] = time.monotonic) -> None:
        self._share, self._now, self._steps = share, now, steps
        self._since: float | None = None
        self._latest: deque[float] = deque(maxlen=_LATEST)
        self._saved = self._cost = self._instalment = 0.0

    def step(self) -> None:
        """A step has ended: its share of time is there to be spent. The first is timed from nowhere and gives none."""
        now = self._now()
        if self._since is not None:
            self._latest.append(now - self._since)
            self._saved += self._share * median(self._latest) - self._instalment
        self._since = now

    @property
    def allows(self) -> bool:
        """Whether there is time for a look that costs what the last one did."""
        return self._saved >= self._cost

    @contextmanager
    def spending(self) -> Generator[None]:
        """Inside, time is spent on a look."""
        began = self._now()
        try:
            yield
        finally:
            self._since = self._now()
            self._cost = self._since - began
            self._saved -= self._cost

    @contextmanager
    def beginning(self) -> Generator[None]:
        """Inside, time is spent once for the whole run, and paid back by all of its steps alike."""
        began = self._now()
        try:
            yield
        finally:
            self._since = self._now()
            self._instalment += (self._since - began) / self._steps
