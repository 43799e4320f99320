"""Comparing checkpoints: draw alike, measure, choose."""

from .compare import Tools, compare
from .drawing import Compared
from .plan import ComparePlan, Probe
from .report.report import Report
from .subject import Subject

__all__ = ["ComparePlan", "Compared", "Probe", "Report", "Subject", "Tools", "compare"]
