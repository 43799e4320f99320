"""A run tells its peak as it grows, once that it has spilled into the computer's memory, and once that a plan erred."""

from collections.abc import Callable, Iterator
from itertools import count

import pytest

from trainer.training.run.events import Event, MemoryUsed, Noticed, Settled
from trainer.training.watch.device_memory import DeviceMemoryWatch, Reading, Spill

GIB = 2**30
ROOM = Reading(total=8 * GIB, free=4 * GIB, reserved=3 * GIB, most=3 * GIB)
FULL = Reading(total=8 * GIB, free=0, reserved=7 * GIB, most=7 * GIB)


def watch(
    readings: Iterator[Reading], clock: Callable[[], float], planned: int | None = None, helps: str = "batch 1"
) -> DeviceMemoryWatch:
    settled = Settled(step=0, compiled="yes", attention="", recomputed=0, blocks=1, planned=planned)
    return DeviceMemoryWatch(lambda: next(readings), GIB // 2, lambda: helps, lambda: [settled], clock)


def told(watching: DeviceMemoryWatch, steps: int) -> list[Event]:
    return [event for step in range(1, steps + 1) for event in watching.tell(step)]


def ticking(seconds: Callable[[int], float]) -> Callable[[], float]:
    """Twice asked a step: when it ends, and when the next begins."""
    now, asked = [0.0], count()

    def clock() -> float:
        number = next(asked)
        if number % 2 == 0:
            now[0] += seconds(number // 2 + 1)
        return now[0]

    return clock


def always(reading: Reading) -> Iterator[Reading]:
    while True:
        yield reading


def test_a_peak_is_told_when_it_has_grown() -> None:
    grown = Reading(total=8 * GIB, free=3 * GIB, reserved=4 * GIB, most=4 * GIB)
    events = told(watch(iter([ROOM, grown, grown, grown]), ticking(lambda _: 1.0)), 10)
    assert events == [MemoryUsed(step=1, peak=3 * GIB + GIB // 2), MemoryUsed(step=2, peak=4 * GIB + GIB // 2)]


def test_a_full_gpu_and_steps_that_crawl_are_a_spill_that_is_told_once() -> None:
    events = told(watch(always(FULL), ticking(lambda step: 30.0 if step > 8 else 1.0)), 30)
    spills = [event for event in events if isinstance(event, MemoryUsed) and event.spill]
    (spill,) = spills
    assert spill.step == 10
    assert spill.spill.endswith("many times slower. What helps: batch 1.")


def test_neither_a_full_gpu_nor_a_slow_step_alone_is_a_spill() -> None:
    slow = ticking(lambda step: 30.0 if step > 8 else 1.0)
    assert not any(getattr(event, "spill", "") for event in told(watch(always(ROOM), slow), 30))
    assert not any(getattr(event, "spill", "") for event in told(watch(always(FULL), ticking(lambda _: 1.0)), 30))


def test_one_slow_step_that_drew_samples_is_none() -> None:
    spill = Spill()
    for seconds in (*[1.0] * 8, 40.0, 1.0, 40.0):
        spill.seen(seconds)
    assert not spill.is_there(FULL)


def test_more_than_the_gpu_has_is_a_spill_at_once() -> None:
    assert Spill().is_there(Reading(total=8 * GIB, free=0, reserved=9 * GIB, most=9 * GIB))


@pytest.mark.parametrize(("planned", "is_said"), [(3 * GIB, True), (4 * GIB, False), (None, False)])
def test_a_plan_that_erred_twice_is_told_once(planned: int | None, is_said: bool) -> None:
    events = told(watch(always(ROOM), ticking(lambda _: 1.0), planned), 40)
    said = [event.what for event in events if isinstance(event, Noticed)]
    assert said == (["The run takes 3.5 GiB of the GPU, and 3.0 GiB were planned."] if is_said else [])


def test_the_log_which_grows_with_the_run_is_read_once() -> None:
    asked = count()
    watching = DeviceMemoryWatch(lambda: ROOM, 0, str, lambda: [] if next(asked) >= 0 else [], ticking(lambda _: 1.0))
    told(watching, 200)
    assert next(asked) == 1
