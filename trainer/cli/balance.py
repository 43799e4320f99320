"""`balance`: a LoRA at several strengths beside an identity adapter at several weights, and the pair to take."""

import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path

from ..runtime.work import follow
from .base import add_base
from .command import AddParser, Figures
from .compare import numbers
from .folder import add_faces, add_trigger
from .identity import add_identity
from .progress import following, say


def add(command: AddParser) -> None:
    balance = command("balance", help="how strong to use a LoRA, and an identity adapter beside it")
    balance.set_defaults(command=_balance, strength=None, strengths=(), most=None, refine=False)
    balance.add_argument(
        "what", type=Path, nargs=1, metavar="RUN|LORA", help="run folder, whose chosen or last checkpoint is taken"
    )
    balance.add_argument("--out", type=Path, help="folder for pictures and report (default: in the run)")
    balance.add_argument("--references", type=Path, help="pictures of the character (default: the run's held-out ones)")
    add_identity(balance)
    _add_grid(balance)
    add_base(balance, "default: the run's, else the demo base")
    add_trigger(balance)
    add_faces(balance)
    balance.add_argument("--dry-run", action="store_true", help="say what would be drawn, and draw nothing")


def _add_grid(balance: ArgumentParser) -> None:
    balance.add_argument("--grid-strengths", type=numbers, help="of the LoRA (default: 0.6,0.7,0.8,0.9,1)")
    balance.add_argument("--grid-weights", type=numbers, help="of the adapter (default: 0,0.3,0.5,0.6,0.7,1)")
    balance.add_argument("--quick", action="store_true", help="three of each and few prompts, for a first look")
    balance.add_argument("--plan", type=Path, help="prompts, as `compare` takes them")
    balance.add_argument("--resolution", type=int, help="side of the pictures (default: as trained)")


def _balance(options: Namespace) -> Figures:
    """Write balance.json and balance.png; the picture's path is the last line but one."""
    from ..scoring.balance.balancing import Balancing
    from ..scoring.balance.grid import BalanceGrid
    from ..scoring.balance.kept import HEATMAP
    from .comparison import chosen_of, comparison_of
    from .identity import adapted_of

    asked = comparison_of(options)
    usual = BalanceGrid.quick() if options.quick else BalanceGrid()
    grid = BalanceGrid(options.grid_strengths or usual.strengths, options.grid_weights or usual.weights)
    train = [sample.path for sample in asked.subject.training]
    work = Balancing(
        plan=asked.plan,
        candidate=chosen_of(asked),
        companion=adapted_of(options, asked.base, train, asked.tools.out),
        grid=grid,
        subject=asked.subject,
        tools=asked.tools,
    )
    cost = work.cost()
    tools = asked.tools
    say(f"{tools.family} {tools.base_name} in {tools.precision}. {work.candidate.label}. {cost.sentence}")
    if options.dry_run:
        return {"columns": cost.columns, "pictures": cost.pictures, "kept": cost.kept, "seconds": cost.seconds}
    with following() as follower:
        balance = follow(work.followed(), follower.show)
    for line in balance.lines:
        say(line, "yellow" if line in balance.pick.warnings else None)
    picture = tools.out / HEATMAP
    sys.stdout.write(f"{picture.resolve()}\n")
    strength, weight = balance.pick.pair or (None, None)
    return {
        "strength": strength,
        "weight": weight,
        "tied": [list(pair) for pair in balance.pick.tied],
        "lora": str(work.candidate.path),
        "adapter": balance.title,
        "warnings": list(balance.pick.warnings),
        "readers": dict(balance.readers),
        "base": balance.base,
        "precision": balance.precision,
        "report": str(picture),
    }
