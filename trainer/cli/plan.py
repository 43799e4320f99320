"""`plan`: what `train` with the same options would do; nothing is kept but the sheet."""

import sys
from argparse import Namespace
from pathlib import Path

from ..images.picture_file import write_picture
from ..runtime.work import follow
from .command import AddParser, Figures
from .job import add_job, job_of
from .progress import following, say


def add(command: AddParser) -> None:
    plan = command("plan", help="what a run will be: passes, buckets, time, disk, memory; trains nothing")
    plan.set_defaults(command=_plan)
    add_job(plan)
    plan.add_argument(
        "--quick", action="store_true", help="arithmetic alone: no base is loaded, no time or memory told"
    )
    plan.add_argument("--sheet", type=Path, help="picture of the buckets to write (PNG)")


def _plan(options: Namespace) -> Figures:
    from ..planning.memory_sheet import with_memory
    from ..planning.plan import plan_run
    from ..planning.sheet import draw_plan
    from ..planning.words import plan_json, plan_lines

    work = plan_run(job_of(options), measures=not options.quick)
    with following() as follower:
        plan = follow(work, follower.show)
    lines, figures = plan_lines(plan), plan_json(plan)
    for line in lines:
        say(line, "red" if line.startswith("✗") else "yellow" if line.startswith("!") else None)
    if options.sheet is not None:
        write_picture(options.sheet, with_memory(draw_plan(plan, lines), figures.get("memory")))
        sys.stdout.write(f"{options.sheet.resolve()}\n")
    return figures
