"""What the command line shows while work goes on: one progress bar at a time, then the figures."""

import argparse
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn

from .errors import RecipeError
from .runtime.peak import peak_mb
from .runtime.work import follow
from .scoring import Compared, ComparePlan
from .storage.values import read_json
from .training.run.events import Event, Finished, HeldOut, Prepared, Sampled, Saved, Seeded, Stepped

_console = Console(stderr=True)


class Follower:
    """Shows events as they come. Use within `following()`."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._task: TaskID | None = None
        self._what = ""
        self._held_out = ""

    def show(self, event: Event | Compared) -> None:
        if isinstance(event, Prepared):
            self._move(event.what, event.done, event.total, "")
        elif isinstance(event, Stepped):
            loss = f"loss {event.loss:.3f}{self._held_out}"
            pace = f"{loss} · {event.seconds_per_step:.2f} s/step · {clock(event.seconds_left)} left"
            self._move("training", event.step, event.steps, pace)
        elif isinstance(event, HeldOut):
            self._held_out = f" · held out {event.held_out:.3f}"
        elif isinstance(event, Compared):
            left = "" if event.seconds_left is None else f"{event.label} · {clock(event.seconds_left)} left"
            self._move("comparing", event.done, event.total, left)
        elif isinstance(event, Seeded):
            self._say(f"seed {event.seed}, {event.number} of {event.count}")
        elif isinstance(event, Sampled) and event.skipped:
            self._say(event.skipped)
        elif isinstance(event, Saved):
            self._say(f"saved {event.path}")
            if event.health:
                self._say(event.health)
        elif isinstance(event, Finished) and event.answered:
            self._say("already trained")

    def _say(self, line: str) -> None:
        self._progress.console.print(line, style="dim", highlight=False, soft_wrap=True)

    def _move(self, what: str, done: int, total: int, note: str) -> None:
        if self._task is None or what != self._what:
            self._task, self._what = self._progress.add_task(what, total=total, note=""), what
        self._progress.update(self._task, completed=done, total=total, note=note)


@contextmanager
def following() -> Generator[Follower]:
    """A Follower whose bars stand still when the block ends."""
    columns = (
        TextColumn("{task.description:>18}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[note]}"),
    )
    with Progress(*columns, console=_console) as progress:
        yield Follower(progress)


def clock(seconds: float) -> str:
    """1:05, 12:40 or 2:03:10."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def follow_demo(out: Path, number: int, seed: int) -> dict[str, Any]:
    """The demo, its report's path on the last line but one."""
    from .demo.run import Outcome, learn, overdo

    started = time.monotonic()
    outcomes: list[Outcome] = []
    for title, work in (
        (f"Learning a character from 16 drawings, in {out}", learn(out / "character", number, seed=seed)),
        ("Over-training on three drawings, to see it caught", overdo(out / "overtrained", number, seed=seed)),
    ):
        _console.print(title, style="bold", highlight=False)
        with following() as follower:
            outcomes.append(follow(work, follower.show))
        _console.print(outcomes[-1].report.reason, highlight=False, soft_wrap=True)
    picture = out / "character" / "report" / "report.png"
    sys.stdout.write(f"{picture.resolve()}\n")
    figures = demo_figures(outcomes[0], outcomes[1])
    return {
        **figures,
        "seconds_total": round(time.monotonic() - started, 1),
        "peak_mb": peak_mb(),
        "report": str(picture),
    }


def demo_figures(learned: Any, overdone: Any) -> dict[str, Any]:
    """The demo's figures of two Outcomes; null where a thing was not measured or nothing was chosen."""
    report = learned.report
    control, chosen = report.control, report.choice
    last = overdone.report.checkpoints[-1]
    return {
        "identity_control": _mean(control.identity),
        "identity_chosen": _mean(chosen.identity if chosen else None),
        "identity_without_trigger": _mean(chosen.untriggered if chosen else None),
        "identity_reference": rounded(report.reference),
        "top1": _mean(chosen.top1 if chosen else None),
        "following_control": _mean(control.following),
        "following_chosen": _mean(chosen.following if chosen else None),
        "following_slots": {slot: round(value, 3) for slot, value in control.slots.items()},
        "overtrained_flagged": last.overtrained and overdone.report.chosen != last.step,
        "chosen_step": report.chosen,
        "seconds_training": round(learned.seconds_training, 1),
    }


def follow_compare(options: argparse.Namespace) -> dict[str, Any]:
    """Compare a run's checkpoints with the demo's readers and write the report into the run folder."""
    from .demo.assets import demo_base
    from .demo.run import demo_subject, demo_tools
    from .demo.settings import demo_plan
    from .scoring import compare
    from .training.run.folder import RunFolder, read_run

    dataset, base = read_run(options.run)
    if base.sha256 != demo_base().sha256:
        raise RecipeError("Only runs on the demo base can be compared: there is no face reader for photographs yet.")
    plan = ComparePlan.from_json(read_json(options.plan, RecipeError)) if options.plan else demo_plan(dataset.trigger)
    out = options.run / "report"
    tools = demo_tools(base, out)
    with following() as follower:
        work = compare(plan, RunFolder(options.run).checkpoints(), demo_subject(dataset), tools)
        report = follow(work, follower.show)
    _console.print(report.reason, highlight=False, soft_wrap=True)
    picture = out / "report.png"
    sys.stdout.write(f"{picture.resolve()}\n")
    return {
        "chosen_step": report.chosen,
        "identity_control": _mean(report.control.identity),
        "identity_chosen": _mean(report.choice.identity if report.choice else None),
        "report": str(picture),
    }


def follow_build(assets: Path | None, work: Path, quick: bool) -> dict[str, Any]:
    """Remake the demo's models; the log is kept beside them."""
    from .demo.assets import ASSETS
    from .demo.build.build import QUICK, Plan, build, write_log

    lines: list[str] = []

    def say(line: str) -> None:
        lines.append(line)
        _console.print(line, highlight=False)

    folder = assets or ASSETS
    seconds = build(folder, work, QUICK if quick else Plan(), say)
    write_log(folder, lines, seconds)
    return {"assets": str(folder), "seconds": seconds, "peak_mb": peak_mb()}


def _mean(interval: Any) -> float | None:
    return None if interval is None else round(float(interval.value), 3)


def rounded(value: float | None) -> float | None:
    """Three places."""
    return None if value is None else round(value, 3)
