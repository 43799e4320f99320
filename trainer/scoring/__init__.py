"""Comparing checkpoints: draw alike, measure, choose."""

from .compare import Tools, compare
from .cost import Cost, cost_of
from .drawing import Compared
from .plan.candidate import Candidate, candidates_of_run, candidates_of_seeds, spread
from .plan.candidate_files import candidates_of_files
from .plan.compare_plan import ComparePlan, Probe, default_plan, quick_plan
from .reading.subject import Subject
from .report.report import Report

__all__ = [
    "Candidate",
    "ComparePlan",
    "Compared",
    "Cost",
    "Probe",
    "Report",
    "Subject",
    "Tools",
    "candidates_of_files",
    "candidates_of_run",
    "candidates_of_seeds",
    "compare",
    "cost_of",
    "default_plan",
    "quick_plan",
    "spread",
]
