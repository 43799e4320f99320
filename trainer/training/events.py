"""What `train` tells its caller while it works; every event is a plain frozen value with a JSON form."""

from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any


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
    """Sample pictures of this step, one a prompt, and how like the character each is: a cosine, None: not measured.

    `skipped` says why there are none: training goes on without them.
    """

    step: int
    paths: tuple[Path, ...]
    likeness: tuple[float | None, ...] = ()
    skipped: str = ""


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


Event = Prepared | Seeded | Stepped | HeldOut | Sampled | Saved | Finished


def event_json(event: Event) -> dict[str, Any]:
    """The event with its kind, ready for one line of `events.jsonl` or a message to the page."""
    data = {field.name: getattr(event, field.name) for field in fields(event)}
    plain = {key: _plain(value) for key, value in data.items()}
    return {"event": type(event).__name__.lower(), **plain}


def _plain(value: Any) -> Any:
    if isinstance(value, Path):
        return value.as_posix()
    if isinstance(value, tuple):
        return [_plain(item) for item in value]  # type: ignore[reportUnknownVariableType]
    return value
