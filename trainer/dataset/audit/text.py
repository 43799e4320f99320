"""An audit as plain lines: the verdict, what to mend in the set and in which picture, and what to add next."""

from collections.abc import Sequence

from ..dataset import Dataset
from ..finding import Finding, Verdict

SAID = {"ready": "Ready to train.", "attention": "Needs attention.", "blocked": "Blocked: this cannot be trained on."}
_MARKS = {"error": "x", "warning": "!", "note": "-"}


def audit_text(
    dataset: Dataset,
    verdict: Verdict,
    findings: Sequence[Finding],
    counters: Sequence[str],
    add_next: Sequence[str],
) -> str:
    lines = [f"{dataset.trigger}: {SAID[verdict]}", *counters]
    lines += _part("The set", [_line(finding) for finding in findings])
    for sample in dataset.samples:
        rows = [_line(finding, finding.check in sample.waived) for finding in sample.findings]
        lines += _part(sample.path.name, rows)
    lines += _part("Add these next", [f"- {wish}" for wish in add_next])
    return "\n".join(lines)


def _part(title: str, rows: Sequence[str]) -> list[str]:
    return ["", title, *(f"  {row}" for row in rows)] if rows else []


def _line(finding: Finding, is_waived: bool = False) -> str:
    seen = " (acknowledged)" if is_waived and finding.level != "error" else ""
    return f"{_MARKS[finding.level]} {finding.text}{seen}"
