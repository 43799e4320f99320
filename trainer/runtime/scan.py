"""Works through many pictures at once, in order, holding only a few of them in memory."""

import os
from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from typing import TypeVar

S = TypeVar("S")
T = TypeVar("T")
_MOST_WORKERS = 4


def scan(items: Iterable[S], work: Callable[[S], T], *, workers: int | None = None) -> Generator[tuple[int, T]]:
    """Yield (index, `work(item)`) in the order of `items`, at most twice as many in flight as there are workers.

    Closing the iterator, or an error in `work`, starts no further item and waits for the few that run. Threads, not
    processes: Pillow and numpy let go of the interpreter while they work, and a process started inside a host would
    start the host again on systems without fork.
    """
    count = max(1, workers or min(_MOST_WORKERS, os.cpu_count() or 1))
    left = iter(items)
    pool = ThreadPoolExecutor(count, thread_name_prefix="scan")
    try:
        running: deque[Future[T]] = deque(pool.submit(work, item) for item in islice(left, 2 * count))
        index = 0
        while running:
            done = running.popleft().result()
            running.extend(pool.submit(work, item) for item in islice(left, 1))
            yield index, done
            index += 1
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
