"""`demo`: learn, compare and choose on the built-in base; `demo build` makes that base anew."""

import sys
import time
from argparse import SUPPRESS, Namespace
from pathlib import Path

from ..demo.family import FAMILIES
from ..runtime.peak import peak_mb
from ..runtime.work import follow
from .command import AddParser, Figures, in_repository
from .progress import following, say


def add(command: AddParser) -> None:
    demo = command("demo", help="learn, compare and choose on the built-in demo base")
    demo.set_defaults(command=_demo)
    demo.add_argument("--out", type=Path, default=Path("demo"), help="folder for pictures, checkpoints and report")
    demo.add_argument("--character", type=int, default=0, help="which demo character, 0 to 2")
    demo.add_argument("--seed", type=int, default=0)
    demo.add_argument("--family", choices=FAMILIES, default=FAMILIES[0], help="which demo base (default: %(default)s)")
    inner = demo.add_subparsers(metavar="build")
    build = inner.add_parser("build", help="remake the demo base and reader from their seed (an hour or two)")
    build.set_defaults(command=_build)
    build.add_argument("--assets", type=Path, help="where to write (default: beside the demo's code)")
    build.add_argument("--work", type=Path, default=Path("demo-build"), help="folder for what is made on the way")
    build.add_argument("--family", choices=FAMILIES, default=SUPPRESS, help="flow: from the SDXL base, which is kept")
    build.add_argument("--adapter", action="store_true", help="the adapter alone, for the SDXL base, which is kept")
    build.add_argument("--quick", action="store_true", help="a few steps of everything, to see that it runs")


def _demo(options: Namespace) -> Figures:
    """The path of the report is the last line but one."""
    from ..demo.figures import demo_figures
    from ..demo.run import Outcome, learn, overdo

    out, number, seed, family = options.out, options.character, options.seed, options.family
    started = time.monotonic()
    outcomes: list[Outcome] = []
    for title, work in (
        (
            f"Learning a character from 16 drawings, in {out}",
            learn(out / "character", number, family=family, seed=seed),
        ),
        (
            "Over-training on three drawings, to see it caught",
            overdo(out / "overtrained", number, family=family, seed=seed),
        ),
    ):
        say(title, "bold")
        with following() as follower:
            outcomes.append(follow(work, follower.show))
        say(outcomes[-1].report.reason, None)
    picture = out / "character" / "report" / "report.png"
    sys.stdout.write(f"{picture.resolve()}\n")
    return {
        **demo_figures(outcomes[0], outcomes[1]),
        "seconds_total": round(time.monotonic() - started, 1),
        "peak_mb": peak_mb(),
        "report": str(picture),
    }


def _build(options: Namespace) -> Figures:
    """Remake the demo's models; the log is kept beside them."""
    from ..demo.assets import ADAPTER, ASSETS

    with in_repository("The scripts that build the demo"):
        from ..demo.build.build import QUICK, Plan, build, build_adapter, build_flow, write_log

    lines: list[str] = []

    def log(line: str) -> None:
        lines.append(line)
        say(line, None)

    folder, plan = options.assets or ASSETS, QUICK if options.quick else Plan()
    make, logged = (
        (build_adapter, folder / ADAPTER.parent)
        if options.adapter
        else (build_flow, folder / "flow")
        if options.family == "flow"
        else (build, folder)
    )
    seconds = make(folder, options.work, plan, log)
    write_log(logged, lines, seconds)
    return {"assets": str(folder), "seconds": seconds, "peak_mb": peak_mb()}
