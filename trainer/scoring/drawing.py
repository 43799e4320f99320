"""Draws what a comparison needs, one column after the other, and remembers every finished picture."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from ..errors import Cancelled, ModelError
from ..generate.shot import Generator, Shot
from .plan import ComparePlan
from .shelf import Shelf, picture_key


@dataclass(frozen=True, kw_only=True)
class Compared:
    """One picture more: `done` of `total`, whose, and how long the rest may take (None while unknown)."""

    done: int
    total: int
    label: str
    seconds_left: float | None
    image: Image.Image


@dataclass(frozen=True, kw_only=True)
class Order:
    """One picture to have: number of its probe, its shot and the key it is kept under."""

    probe: int
    shot: Shot
    key: str


def orders(plan: ComparePlan, lora: Path | None, base: str) -> list[Order]:
    """A column's pictures by probe, then seed."""
    shots = [(index, plan.shot(probe, seed, lora)) for index, probe in enumerate(plan.probes) for seed in probe.seeds]
    return [Order(probe=index, shot=shot, key=picture_key(base, shot, plan.strength)) for index, shot in shots]


class Drawing:
    """How far a comparison's pictures are. Kept ones count at once; only made ones tell the pace."""

    def __init__(self, generator: Generator, shelf: Shelf, total: int, cancelled: Callable[[], bool]) -> None:
        self._generator = generator
        self._shelf = shelf
        self._total = total
        self._cancelled = cancelled
        self._done = 0
        self._made = 0
        self._seconds = 0.0

    def column(self, label: str, wanted: Sequence[Order], missing_later: int) -> Iterator[tuple[Order, Compared]]:
        """Every picture of a column, first those on disk; `missing_later` are still to be made after this column.

        Raises Cancelled between two pictures; what was made by then is on disk.
        """
        missing: list[Order] = []
        for order in wanted:
            image = self._shelf.find(order.key)
            if image is None:
                missing.append(order)
            else:
                yield order, self._report(label, image, None)
        yield from self._make(label, missing, missing_later)

    def _make(self, label: str, missing: Sequence[Order], missing_later: int) -> Iterator[tuple[Order, Compared]]:
        self._stop_if_cancelled()
        started = time.monotonic()
        images = self._generator.generate([order.shot for order in missing]) if missing else iter(())
        for number, order in enumerate(missing, 1):
            image = next(images, None)
            if image is None:
                raise ModelError(
                    f"The generator made {number - 1} of {len(missing)} pictures for {label}; run it again."
                )
            self._shelf.keep(order.key, image)
            self._made += 1
            self._seconds += time.monotonic() - started
            left = (len(missing) - number + missing_later) * self._seconds / self._made
            yield order, self._report(label, image.convert("RGB"), left)
            self._stop_if_cancelled()
            started = time.monotonic()

    def _report(self, label: str, image: Image.Image, seconds_left: float | None) -> Compared:
        self._done += 1
        return Compared(done=self._done, total=self._total, label=label, seconds_left=seconds_left, image=image)

    def _stop_if_cancelled(self) -> None:
        if self._cancelled():
            raise Cancelled(f"Stopped after {self._done} of {self._total} pictures; run again to go on from there.")
