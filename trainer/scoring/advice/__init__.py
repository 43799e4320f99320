"""What to change in the next run, by what was measured."""

from .advise import advice_of_run, advise_next, recipe_of_run
from .apply import changed_dataset
from .change import Change, DatasetChange
from .next_run import NextRun, RunFinding

__all__ = [
    "Change",
    "DatasetChange",
    "NextRun",
    "RunFinding",
    "advice_of_run",
    "advise_next",
    "changed_dataset",
    "recipe_of_run",
]
