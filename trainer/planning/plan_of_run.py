"""The plan of a run that was made before, as far as arithmetic tells it."""

from pathlib import Path
from typing import Any

from ..errors import LikenessError, few
from ..runtime.work import follow
from ..training.job import Job
from ..training.run.past_run import read_past_run
from .plan import plan_run
from .words import plan_json


def figures_of_run(folder: Path, device: str = "cpu") -> dict[str, Any]:
    """`plan_json` of the run in `folder`, or why there is none: its base or its pictures may be gone by now.

    Pictures of others that were trained beside it are not in a run's folder, and so not in its plan.
    """
    run = read_past_run(folder)
    gone = [path.name for path in run.base.files.values() if not path.exists()]
    if gone:
        return {"not_planned": f"The base's files are gone: {few(gone)}."}
    job = Job(recipe=run.recipe, dataset=run.dataset, base=run.base, run=folder, name=folder.name, device=device)
    try:
        return plan_json(follow(plan_run(job, measures=False)))
    except (LikenessError, OSError) as fault:
        return {"not_planned": str(fault)}
