"""Steps told of, and work that ends when it is asked to."""

import threading

import pytest

from trainer.errors import Cancelled
from trainer.runtime.steps import Steps, stepped

from ..dataset.asked import Watcher


def test_a_step_is_told_once_its_result_was_taken() -> None:
    watcher, taken = Watcher(), list[int]()
    for index, square in stepped([3, 4], lambda n: n * n, Steps(2, "", watcher.progress, watcher.cancelled), str):
        assert len(watcher.told) == index
        taken.append(square)
    assert (taken, watcher.told) == ([9, 16], [(1, 2, "3"), (2, 2, "4")])


def test_stopping_says_where_and_leaves_nothing_running() -> None:
    watcher, begun = Watcher(stop_after=2), list[int]()
    steps = Steps(1000, "Stopped after {done} of {total}.", watcher.progress, watcher.cancelled)
    with pytest.raises(Cancelled, match=r"^Stopped after 2 of 1000\.$"):
        list(stepped(range(1000), begun.append, steps, str))
    assert len(begun) < 20
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("scan")]
