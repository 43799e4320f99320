"""How much of a run's time may go into looking on."""

import time
from collections import deque
from collections.abc import Callable, Generator
from contextlib import contextmanager
from statistics import median

_STEPS = 20


class Budget:
    """At most `share` of what steps take; what was not spent is kept for later.

    A step takes the median of the latest ones, so that samples, saves and the looks themselves do not count. What the
    first look will cost nobody knows: it may be taken on credit, and none follows until that is paid back. A look that
    costs more than all steps of a run can pay for is thus the only one. A resumed run begins with nothing saved: the
    clock leaves no trace in what it resumes from.
    """

    def __init__(self, share: float, now: Callable[[], float] = time.monotonic) -> None:
        self._share, self._now = share, now
        self._since: float | None = None
        self._steps: deque[float] = deque(maxlen=_STEPS)
        self._saved = self._cost = 0.0

    def step(self) -> None:
        """A step has ended: its share of time is there to be spent. The first is timed from nowhere and gives none."""
        now = self._now()
        if self._since is not None:
            self._steps.append(now - self._since)
            self._saved += self._share * median(self._steps)
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
            ended = self._now()
            self._cost = ended - began
            self._saved -= self._cost
            self._since = ended
