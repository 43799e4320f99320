"""`compare`: a run's checkpoints side by side, and the one to take."""

import sys
from argparse import Namespace
from pathlib import Path

from ..errors import RecipeError
from ..runtime.work import follow
from ..storage.values import read_json
from .command import AddParser, Figures
from .progress import following, say


def add(command: AddParser) -> None:
    compare = command("compare", help="compare a run's checkpoints and choose one")
    compare.set_defaults(command=_compare)
    compare.add_argument("run", type=Path, help="run folder")
    compare.add_argument("--plan", type=Path, help="plan.json: probes and sampling (default: suits the base)")
    compare.add_argument("--device", default="cpu", help="cpu or cuda")


def _compare(options: Namespace) -> Figures:
    """Compare with the demo's readers and write the report into the run folder."""
    from ..demo.assets import demo_family
    from ..demo.figures import mean_of
    from ..demo.run import demo_subject, demo_tools
    from ..demo.settings import demo_plan
    from ..scoring import ComparePlan, candidates_of_run, compare
    from ..training.run.folder import RunFolder, read_run

    dataset, base = read_run(options.run)
    family = demo_family(base)
    if family is None:
        raise RecipeError("Only runs on a demo base can be compared: there is no face reader for photographs yet.")
    given = read_json(options.plan, RecipeError) if options.plan else None
    plan = demo_plan(dataset.trigger, family) if given is None else ComparePlan.from_json(given)
    out = options.run / "report"
    candidates = candidates_of_run(RunFolder(options.run).checkpoints())
    work = compare(plan, candidates, demo_subject(dataset), demo_tools(base, out))
    with following() as follower:
        report = follow(work, follower.show)
    say(report.reason, None)
    picture = out / "report.png"
    sys.stdout.write(f"{picture.resolve()}\n")
    return {
        "chosen_step": report.chosen_step,
        "identity_control": mean_of(report.control.identity),
        "identity_chosen": mean_of(report.choice.identity if report.choice else None),
        "report": str(picture),
    }
