"""How long work over pictures tells how far it is, and how it is asked to stop."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from typing import TypeVar

from ..errors import Cancelled
from .scan import scan, unweighed

S = TypeVar("S")
T = TypeVar("T")
Progress = Callable[[int, int, str], None]
"""Called with steps done, steps in all, and the name of the last picture."""


def silent(done: int, total: int, name: str) -> None:
    """The progress of work that nobody watches."""


class Steps:
    """Counts steps and tells of each. `stopped` is what Cancelled says, with `{done}` and `{total}` in it."""

    def __init__(self, total: int, stopped: str, progress: Progress, cancelled: Callable[[], bool]) -> None:
        self._done, self._total = 0, total
        self._stopped, self._progress, self._cancelled = stopped, progress, cancelled

    def done(self, name: str) -> None:
        """One more step; Cancelled when the user asks to stop."""
        self._done += 1
        self._progress(self._done, self._total, name)
        if self._cancelled():
            raise Cancelled(self._stopped.format(done=self._done, total=self._total))


def stepped(
    items: Sequence[S],
    work: Callable[[S], T],
    steps: Steps,
    name: Callable[[S], str],
    pixels: Callable[[S], int] = unweighed,
) -> Iterator[tuple[int, T]]:
    """`scan`, a step for each item once its result was taken. When Cancelled is raised no work runs any more."""
    with closing(scan(items, work, pixels=pixels)) as results:
        for index, result in results:
            yield index, result
            steps.done(name(items[index]))
