"""How the report says what was measured and which pictures it shows: the same in picture and page."""

from ..intervals import Interval, Key
from ..plan import ComparePlan, Kind
from ..scores import Scores
from .report import Report

KINDS: dict[Kind, str] = {
    "trigger": "Trigger alone",
    "prompt": "Trigger in a scene",
    "class": "Without the trigger",
    "other": "Someone else",
}
_MOST: dict[Kind, int] = {"trigger": 2, "prompt": 7, "class": 2, "other": 1}
_FLAGS = {"overtrained": "over-trained", "broken": "broken", "weak": "not learned"}


def number(measured: Interval | float | None) -> str:
    """Two decimals; a dash for what was not measured."""
    if measured is None:
        return "–"
    return f"{measured.value if isinstance(measured, Interval) else measured:.2f}"


def percent(measured: Interval | None) -> str:
    return "–" if measured is None else f"{measured.value:.0%}"


def verdict(scores: Scores, report: Report) -> str:
    """One or two words for a column's head; "" for one that is merely good."""
    if scores.is_control:
        return "control"
    if scores.label == report.chosen:
        return "chosen"
    if scores.flags:
        return next(word for kind, word in _FLAGS.items() if any(flag.kind == kind for flag in scores.flags))
    return "as good" if scores.label in report.tied else ""


def measured_by(report: Report) -> str:
    """Who measured, and the top of the scale."""
    readers = [report.readers.get("faces", ""), report.readers.get("attributes", "")]
    names = " and ".join(dict.fromkeys(name for name in readers if name))
    top = f" Real pictures reach identity {report.reference:.2f}." if report.reference is not None else ""
    return f"Measured by {names}.{top}"


def all_rows(plan: ComparePlan) -> list[Key]:
    """Probe and seed of every picture of a column."""
    return [(index, seed) for index, probe in enumerate(plan.probes) for seed in probe.seeds]


def main_rows(plan: ComparePlan) -> list[Key]:
    """Pictures that stand for all: at most a dozen, spread evenly over the probes of each kind, in order of probes."""
    chosen: list[Key] = []
    for kind, most in _MOST.items():
        firsts = [(index, probe.seeds[0]) for index, probe in enumerate(plan.probes) if probe.kind == kind]
        count = min(most, len(firsts))
        chosen += [firsts[number * len(firsts) // count] for number in range(count)]
    return sorted(chosen)
