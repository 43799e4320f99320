"""What the file checks say of one picture."""

from collections.abc import Iterable

from ..finding import Finding
from ..sample import Sample
from .colours import judge_profile
from .exposure import judge_alpha, judge_exposure
from .facts import Facts
from .jpeg import judge_blocks, judge_quality
from .rules import Rules
from .shape import judge_aspect, judge_size
from .sharpness import judge_detail, judge_focus


def judge(facts: Facts, rules: Rules, sample: Sample, *, usual_focus: float | None = None) -> tuple[Finding, ...]:
    """Findings of one picture, worst first; `usual_focus` is the median focus of the set."""
    found = [
        judge_size(facts, rules),
        judge_quality(facts, rules),
        judge_blocks(facts, rules),
        judge_focus(facts, rules, usual_focus),
        judge_detail(facts, rules),
        judge_exposure(facts, rules),
        judge_aspect(facts, rules),
        judge_alpha(facts, sample),
        judge_profile(facts),
    ]
    return by_weight(finding for finding in found if finding is not None)


_WEIGHT = {"error": 0, "warning": 1, "note": 2}


def by_weight(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Errors before warnings before notes, otherwise as they came."""
    return tuple(sorted(findings, key=lambda finding: _WEIGHT[finding.level]))
