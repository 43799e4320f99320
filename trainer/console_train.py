"""`train` and `plan` on the command line: the run that their options describe, and what they show of it."""

import argparse
import io
import sys
import time
from collections.abc import Generator
from typing import Any

from rich.console import Console

from .console import following
from .dataset.dataset import Dataset
from .dataset.files.folder import read_dataset
from .dataset.step_budget import step_budget
from .errors import RecipeError
from .families.base import Base
from .families.registry import describe_base
from .planning.plan import Plan, plan_run
from .planning.sheet import draw_plan
from .planning.words import plan_json, plan_lines
from .recipe.presets import PRESETS
from .recipe.recipe import Recipe
from .runtime.peak import peak_mb
from .storage.atomic import write_atomically
from .storage.values import read_json
from .training.job import Job
from .training.run.events import Prepared
from .training.run.folder import RunFolder
from .training.seeds import train_seeds

_console = Console(stderr=True)


def follow_train(options: argparse.Namespace) -> dict[str, Any]:
    """Train a folder of pictures; run again to resume."""
    job = job_of(options)
    for left in job.dataset.left_out:
        _console.print(f"left out: {left.why}", style="yellow", highlight=False, soft_wrap=True)
    if job.dataset.train:
        _console.print(step_budget(job.dataset.train, job.recipe).sentence, style="dim", highlight=False)
    started = time.monotonic()
    with following() as follower:
        for event in train_seeds(job):
            follower.show(event)
    last = RunFolder(options.out).checkpoints()[-1]
    seconds = round(time.monotonic() - started, 1)
    return {"checkpoint": str(last.path), "step": last.step, "seconds_total": seconds, "peak_mb": peak_mb()}


def follow_plan(options: argparse.Namespace) -> dict[str, Any]:
    """Plan what `train` with the same options would do; nothing is kept but the sheet."""
    work = plan_run(job_of(options), measures=not options.quick)
    plan = _planned(work)
    lines = plan_lines(plan)
    for line in lines:
        style = "red" if line.startswith("✗") else "yellow" if line.startswith("!") else None
        _console.print(line, style=style, highlight=False, soft_wrap=True)
    if options.sheet is not None:
        picture = io.BytesIO()
        draw_plan(plan, lines).save(picture, "PNG")
        write_atomically(options.sheet, picture.getvalue())
        sys.stdout.write(f"{options.sheet.resolve()}\n")
    return plan_json(plan)


def _planned(work: Generator[Prepared, None, Plan]) -> Plan:
    with following() as follower:
        while True:
            try:
                follower.show(next(work))
            except StopIteration as end:
                return end.value


def job_of(options: argparse.Namespace) -> Job:
    """The run that the options describe; a LikenessError of the part that cannot be read."""
    recipe = recipe_of(options)
    base = base_of(options)
    dataset = read_dataset(options.data, trigger=options.trigger, subject=options.subject, held_out=options.held_out)
    return Job(
        recipe=recipe,
        dataset=dataset,
        base=base,
        run=options.out,
        name=options.name or dataset.trigger,
        device=options.device,
        regularisation=_regularisation(options),
        start=options.start,
    )


def recipe_of(options: argparse.Namespace) -> Recipe:
    """From `--recipe` or `--preset`; the demo's on the demo base."""
    from .demo.settings import demo_recipe

    if options.recipe:
        return Recipe.from_json(read_json(options.recipe, RecipeError))
    if options.preset:
        if options.preset not in PRESETS:
            raise RecipeError(f"There is no preset {options.preset!r}; take one of {', '.join(PRESETS)}.")
        return PRESETS[options.preset].recipe
    if options.base is not None:
        raise RecipeError(
            "A base of your own needs --preset or --recipe: the demo's settings suit the demo base alone."
        )
    return demo_recipe()


def base_of(options: argparse.Namespace) -> Base:
    """From `--base`, else the demo base."""
    from .demo.assets import demo_base

    return describe_base(options.base, options.predicts or "") if options.base else demo_base()


def _regularisation(options: argparse.Namespace) -> Dataset | None:
    """Pictures of anybody: their trigger is never used."""
    return read_dataset(options.reg, trigger="anybody", subject=options.subject) if options.reg else None
