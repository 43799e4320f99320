"""The command line's progress bar, and its lines beside it; both on stderr, so that stdout holds results alone."""

from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn

from ..training.run.events import (
    Event,
    Finished,
    HeldOut,
    LiveLikeness,
    MemoryScored,
    MemoryUsed,
    Noticed,
    PicturesWatched,
    Prepared,
    Sampled,
    Saved,
    Seeded,
    Settled,
    Stepped,
    StoppedEarly,
    Unwatched,
)
from ..training.run.words import concern_words, memory_words, settled_words

if TYPE_CHECKING:
    from ..scoring import Compared

_console = Console(stderr=True)
_NOTE = 40
"""Characters of a reported note; of a file's path the end says most."""
Report = Callable[[int, int, str], None]
"""Told how many are done, of how many, and which."""


def say(line: str, style: str | None = "dim") -> None:
    """A line on stderr, above the bar where one stands; brackets and colons in it are no markup."""
    _console.print(line, style=style, highlight=False, soft_wrap=True, markup=False, emoji=False)


def _lines(event: Event) -> list[tuple[str, str | None]]:
    """What is said of an event that moves no bar, and how it looks."""
    match event:
        case Seeded():
            return [(f"seed {event.seed}, {event.number} of {event.count}", "dim")]
        case Sampled() if event.skipped:
            return [(event.skipped, "dim")]
        case StoppedEarly():
            return [(event.sentence, None)]
        case Unwatched():
            return [(event.why, "yellow")]
        case Settled():
            return [(settled_words(event), "dim")]
        case MemoryUsed() if event.spill:
            return [(event.spill, "yellow")]
        case Noticed():
            return [(event.what, "yellow")]
        case Saved():
            return [(line, "dim") for line in (f"saved {event.path}", event.health) if line]
        case Finished() if event.answered:
            return [("already trained", "dim")]
        case _:
            return []


class Follower:
    """Shows events as bars and lines. Made by `following()`."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._task: TaskID | None = None
        self._what = ""
        self._held_out = ""
        self._live = ""
        self._by_heart = ""
        self._told: set[str] = set()

    def show(self, event: "Event | Compared") -> None:
        """The event as a bar that moves, or as a line; some are shown by neither."""
        match event:
            case Prepared():
                self.move(event.what, event.done, event.total)
            case Stepped():
                loss = f"loss {event.loss:.3f}{self._held_out}{self._live}{self._by_heart}"
                pace = f"{loss} · {event.seconds_per_step:.2f} s/step · {clock(event.seconds_left)} left"
                self.move("training", event.step, event.steps, pace)
            case HeldOut():
                self._held_out = f" · held out {event.held_out:.3f}"
            case LiveLikeness():
                self._live = f" · live likeness {event.likeness:.2f}"
            case MemoryScored():
                self._by_heart = f" · {memory_words(event)}"
            case PicturesWatched():
                self._tell(concern_words(event))
            case (
                Seeded()
                | Sampled()
                | Settled()
                | MemoryUsed()
                | StoppedEarly()
                | Unwatched()
                | Noticed()
                | Saved()
                | Finished()
            ):
                self._tell_all(_lines(event))
            case compared:
                left = (
                    "" if compared.seconds_left is None else f"{compared.label} · {clock(compared.seconds_left)} left"
                )
                self.move(compared.phase, compared.done, compared.total, left)

    def _tell_all(self, lines: list[tuple[str, str | None]]) -> None:
        for line, style in lines:
            say(line, style)

    def _tell(self, concerns: list[str]) -> None:
        """Each picture's verdict once: it is looked at again and again."""
        # But for how much is learned, the last bracket; names have brackets too.
        new = {line.rpartition(" (")[0]: line for line in concerns}
        self._tell_all([(line, "yellow") for known, line in new.items() if known not in self._told])
        self._told.update(new)

    def move(self, what: str, done: int, total: int | None, note: str = "") -> None:
        """The bar named `what`; another name begins another bar below."""
        if self._task is None or what != self._what:
            self._task, self._what = self._progress.add_task(what, total=total, note=""), what
        self._progress.update(self._task, completed=done, total=total, note=note)


@contextmanager
def following() -> Generator[Follower]:
    """A Follower whose bars stand still when the block ends."""
    columns = (
        TextColumn("{task.description:>18}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[note]}", markup=False),
    )
    with Progress(*columns, console=_console) as progress:
        yield Follower(progress)


@contextmanager
def progress(what: str) -> Generator[Report]:
    """One bar named `what`, moved by the yielded function."""
    with following() as follower:
        follower.move(what, 0, None)
        yield lambda done, total, note: follower.move(what, done, total, note[-_NOTE:])


def clock(seconds: float) -> str:
    """1:05, 12:40 or 2:03:10."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
