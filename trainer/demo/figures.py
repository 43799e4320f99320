"""The demo's figures: what `demo` prints and `bench demo` gathers."""

from typing import Any

from ..scoring.intervals import Interval
from .run import Outcome


def demo_figures(learned: Outcome, overdone: Outcome) -> dict[str, Any]:
    """Null where a thing was not measured or nothing was chosen."""
    report = learned.report
    control, chosen = report.control, report.choice
    last = overdone.report.checkpoints[-1]
    return {
        "identity_control": mean_of(control.identity),
        "identity_chosen": mean_of(chosen.identity if chosen else None),
        "identity_without_trigger": mean_of(chosen.untriggered if chosen else None),
        "identity_reference": rounded(report.reference),
        "top1": mean_of(chosen.top1 if chosen else None),
        "following_control": mean_of(control.following),
        "following_chosen": mean_of(chosen.following if chosen else None),
        "following_slots": {slot: round(value, 3) for slot, value in control.slots.items()},
        "overtrained_flagged": last.overtrained and overdone.report.chosen != last.label,
        "chosen_step": report.chosen_step,
        "seconds_training": round(learned.seconds_training, 1),
    }


def mean_of(interval: Interval | None) -> float | None:
    """The interval's mean to three places; None where nothing was measured."""
    return None if interval is None else round(float(interval.value), 3)


def rounded(value: float | None) -> float | None:
    """To three places."""
    return None if value is None else round(value, 3)
