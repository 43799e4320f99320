"""Whether a run learned its pictures by heart: loss on held-out pictures rising while loss on trained ones falls."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ...errors import RunError
from ...storage.values import checked_keys
from ...training.run.events import HeldOut, read_events


@dataclass(frozen=True, kw_only=True)
class Memorisation:
    """`rise` is held-out loss over its lowest so far, `fall` training loss over what it was then."""

    held_out: float
    train: float
    rise: float
    fall: float

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Memorisation":
        return cls(**checked_keys(cls, data, RunError))


def losses_of_run(checkpoint: Path) -> list[HeldOut]:
    """Losses in the `events.jsonl` of the run a checkpoint lies in, by step; empty when there is none."""
    return read_losses(checkpoint.parent.parent / "events.jsonl")


def read_losses(log: Path) -> list[HeldOut]:
    """Losses by step; a step written twice (a resumed run) counts as written last."""
    rows = {event.step: event for event in read_events(log) if isinstance(event, HeldOut)}
    return [rows[step] for step in sorted(rows)]


def memorisation(losses: Sequence[HeldOut]) -> Memorisation | None:
    """What losses by step say at the last of them; None when there are none."""
    if not losses:
        return None
    now, best = losses[-1], min(losses, key=lambda row: row.held_out)
    rise, fall = _ratio(now.held_out, best.held_out), _ratio(now.train, best.train)
    return Memorisation(held_out=now.held_out, train=now.train, rise=rise, fall=fall)


def _ratio(now: float, then: float) -> float:
    return now / max(then, 1e-12)
