"""Comparing checkpoints: draw alike, measure, choose."""

from .candidate import Candidate, candidates_of_run
from .compare import Tools, compare
from .drawing import Compared
from .plan import ComparePlan, Probe
from .report.report import Report
from .subject import Subject

__all__ = [
    "Candidate",
    "ComparePlan",
    "Compared",
    "Probe",
    "Report",
    "Subject",
    "Tools",
    "candidates_of_run",
    "compare",
]
