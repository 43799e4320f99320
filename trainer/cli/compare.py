"""`compare`: checkpoints of a run, or any LoRA files, side by side, and the one to take."""

import sys
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from pathlib import Path

from ..runtime.work import follow
from .base import add_base
from .command import AddParser, Figures
from .folder import add_faces, add_trigger
from .progress import following, say


def add(command: AddParser) -> None:
    compare = command("compare", help="compare a run's checkpoints, or LoRA files, and choose one")
    compare.set_defaults(command=_compare)
    compare.add_argument("what", type=Path, nargs="+", metavar="RUN|FILES", help="run folder, or LoRA files or folders")
    compare.add_argument("--out", type=Path, help="folder for pictures and report (default: in the run)")
    compare.add_argument("--references", type=Path, help="pictures of the character (default: the run's held-out ones)")
    _add_plan(compare)
    add_base(compare, "default: the run's, else the demo base")
    add_trigger(compare)
    add_faces(compare)
    compare.add_argument("--dry-run", action="store_true", help="say what would be drawn, and draw nothing")


def _add_plan(compare: ArgumentParser) -> None:
    compare.add_argument(
        "--plan",
        type=Path,
        help="prompts: a text file with one a line ({trigger} and {subject} stand for the words), or plan.json",
    )
    compare.add_argument("--quick", action="store_true", help="six prompts of two seeds, for a first look")
    compare.add_argument("--resolution", type=int, help="side of the pictures (default: as trained)")
    compare.add_argument("--strength", type=float, help="of the LoRA files (default: 1)")
    compare.add_argument("--strengths", type=numbers, default=(), help="the winner's besides, as 0.7,0.85,1")
    compare.add_argument("--most", type=int, help="at most so many checkpoints, evenly apart (default: all)")
    compare.add_argument("--refine", action="store_true", help="with --most, the winner's neighbours too")


def _compare(options: Namespace) -> Figures:
    """Write the report and the chosen one's model card; the picture's path is the last line but one."""
    from ..scoring import compare, cost_of
    from ..scoring.report.kept import write_card
    from .comparison import comparison_of

    asked = comparison_of(options)
    tools = asked.tools
    cost = cost_of(asked.plan, asked.fit, tools.out, tools.base, refines=bool(asked.rest))
    say(f"{tools.family} {tools.base_name} in {tools.precision}. {cost.sentence}")
    if options.dry_run:
        return {"columns": cost.columns, "pictures": cost.pictures, "kept": cost.kept, "seconds": cost.seconds}
    work = compare(asked.plan, asked.candidates, asked.subject, tools, rest=asked.rest)
    with following() as follower:
        report = follow(work, follower.show)
    for line in (report.reason, *report.advice, *report.notes):
        say(line, None)
    if card := asked.card(report):
        write_card(report, card, tools.out)
    picture = tools.out / "report.png"
    sys.stdout.write(f"{picture.resolve()}\n")
    return asked.figures(report, picture)


def numbers(text: str) -> tuple[float, ...]:
    """Of an option, with commas between."""
    try:
        return tuple(float(part) for part in text.split(",") if part.strip())
    except ValueError as fault:
        raise ArgumentTypeError(f"{text!r} is not numbers with commas between, for example 0.7,0.85,1") from fault
