"""Whether a run learned its pictures by heart: loss on held-out pictures rising while loss on trained ones falls."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from ...errors import RunError
from ...storage.values import checked_values
from ...training.run.events import HeldOut
from ..intervals import Interval
from ..reading.observation import Batch

SUSTAINED = 3
"""Evaluations in succession that a rise must last."""


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
        return cls(**checked_values(cls, data, RunError))


def memorisation(losses: Sequence[HeldOut]) -> Memorisation | None:
    """What losses by step say at the last of them; None when there are none."""
    if not losses:
        return None
    now, best = losses[-1], min(losses, key=lambda row: row.held_out)
    rise, fall = _ratio(now.held_out, best.held_out), _ratio(now.train, best.train)
    return Memorisation(held_out=now.held_out, train=now.train, rise=rise, fall=fall)


def held_out_rise(batch: Batch) -> Interval | None:
    """`rise` now, between the least and the greatest of the last three evaluations; None without losses.

    A single evaluation has no spread of its own, and validation error has many local minima on its way: Prechelt
    (Early Stopping, but when?, 1998) therefore asks that it stay up for several evaluations in succession (UP_s), and
    measures the rise over the lowest so far (GL). This is both: GL at the last three.
    """
    losses = batch.losses
    if not losses:
        return None
    lasts = range(max(len(losses) - SUSTAINED, 0), len(losses))
    rises = [_ratio(losses[last].held_out, min(row.held_out for row in losses[: last + 1])) for last in lasts]
    return Interval(rises[-1], min(rises), max(rises), len(rises))


def _ratio(now: float, then: float) -> float:
    return now / max(then, 1e-12)
