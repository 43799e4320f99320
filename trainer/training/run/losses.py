"""Losses on held-out pictures, and on trained ones beside them, as a run logged them."""

from math import isfinite
from pathlib import Path

from .events import HeldOut, read_events


def losses_of_run(checkpoint: Path) -> list[HeldOut]:
    """Losses in the `events.jsonl` of the run a checkpoint lies in, by step; empty when there is none."""
    return read_losses(checkpoint.parent.parent / "events.jsonl")


def read_losses(log: Path) -> list[HeldOut]:
    """Losses by step; a step written twice (a resumed run) counts as written last; a loss that is no number is none."""
    rows = {event.step: event for event in read_events(log) if isinstance(event, HeldOut)}
    return [rows[step] for step in sorted(rows) if isfinite(rows[step].held_out) and isfinite(rows[step].train)]
