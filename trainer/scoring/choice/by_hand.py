"""A choice that a person makes against or with the measures, and the choice made again from a report."""

from ...errors import RunError
from ..report.report import Report
from ..scores import Scores
from .choose import Choice, choose
from .merit import EVEN, is_tied, lag, merits


def choose_again(report: Report, preference: float = EVEN) -> Choice:
    """The choice by another preference, from the numbers alone."""
    return choose(
        report.control,
        report.checkpoints,
        report.reference,
        preference=preference,
        strength=report.plan.strength,
    )


def choose_by_hand(report: Report, label: str, preference: float = EVEN) -> Choice:
    """The column that a person wants, with what the measures say against it. RunError where there is no such column."""
    wanted = next((scores for scores in report.checkpoints if scores.label == label), None)
    if wanted is None:
        labels = ", ".join(scores.label for scores in report.checkpoints)
        raise RunError(f"The report has no column {label!r}; choose one of {labels}.")
    measured = choose_again(report, preference)
    sentences = [f"{label} was chosen by hand.", _against(report, wanted, measured, preference)]
    sentences += [f"Against it: {flag.sentence}" for flag in wanted.flags]
    sentences += list(wanted.cautions)
    return Choice(
        label=label,
        reason=" ".join(sentences),
        tied=(label,),
        strength=wanted.strength,
        by_hand=True,
        notes=measured.notes,
    )


def _against(report: Report, wanted: Scores, measured: Choice, preference: float) -> str:
    theirs = next((scores for scores in report.checkpoints if scores.label == measured.label), None)
    if theirs is None:
        return "By the measures no checkpoint passes."
    if theirs is wanted:
        return "The measures choose it too."
    best, own = merits(report.control, [theirs, wanted], report.reference, preference)
    gap = lag(best, own)
    if is_tied(gap):
        return f"The measures choose {theirs.label}, which cannot be told from it ({gap} better)."
    if gap.value < 0:
        return f"The measures choose {theirs.label}, because it is the better of those that pass."
    return f"The measures choose {theirs.label}, which is {gap} better in likeness and flexibility together."
