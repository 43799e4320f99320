"""`check`: whether training, drawing and measuring work on this machine, in about a minute; or each preset in small."""

import sys
from argparse import Namespace
from pathlib import Path

from ..errors import LikenessError
from ..images.picture_file import write_picture
from ..runtime.work import follow
from .command import AddParser, Figures
from .progress import following, progress, say


def add(command: AddParser) -> None:
    check = command("check", help="learn the demo character and hold its scores against this version's own")
    check.set_defaults(command=_check)
    check.add_argument("--sheet", type=Path, help="picture of what was drawn, to write (PNG)")
    check.add_argument("--device", default="cpu", help="cpu or cuda")
    check.add_argument("--presets", action="store_true", help="train each preset in small instead, on the processor")
    check.add_argument("--record", action="store_true", help="with --presets: store what was measured for this version")


def _check(options: Namespace) -> Figures:
    """Ends with an error where a score is not as it should be."""
    return _presets(record=options.record) if options.presets else _installation(options)


def _presets(*, record: bool) -> Figures:
    from ..demo.check_presets import STORED, check_presets

    with progress("presets") as told:
        checked = check_presets(told=told)
    if record:
        for fault in checked.faults:
            say(fault, "yellow")
        checked.record()
        say(f"{STORED} holds these figures now; look at them before you keep them.")
    else:
        checked.refuse_changes()
        say(f"All is well: {len(checked.trained)} presets train as stored.", "green")
    return {"presets": len(checked.trained), "changed": len(checked.faults), "seconds": round(checked.seconds, 1)}


def _installation(options: Namespace) -> Figures:
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
