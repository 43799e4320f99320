"""The bounded parallel map over pictures."""

import threading
import time

import pytest

from trainer.runtime.scan import scan


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
