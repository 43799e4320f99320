"""What `train` tells its caller while it works; every event is a plain frozen value with a JSON form."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path
from typing import Any, cast, get_args, get_origin, get_type_hints

from ...storage.values import json_value
from .places import found, said, told


@dataclass(frozen=True, kw_only=True)
class Prepared:
    """Something is being got ready: `what` is a short phrase ("encoding images"), `done` of `total`."""

    what: str
    done: int
    total: int


@dataclass(frozen=True, kw_only=True)
class Seeded:
    """Training begins again with another seed, `number` of `count`; what follows is told of that run."""

    seed: int
    number: int
    count: int


@dataclass(frozen=True, kw_only=True)
class Stepped:
    """One optimizer update. `loss` is the mean over the step's pictures before weighting by the prior."""

    step: int
    steps: int
    loss: float
    lr: float
    seconds_per_step: float
    seconds_left: float


@dataclass(frozen=True, kw_only=True)
class HeldOut:
    """Loss on held-out pictures at fixed noise and timesteps, and on training pictures at the same."""

    step: int
    held_out: float
    train: float


@dataclass(frozen=True, kw_only=True)
class Sampled:
    """Sample pictures of this step, one a prompt, and how like the character each is; None: not measured.

    `reader` measured it; numbers of two readers are on two scales. `skipped` says why there are no pictures: training
    goes on without them.
    """

    step: int
    paths: tuple[Path, ...]
    likeness: tuple[float | None, ...] = ()
    skipped: str = ""
    reader: str = ""


@dataclass(frozen=True, kw_only=True)
class Settled:
    """How the base lies and computes in this run.

    `compiled` is "yes", or "no: " and why; `attention` names the kernels; `recomputed` of `blocks` make their
    activations anew. `planned` are the bytes that the device will need; None: not counted.
    """

    step: int
    compiled: str
    attention: str
    recomputed: int
    blocks: int
    planned: int | None = None


@dataclass(frozen=True, kw_only=True)
class MemoryUsed:
    """Most bytes that the run has held on its device up to `step`; `spill` says in a sentence that some of them lie in
    the computer's memory, where they cost speed; "" where none do."""

    step: int
    peak: int
    spill: str = ""


@dataclass(frozen=True, kw_only=True)
class LiveLikeness:
    """How like the character the faces are in what training itself predicts, without a sample being drawn: a mean of
    `pictures`, by `reader`. Its scale is its own: it rises and falls with the likeness of samples. `each` are those of
    every picture looked at, None without a face."""

    step: int
    likeness: float
    pictures: int
    reader: str = ""
    each: tuple[float | None, ...] = ()


@dataclass(frozen=True, kw_only=True)
class PicturesWatched:
    """What is learned of each training picture. `learned` is the share of its error that the LoRA has taken away, about
    0 to 1; `verdicts` are "learning", "stuck", "suspect caption", "stranger" or "near-duplicate", "" too early to tell.
    """

    step: int
    names: tuple[str, ...]
    learned: tuple[float, ...]
    verdicts: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class MemoryScored:
    """How far the run learns its pictures by heart, told without drawing any.

    Of the error that the LoRA takes away near noise, the share that training pictures have beside held-out ones: 0.5
    (none by heart) to 1 (nothing else), with an interval of at least 95 %.
    """

    step: int
    score: float
    low: float
    high: float


@dataclass(frozen=True, kw_only=True)
class Noticed:
    """What a run says of itself once, in a sentence; it goes on as before."""

    step: int
    what: str


@dataclass(frozen=True, kw_only=True)
class StoppedEarly:
    """The run ends at `step` of at most `steps`: likeness last rose at step `best`, `samplings` samplings before."""

    step: int
    steps: int
    best: int
    samplings: int

    @property
    def sentence(self) -> str:
        return (
            f"Stopped early at step {self.step} of {self.steps}: likeness to the character last rose at step "
            f"{self.best}, and not beyond its noise in {self.samplings} samplings since."
        )


@dataclass(frozen=True, kw_only=True)
class Unwatched:
    """A run that was to stop early cannot be watched, and goes on to its last step; `why` is a sentence."""

    step: int
    why: str


@dataclass(frozen=True, kw_only=True)
class Saved:
    """A checkpoint (safetensors, kohya keys) and the state to resume from are on disk.

    `health` says what is wrong with the file, as far as its numbers tell; "" when it looks well.
    """

    step: int
    path: Path
    health: str = ""


@dataclass(frozen=True, kw_only=True)
class Finished:
    """The run is complete; `checkpoints` in order of steps. `answered` when it was complete before."""

    checkpoints: tuple[Path, ...]
    answered: bool


Watched = Settled | MemoryUsed | LiveLikeness | PicturesWatched | MemoryScored | Noticed
"""What a run tells of itself besides what it makes."""
Event = Prepared | Seeded | Stepped | HeldOut | Sampled | Watched | StoppedEarly | Unwatched | Saved | Finished


def event_json(event: Event, folder: Path) -> dict[str, Any]:
    """The event with its kind, ready for one line of `events.jsonl` in the run's `folder`."""
    data = {field.name: getattr(event, field.name) for field in fields(event)}
    plain = {key: _plain(value, folder) for key, value in data.items()}
    return {"event": type(event).__name__.lower(), **plain}


def _plain(value: Any, folder: Path) -> Any:
    if isinstance(value, Path):
        return told(value, folder)
    if isinstance(value, str):
        return said(value, folder)
    if isinstance(value, tuple):
        return [_plain(item, folder) for item in value]  # type: ignore[reportUnknownVariableType]
    return value


_MOST, _LARGEST = 2**53, 1e300
"""What a page can count, and the largest number of a log."""
_LOGGED = {
    kind.__name__.lower(): kind
    for kind in (Stepped, HeldOut, Sampled, *get_args(Watched), StoppedEarly, Unwatched, Saved, Finished)
}


def read_events(log: Path) -> list[Event]:
    """The events of a run's `events.jsonl`, in order, with paths as `log` lies; empty without one.

    A process that dies while it writes leaves a torn line: what is no event is passed over.
    """
    if not log.is_file():
        return []
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    return [event for line in lines if (event := event_of_line(line, log.parent)) is not None]


def event_of_line(line: str, folder: Path) -> Event | None:
    """What a line of the log in `folder` tells; None for a torn one, for what is no event, and where a field holds
    anything else than its kind has: a log may be anybody's."""
    try:
        data = cast(dict[str, Any], json_value(line))
        event = _LOGGED[data.pop("event")](**_typed(data, folder))
        return event if _is_whole(event) else None
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def _typed(data: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    typed = dict(data)
    for name in ("paths", "checkpoints"):
        if name in typed:
            typed[name] = tuple(_placed(path, folder) for path in typed[name])
    if "path" in typed:
        typed["path"] = _placed(typed["path"], folder)
    typed.update({name: tuple(cast(list[Any], value)) for name, value in typed.items() if isinstance(value, list)})
    return typed


def _is_whole(event: Event) -> bool:
    kind = type(event)
    is_told = all(_holds(hint, getattr(event, name)) for name, hint in _hints(kind).items())
    if isinstance(event, PicturesWatched):
        return is_told and len(event.names) == len(event.learned) == len(event.verdicts)
    return is_told


@cache
def _hints(kind: type) -> dict[str, Any]:
    return get_type_hints(kind)


def _holds(hint: Any, value: Any) -> bool:
    if get_origin(hint) is tuple:
        inner = get_args(hint)[0]
        return isinstance(value, tuple) and all(_holds(inner, each) for each in cast(tuple[Any, ...], value))
    return any(_is_of(kind, value) for kind in get_args(hint) or (hint,))


def _is_of(kind: Any, value: Any) -> bool:
    """Numbers are finite, as JSON in a page has them."""
    if kind is float:
        return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= _LARGEST
    if kind is int:
        return isinstance(value, int) and not isinstance(value, bool) and abs(value) <= _MOST
    return isinstance(value, kind)


def _placed(text: str, folder: Path) -> Path:
    """A file of the run as `folder` is spelled, links and all: it is compared with what the run itself calls it."""
    return found(text, folder) if text.startswith(("..", "~", "/")) else folder / text
