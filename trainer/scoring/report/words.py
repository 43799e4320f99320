"""How the report names its columns and prompts, and which pictures it shows: the same in picture, page and panel."""

from typing import Literal

from ..intervals import Interval, Key
from ..plan.compare_plan import ComparePlan, Kind
from ..scores import Scores, is_same_file
from .report import Report

KINDS: dict[Kind, str] = {
    "trigger": "Trigger alone",
    "prompt": "Trigger in a scene",
    "class": "Without the trigger",
    "other": "Someone else",
}
_MOST: dict[Kind, int] = {"trigger": 2, "prompt": 7, "class": 2, "other": 1}
_FLAGS: dict[str, str] = {"broken": "broken", "overtrained": "over-trained", "weak": "not learned"}
Tone = Literal["control", "chosen", "tied", "flagged", "plain"]


def tone(scores: Scores, report: Report) -> Tone:
    """How a column is coloured."""
    if scores.is_control:
        return "control"
    if scores.label == report.chosen:
        return "chosen"
    if scores.flags:
        return "flagged"
    return "tied" if scores.label in report.tied else "plain"


def verdict(scores: Scores, report: Report) -> str:
    """One or two words for a column's head; "" for one that is merely good."""
    kind = tone(scores, report)
    if kind == "flagged":
        kinds = [flag.kind for flag in scores.flags]
        return next((word for flag, word in _FLAGS.items() if flag in kinds), kinds[0])
    if kind != "chosen" and _is_advised(scores, report):
        return "advised"
    return {"control": "control", "chosen": "chosen", "tied": "as good", "plain": ""}[kind]


def _is_advised(scores: Scores, report: Report) -> bool:
    """Whether a column is the chosen file at the strength to use it at."""
    chosen = report.choice
    if chosen is None or chosen.strength == report.strength:
        return False
    return is_same_file(scores, chosen) and scores.strength == report.strength


def detail(scores: Scores, report: Report) -> str:
    """Training seed and strength of a column, where columns differ by them and the label does not say so."""
    said: list[str] = []
    if scores.seed is not None and len({each.seed for each in report.checkpoints}) > 1:
        said.append(f"seed {scores.seed}")
    if not scores.is_control and len({each.strength for each in report.checkpoints}) > 1:
        said.append(f"strength {scores.strength:g}")
    return " · ".join(each for each in said if each not in scores.label)


def measured_by(report: Report) -> str:
    """Who measured, and the top of the scale."""
    names = " and ".join(dict.fromkeys(name for name in report.readers.values() if name))
    top = f" Real pictures reach identity {report.reference:.2f}." if report.reference is not None else ""
    return f"Measured by {names}.{top}" if names else top.strip()


def drawn_with(report: Report) -> str:
    """What drew the pictures: base, precision, and how many of what size."""
    base = ", ".join(part for part in (report.base, report.precision) if part)
    plan = report.plan
    count = sum(len(probe.seeds) for probe in plan.probes)
    size = f"{plan.size[0]}×{plan.size[1]}, {plan.steps} steps, guidance {plan.guidance:g}, strength {plan.strength:g}"
    drawn = f"{count} pictures a column from {len(plan.probes)} prompts, {size}."
    return f"Drawn with {base}: {drawn}" if base else drawn


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


def number(measured: Interval | float | None) -> str:
    """Two decimals; a dash for what was not measured."""
    if measured is None:
        return "–"
    return f"{measured.value if isinstance(measured, Interval) else measured:.2f}"
