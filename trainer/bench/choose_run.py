"""One training of `bench choose`: trained, compared, kept in a folder of its own so that a stopped bench goes on."""

from dataclasses import dataclass, replace
from pathlib import Path

from ..dataset.dataset import Dataset
from ..demo.assets import demo_base
from ..demo.characters.character import draw_character
from ..demo.family import DemoFamily
from ..demo.run import demo_subject, demo_tools
from ..demo.settings import demo_plan
from ..recipe.recipe import Recipe
from ..runtime.work import follow, ignore
from ..scoring import Report, candidates_of_run, compare
from ..scoring.drawing import FOLDER, ColumnShots, picture_path
from ..training.job import Job
from ..training.run.folder import Checkpoint, RunFolder
from ..training.train import train
from . import Sink
from .choose_cases import Case
from .inputs.faulty import draw_before_one, draw_few, draw_told

STEPS = 10
"""Half of the demo's: by the truth a checkpoint is the same (likeness .958 against .954), and twice as many fit."""
_DRAWN = {"few": draw_few, "words": draw_told, "background": draw_before_one}


@dataclass(frozen=True, kw_only=True)
class Trained:
    """A run with what it learned from, and what comparing its checkpoints said."""

    folder: Path
    dataset: Dataset
    recipe: Recipe
    report: Report


def dataset_of(case: Case, folder: Path) -> Dataset:
    """The case's pictures, with the fault if it is theirs."""
    return _DRAWN.get(case.fault, draw_character)(folder, case.character)


def trained(
    folder: Path, dataset: Dataset, recipe: Recipe, family: DemoFamily, controls: Path, sink: Sink = ignore
) -> Trained:
    """Train in `folder` and compare its checkpoints, or answer from what lies there.

    `controls` keeps the control's pictures, which are the same for all runs of a family and trigger.
    """
    base = demo_base(family=family)
    job = Job(recipe=recipe, dataset=dataset, base=base, run=folder / "run", name=dataset.trigger)
    follow(train(job), sink)
    checkpoints = RunFolder(job.run).checkpoints()
    report = compared(folder / "report", dataset, checkpoints, family, controls, sink)
    return Trained(folder=folder, dataset=dataset, recipe=recipe, report=report)


def compared(
    out: Path,
    dataset: Dataset,
    checkpoints: tuple[Checkpoint, ...],
    family: DemoFamily,
    controls: Path,
    sink: Sink = ignore,
) -> Report:
    """The comparison of checkpoints as the demo makes it."""
    base, plan = demo_base(family=family), replace(demo_plan(dataset.trigger, family), steps=STEPS)
    _exchange(controls, out, ColumnShots.of(plan, None, base.sha256).keys)
    report = follow(compare(plan, candidates_of_run(checkpoints), demo_subject(dataset), demo_tools(base, out)), sink)
    _exchange(out, controls, ColumnShots.of(plan, None, base.sha256).keys)
    return report


def _exchange(giver: Path, taker: Path, keys: tuple[str, ...]) -> None:
    """Let the taker have the giver's pictures of these keys."""
    (taker / FOLDER).mkdir(parents=True, exist_ok=True)
    for path in map(picture_path, keys):
        if (giver / path).is_file() and not (taker / path).exists():
            (taker / path).hardlink_to(giver / path)
