"""A comparison held against the one before it: whether a run is better than the last."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ...trainer.scoring.intervals import Interval
    from ...trainer.scoring.report.report import Report

_NAMED = ("identity", "following", "variety")


def compared_with(now: Report, before: Report | None) -> str:
    """One line; "" without one before. Numbers of two readers, bases or precisions are not set side by side."""
    if before is None:
        return ""
    for what, ours, theirs in (
        ("face reader", now.readers.get("faces", ""), before.readers.get("faces", "")),
        ("base", now.base, before.base),
        ("precision", now.precision, before.precision),
    ):
        if ours != theirs and (what == "face reader" or (ours and theirs)):
            return (
                f"The comparison before is by another {what} ({theirs or 'none'}, this one {ours or 'none'}), and its "
                "numbers are not set beside these: compare that run again alike."
            )
    best, last = now.choice, before.choice
    if best is None or last is None:
        who = "this run" if best is None else "the run before"
        return f"Nothing passes in {who}, so the two are not set side by side."
    pairs = ((name, last.measures.get(name), best.measures.get(name)) for name in _NAMED)
    told = [f"{name} {_changed(was, now_is)}" for name, was, now_is in pairs if was and now_is]
    return f"Against the run before: {'; '.join(told)}." if told else ""


def _changed(was: Interval, now: Interval) -> str:
    apart = now.low > was.high or was.low > now.high
    return f"{was.value:.2f} → {now.value:.2f}{'' if apart else ' (not separable)'}"
