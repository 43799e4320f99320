"""Advice on a demo run, and a user who takes it."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ..dataset.dataset import Dataset
from ..demo.assets import demo_base
from ..demo.family import DemoFamily
from ..scoring.advice import NextRun, advise_next, changed_dataset
from .choose_cases import Fault
from .choose_run import Trained
from .inputs.user import with_backgrounds_told, with_pictures

NAMES: Mapping[Fault, str] = {
    "short": "short",
    "long": "long",
    "rate": "rate_high",
    "few": "few",
    "words": "words",
    "background": "background",
}
"""Which row of the advice's table names a fault."""


@dataclass(frozen=True, kw_only=True)
class Advised:
    """The next run as advised of a run."""

    next_run: NextRun

    @property
    def findings(self) -> tuple[str, ...]:
        return self.next_run.kinds

    def names(self, fault: Fault) -> bool:
        """Whether the fault is told; of a sound run, that none is."""
        return NAMES[fault] in self.findings if fault else not self.findings

    def take(self, dataset: Dataset, number: int, folder: Path) -> Dataset:
        """The pictures of demo character `number` with all that was advised; new ones are drawn into `folder`."""
        dataset = changed_dataset(dataset, self.next_run.dataset_changes)
        wanted = 0
        for change in self.next_run.dataset_changes:
            if change.task == "caption_background":
                dataset = with_backgrounds_told(dataset, change.pictures)
            elif change.task == "add_pictures":
                wanted = max(wanted, change.count)
        return with_pictures(dataset, number, wanted, folder) if wanted else dataset


def advised(run: Trained, family: DemoFamily) -> Advised:
    """What the advice says with all that a run's folder knows."""
    base = demo_base(family=family)
    return Advised(next_run=advise_next(run.report, run.dataset, run.recipe, family=base.family))
