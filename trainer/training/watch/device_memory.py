"""How much a run takes of its GPU beside what was planned, and whether some of it lies in the computer's memory.

Drivers for Windows lend a program the computer's memory when a GPU's is full. Nothing fails then: steps take 20 to 100
times as long.
"""

import statistics
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from ..run.events import Event, MemoryUsed, Noticed, Settled
from ..step.answer import Answer

_EVERY = 10
"""Steps between two looks, after the first few."""
_FIRST = 3
_KNOWN, _SLOW, _FULL = 5, 3.0, 0.97
"""Steps that are timed before one is called slow, how many times their median that is, and how full a full GPU is."""
_GROWN, _APART = 1.01, 0.05


@dataclass(frozen=True, kw_only=True)
class Reading:
    """Bytes: of the GPU, free of it, reserved by torch now and at the most."""

    total: int
    free: int
    reserved: int
    most: int


class Spill:
    """Tells from readings and seconds of steps whether memory has gone to the computer."""

    def __init__(self) -> None:
        self._seconds: list[float] = []
        self._slow = 0

    def seen(self, seconds: float) -> None:
        """A step has taken so long."""
        if len(self._seconds) >= _KNOWN and seconds > _SLOW * statistics.median(self._seconds):
            self._slow += 1
            return
        self._slow = 0
        self._seconds = [*self._seconds[-50:], seconds]

    def is_there(self, reading: Reading) -> bool:
        """More than the GPU has, or a full GPU and two slow steps one after the other."""
        if reading.reserved > reading.total:
            return True
        return self._slow > 1 and reading.total - reading.free >= _FULL * reading.total


class DeviceMemoryWatch:
    """`read` asks the GPU, `context` are bytes of CUDA besides torch's, `helps` says what setting would help, and `log`
    has what was planned; it grows with the run, and is asked once."""

    def __init__(
        self,
        read: Callable[[], Reading],
        context: int,
        helps: Callable[[], str],
        log: Callable[[], Sequence[Event]],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._read, self._context, self._helps, self._log, self._clock = read, context, helps, log, clock
        self._spill = Spill()
        self._told = self._looks = self._apart = 0
        self._is_spilled = False
        self._last: float | None = None
        self._planned: int | None = None

    def look(self, answer: Answer) -> None:
        """Sees nothing."""

    def tell(self, step: int) -> Iterator[Event]:
        now = self._clock()
        if self._last is not None:
            self._spill.seen(now - self._last)
        self._looks += 1
        if self._looks <= _FIRST or step % _EVERY == 0:
            yield from self._look(step)
        self._last = self._clock()

    def _look(self, step: int) -> Iterator[Event]:
        reading = self._read()
        peak = reading.most + self._context
        is_new = not self._is_spilled and self._spill.is_there(reading)
        if is_new or peak > self._told * _GROWN:
            self._told = max(self._told, peak)
            self._is_spilled = self._is_spilled or is_new
            yield MemoryUsed(step=step, peak=peak, spill=_spilled(self._helps()) if is_new else "")
        if apart := self._apart_from_plan(peak):
            yield Noticed(step=step, what=apart)

    def _apart_from_plan(self, peak: int) -> str:
        """A sentence, once, when a second look finds more than was planned."""
        if self._planned is None:
            settled = [each for each in self._log() if isinstance(each, Settled)]
            self._planned = (settled[-1].planned or 0) if settled else 0
        planned = self._planned
        if not planned or peak <= planned * (1 + _APART) or self._apart > 1:
            return ""
        self._apart += 1
        if self._apart < 2:
            return ""
        return f"The run takes {peak / 2**30:.1f} GiB of the GPU, and {planned / 2**30:.1f} GiB were planned."

    def tensors(self) -> Mapping[str, Tensor]:
        return {}

    def restore(self, tensors: Mapping[str, Tensor]) -> None:
        """Begins anew: the process is another."""


def _spilled(helps: str) -> str:
    advice = helps or "a smaller resolution, or a quantization with fewer bits"
    return f"The GPU is full and the run goes on in the computer's memory, many times slower. What helps: {advice}."


def gpu_reading(device: str) -> Reading:
    """Of a GPU of torch's."""
    cuda: Any = torch.cuda
    free, total = cuda.mem_get_info(device)
    return Reading(
        total=int(total),
        free=int(free),
        reserved=int(cuda.memory_reserved(device)),
        most=int(cuda.max_memory_reserved(device)),
    )
