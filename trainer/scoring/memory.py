"""Whether a run learned its pictures by heart: loss on held-out pictures rising while loss on trained ones falls."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, cast

from ..errors import RunError
from ..values import checked_keys


@dataclass(frozen=True, kw_only=True)
class Losses:
    """Loss at a step on held-out and on training pictures, at the same noise and timesteps."""

    step: int
    held_out: float
    train: float


@dataclass(frozen=True, kw_only=True)
class Recall:
    """`rise` is held-out loss over its lowest so far, `fall` training loss over what it was then."""

    held_out: float
    train: float
    rise: float
    fall: float

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Recall":
        return cls(**checked_keys(cls, data, RunError))


def losses_of(checkpoint: Path) -> list[Losses]:
    """Losses in the `events.jsonl` of the run a checkpoint lies in, by step; empty when there is none."""
    return read_losses(checkpoint.parent.parent / "events.jsonl")


def read_losses(events: Path) -> list[Losses]:
    """Losses by step; a step written twice (a resumed run) counts as written last, a torn line is passed over."""
    if not events.is_file():
        return []
    rows: dict[int, Losses] = {}
    for line in events.read_text(encoding="utf-8", errors="replace").splitlines():
        row = _row(line)
        if row is not None:
            rows[row.step] = row
    return [rows[step] for step in sorted(rows)]


def recall(losses: Sequence[Losses], step: int) -> Recall | None:
    """What the losses up to `step` say; None when none were taken by then."""
    past = [row for row in losses if row.step <= step]
    if not past:
        return None
    now, best = past[-1], min(past, key=lambda row: row.held_out)
    rise, fall = _ratio(now.held_out, best.held_out), _ratio(now.train, best.train)
    return Recall(held_out=now.held_out, train=now.train, rise=rise, fall=fall)


def _ratio(now: float, then: float) -> float:
    return now / max(then, 1e-12)


def _row(line: str) -> Losses | None:
    try:
        data: object = json.loads(line)
    except ValueError:
        return None
    if not isinstance(data, dict):
        return None
    event = cast(dict[str, Any], data)
    if event.get("event") != "heldout":
        return None
    try:
        return Losses(step=int(event["step"]), held_out=float(event["held_out"]), train=float(event["train"]))
    except (KeyError, TypeError, ValueError):
        return None
