"""`check`: whether training, drawing and measuring work on this machine, in about a minute."""

import sys
from argparse import Namespace
from pathlib import Path

from ..errors import LikenessError
from ..images.picture_file import write_picture
from ..runtime.work import follow
from .command import AddParser, Figures
from .progress import following, say


def add(command: AddParser) -> None:
    check = command("check", help="learn the demo character and hold its scores against this version's own")
    check.set_defaults(command=_check)
    check.add_argument("--sheet", type=Path, help="picture of what was drawn, to write (PNG)")
    check.add_argument("--device", default="cpu", help="cpu or cuda")


def _check(options: Namespace) -> Figures:
    """Ends with an error where a score is not as it should be."""
    from ..demo.check import check_installation
    from ..demo.check_sheet import draw_checkup

    with following() as follower:
        checkup = follow(check_installation(device=options.device), follower.show)
    if options.sheet is not None:
        write_picture(options.sheet, draw_checkup(checkup))
        sys.stdout.write(f"{options.sheet.resolve()}\n")
    if not checkup.is_well:
        raise LikenessError(checkup.sentence)
    say(checkup.sentence, "green")
    return {
        **{score.name: score.here for score in checkup.scores},
        "seconds": round(checkup.seconds, 1),
        "device": checkup.device,
    }
