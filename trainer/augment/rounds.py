"""Draw, judge, try again: the rounds that variants and filled gaps share, and the values that go through them."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

from ..generate.render_cache import RenderCache
from ..generate.shot import Generator
from ..images.store import ImageStore
from ..runtime.work import Ask, Pace, never


class Job(Protocol):
    """One picture to make. `name` is its own among all that are made together and the same in every run."""

    @property
    def name(self) -> str: ...


def seed_for(seed: int, job: Job, attempt: int) -> int:
    """Of its own for every picture and attempt, and the same whichever others are made."""
    return int.from_bytes(hashlib.sha256(f"{seed}|{job.name}|{attempt}".encode()).digest()[:4], "big")


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What was measured of a picture; None is not measured. `identity` is a likeness of faces.

    `fault` is why it may not be kept, `note` what to know of one that is.
    """

    identity: float | None = None
    fault: str | None = None
    note: str | None = None

    @property
    def is_kept(self) -> bool:
        return self.fault is None


J = TypeVar("J", bound=Job)
V = TypeVar("V", bound=Verdict)


@dataclass(frozen=True, kw_only=True, eq=False)
class Attempt(Generic[J, V]):
    """One picture of a job and what was found; `seconds` is 0 for one that was remembered."""

    job: J
    verdict: V
    seconds: float


A = TypeVar("A", bound=Attempt[Any, Any])


@dataclass(frozen=True, kw_only=True, eq=False)
class Drawn(Generic[A]):
    """The event of one picture: `done` jobs are settled out of `total`; `seconds_left` is None while unknown."""

    attempt: A
    done: int
    total: int
    seconds_left: float | None


@dataclass(frozen=True, kw_only=True)
class Drawing:
    """Who draws, and the folder that keeps the pictures as `<sha256>.png`. `fingerprint` names the weights."""

    generator: Generator
    out: Path
    fingerprint: str
    cancelled: Ask = never

    @property
    def shelf(self) -> ImageStore:
        return ImageStore(self.out)

    def cache(self) -> RenderCache:
        return RenderCache(
            generator=self.generator, store=self.shelf, fingerprint=self.fingerprint, cancelled=self.cancelled
        )


class Tally(Generic[A]):
    """Everything that was tried, by job what was kept or failed last, and how long the rest may take by `pace`."""

    def __init__(self, total: int, pace: Pace) -> None:
        self._total, self._pace = total, pace
        self.tried: list[A] = []
        self.kept: dict[str, A] = {}
        self.failed: dict[str, A] = {}

    def probed(self, attempt: A) -> Drawn[A]:
        """A picture that settles no job."""
        self.tried.append(attempt)
        done = len(self.kept)
        left = self._pace.left(self._total - done)
        return Drawn(attempt=attempt, done=done, total=self._total, seconds_left=left)

    def judged(self, attempt: A) -> Drawn[A]:
        """A picture of a job, which it settles when it may be kept."""
        self.failed.pop(attempt.job.name, None)
        (self.kept if attempt.verdict.is_kept else self.failed)[attempt.job.name] = attempt
        return self.probed(attempt)


def draw_rounds(
    jobs: Sequence[J], retries: int, attempts: Callable[[Sequence[J], int], Iterator[A]], tally: Tally[A]
) -> Iterator[Drawn[A]]:
    """Every job once, then those that failed again, at most `retries` times; all of it ends up in `tally`.

    `attempts` draws and judges the n-th attempt, from 0, of the jobs it is given.
    """
    pending = list(jobs)
    for number in range(1 + retries):
        if not pending:
            return
        for attempt in attempts(pending, number):
            yield tally.judged(attempt)
        pending = [attempt.job for attempt in tally.failed.values()]


def mean(values: Sequence[float | None]) -> float | None:
    """Of those that were measured; None where none was."""
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None
