"""Works through many pictures at once, in order, holding only a few of them in memory."""

import itertools
import os
from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

S = TypeVar("S")
T = TypeVar("T")
_MOST_WORKERS = 4
MOST_PIXELS = 128_000_000
"""Of the pictures in flight: five of a 24 megapixel camera, or one of the largest that are read."""


def unweighed(item: object) -> int:
    """The pixels of items that hold none worth counting."""
    return 0


def scan(
    items: Iterable[S],
    work: Callable[[S], T],
    *,
    workers: int | None = None,
    pixels: Callable[[S], int] = unweighed,
) -> Generator[tuple[int, T]]:
    """Yield (index, `work(item)`) in the order of `items`, at most twice as many in flight as there are workers.

    Items of more than MOST_PIXELS together wait for each other, one at least is always in flight: a decoded picture
    takes some fifteen bytes a pixel while it is looked at, and eight of the largest would fill a laptop's memory.
    Closing the iterator, or an error in `work`, starts no further item and waits for the few that run. Threads, not
    processes: Pillow and numpy let go of the interpreter while they work, and a process started inside a host would
    start the host again on systems without fork.
    """
    count = max(1, workers or min(_MOST_WORKERS, os.cpu_count() or 1))
    left = ((item, pixels(item)) for item in items)
    following = next(left, None)
    running: deque[tuple[Future[T], int]] = deque()
    pool = ThreadPoolExecutor(count, thread_name_prefix="scan")

    def fill() -> None:
        nonlocal following
        held = sum(weight for _, weight in running)
        while following and len(running) < 2 * count and (not running or held + following[1] <= MOST_PIXELS):
            item, weight = following
            running.append((pool.submit(work, item), weight))
            held += weight
            following = next(left, None)

    try:
        fill()
        for index in itertools.count():
            if not running:
                return
            done = running[0][0].result()
            running.popleft()
            fill()
            yield index, done
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
