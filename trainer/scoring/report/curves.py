"""A report's charts: what was measured by step, a line a training seed, and of the chosen LoRA by strength."""

from collections.abc import Iterable, Sequence

from ..scores import Scores, is_same_file, main_strength
from .chart import Chart, Level, Point, chart
from .measure_words import words_of
from .report import Report

_BY_STEP = ("identity", "following", "variety", "leak")
_BY_STRENGTH = ("identity", "following", "variety")


def charts(report: Report) -> list[Chart]:
    """Those with something to show: a chart by strength needs two strengths."""
    columns = competing(report)
    by_step = [
        chart(words_of(name).title, _by_step(columns, name), _levels(report, name), report.chosen_step)
        for name in _BY_STEP
    ]
    by_step.append(chart("Loss on held-out pictures", _losses(columns), [], report.chosen_step))
    return [each for each in (*by_step, *_sweep(report)) if each is not None]


def competing(report: Report) -> list[Scores]:
    """Columns at the strength that competes; the others are a sweep of the best one's strengths."""
    main = main_strength(report.checkpoints, report.plan.strength)
    return [scores for scores in report.checkpoints if scores.strength == main]


def sweep(report: Report) -> list[Scores]:
    """The file of the chosen column at every strength it was drawn at, weakest first; empty where there is one only."""
    chosen = report.choice
    if chosen is None:
        return []
    same = [each for each in report.checkpoints if is_same_file(each, chosen)]
    return sorted(same, key=lambda each: each.strength) if len({each.strength for each in same}) > 1 else []


def _sweep(report: Report) -> Iterable[Chart | None]:
    columns = sweep(report)
    chosen = report.choice.strength if report.choice else None
    for name in _BY_STRENGTH if columns else ():
        points = [
            Point(scores.strength, measured.value, measured.low, measured.high)
            for scores in columns
            if (measured := scores.measures.get(name)) is not None
        ]
        yield chart(words_of(name).title, points, _levels(report, name), chosen, "Strength")


def _levels(report: Report, name: str) -> list[Level]:
    base = report.control.measures.get(name)
    levels = [Level("no LoRA", base.value)] if base is not None and name in ("identity", "following") else []
    if name == "identity" and report.reference is not None:
        levels.append(Level("real pictures", report.reference))
    return levels


def _by_step(columns: Sequence[Scores], name: str) -> list[Point]:
    return [
        Point(scores.step, measured.value, measured.low, measured.high, _series(scores, columns))
        for scores in columns
        if (measured := scores.measures.get(name)) is not None and scores.step is not None
    ]


def _losses(columns: Sequence[Scores]) -> list[Point]:
    found: list[Point] = []
    for scores in columns:
        if scores.memorisation and scores.step is not None:
            loss = scores.memorisation.held_out
            found.append(Point(scores.step, loss, loss, loss, _series(scores, columns)))
    return found


def _series(scores: Scores, columns: Sequence[Scores]) -> str:
    return f"seed {scores.seed}" if len({each.seed for each in columns}) > 1 else ""
