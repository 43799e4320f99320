"""The bounded parallel map over pictures."""

import threading
import time

import pytest

from trainer.runtime.scan import MOST_PIXELS, scan


def test_results_come_in_order_however_long_each_takes() -> None:
    def work(number: int) -> int:
        time.sleep(0.002 * (number % 3))
        return number * number

    assert list(scan(range(20), work, workers=3)) == [(n, n * n) for n in range(20)]


def test_no_more_is_begun_than_twice_the_workers_ahead() -> None:
    begun: list[int] = []
    results = scan(range(100), begun.append, workers=2)
    for _ in range(3):
        next(results)
    time.sleep(0.05)
    assert len(begun) <= 3 + 2 * 2
    results.close()  # type: ignore[attr-defined]


def test_closing_begins_nothing_more_and_leaves_no_thread() -> None:
    begun: list[int] = []
    results = scan(range(1000), begun.append, workers=2)
    next(results)
    results.close()  # type: ignore[attr-defined]
    count = len(begun)
    time.sleep(0.02)
    assert len(begun) == count < 20
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("scan")]


def test_an_error_in_the_work_reaches_the_caller() -> None:
    def work(number: int) -> int:
        return 1 // (3 - number)

    results = scan(range(10), work, workers=2)
    with pytest.raises(ZeroDivisionError):
        list(results)


def test_nothing_to_do_is_done_at_once() -> None:
    assert list(scan([], str)) == []


def in_flight(pixels: list[int], workers: int = 4) -> tuple[list[int], int]:
    """The results of a scan of items of so many pixels, and the most pixels that were worked on at once."""
    lock, now, most = threading.Lock(), 0, 0

    def work(size: int) -> int:
        nonlocal now, most
        with lock:
            now += size
            most = max(most, now)
        time.sleep(0.002)
        with lock:
            now -= size
        return size

    return [size for _, size in scan(pixels, work, workers=workers, pixels=lambda size: size)], most


def test_the_largest_pictures_are_worked_on_one_at_a_time_and_none_is_left_out() -> None:
    sizes = [79_000_000] * 6
    assert in_flight(sizes) == (sizes, 79_000_000)


def test_one_that_alone_is_more_than_fits_still_has_its_turn() -> None:
    sizes = [1_000_000, 2 * MOST_PIXELS, 1_000_000]
    assert in_flight(sizes) == (sizes, 2 * MOST_PIXELS)


def test_large_and_small_ones_together_stay_within_what_fits_in_their_order() -> None:
    sizes = [79_000_000, 12_000_000, 60_000_000, 1_000_000, 24_000_000, 79_000_000, 300_000] * 3
    results, most = in_flight(sizes)
    assert results == sizes
    assert most <= MOST_PIXELS


def test_ordinary_pictures_keep_every_worker_busy() -> None:
    results, most = in_flight([12_000_000] * 24)
    assert len(results) == 24
    assert most >= 3 * 12_000_000
