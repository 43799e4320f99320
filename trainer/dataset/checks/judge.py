"""What the file checks say of one picture."""

from collections.abc import Iterable

from ..finding import Finding
from ..sample import Sample
from . import alpha, blockiness, exposure, jpeg, sharpness, upscaled
from .facts import Facts
from .rules import Rules
from .shape import judge_aspect, judge_size


def judge(facts: Facts, rules: Rules, sample: Sample, *, usual_focus: float | None = None) -> tuple[Finding, ...]:
    """Findings of one picture, worst first; `usual_focus` is the median focus of the set."""
    found = [
        judge_size(facts, rules),
        jpeg.judge(facts, rules),
        blockiness.judge(facts, rules),
        sharpness.judge(facts, rules, usual_focus),
        upscaled.judge(facts, rules),
        exposure.judge(facts, rules),
        judge_aspect(facts, rules),
        alpha.judge(facts, sample),
    ]
    return by_weight(finding for finding in found if finding is not None)


_WEIGHT = {"error": 0, "warning": 1, "note": 2}


def by_weight(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Errors before warnings before notes, otherwise as they came."""
    return tuple(sorted(findings, key=lambda finding: _WEIGHT[finding.level]))
