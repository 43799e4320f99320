"""The arguments that describe a run, the same for training and for planning it, and the job that they make."""

from argparse import ArgumentParser, Namespace
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ..dataset.dataset import Dataset
from ..dataset.files.folder import read_dataset
from ..errors import RecipeError
from ..families.base import PREDICTIONS
from ..recipe.presets import PRESETS
from ..recipe.recipe import Recipe
from ..storage.values import read_json
from .base import add_base, base_of

if TYPE_CHECKING:
    from ..training.job import Job


def add_job(verb: ArgumentParser) -> None:
    """What a run is made of."""
    add_base(verb)
    verb.add_argument("--data", type=Path, required=True, help="folder of pictures with captions beside them")
    verb.add_argument(
        "--predicts",
        choices=PREDICTIONS,
        help="what the base predicts, where its file does not say so itself",
    )
    how = verb.add_mutually_exclusive_group()
    how.add_argument("--recipe", type=Path, help="recipe.json (default: the demo's recipe on the demo base)")
    how.add_argument("--preset", help="a recipe by name, as the Training recipe node lists them")
    verb.add_argument("--batch", type=int, help="pictures at once, in place of the recipe's")
    verb.add_argument("--accumulation", type=int, help="batches an update, in place of the recipe's")
    verb.add_argument("--out", type=Path, required=True, help="run folder; the same command resumes it")
    verb.add_argument("--name", help="name of the LoRA files (default: the trigger)")
    verb.add_argument("--trigger", help="word for the character (default: from the folder's name)")
    verb.add_argument("--subject", help="class word (default: that of '10_zxq woman', else person)")
    verb.add_argument("--held-out", type=int, default=3, help="pictures kept out of training to judge by")
    verb.add_argument("--reg", type=Path, help="folder of pictures of anybody, trained beside the character's")
    verb.add_argument("--start", type=Path, help="LoRA file (ours or kohya's) to learn on from")
    verb.add_argument("--device", default="cpu", help="cpu or cuda")


def job_of(options: Namespace) -> "Job":
    """The run that the options describe; a LikenessError of the part that cannot be read."""
    from ..training.job import Job
    from ..training.run.folder import check_run_name

    if options.name:
        check_run_name(options.name)
    recipe = _with_schedule(run_recipe(options), options)
    base = base_of(options, options.predicts or "")
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


def run_recipe(options: Namespace) -> Recipe:
    """From `--recipe` or `--preset`; the demo's on the demo base."""
    if options.recipe is not None or options.preset is not None:
        return recipe_of(options)
    if options.base is not None:
        raise RecipeError(
            "A base of your own needs --preset or --recipe: the demo's settings suit the demo base alone."
        )
    from ..demo.settings import demo_recipe

    return demo_recipe(family=options.family)


def _with_schedule(recipe: Recipe, options: Namespace) -> Recipe:
    """With `--batch` and `--accumulation`, which say how an update is shared among processes."""
    given = {name: getattr(options, name) for name in ("batch", "accumulation")}
    moved = {name: value for name, value in given.items() if value is not None}
    return replace(recipe, schedule=replace(recipe.schedule, **moved)) if moved else recipe


def recipe_of(options: Namespace) -> Recipe:
    """From `--recipe`, else `--preset`: one of them is given."""
    if options.recipe is not None:
        return Recipe.from_json(read_json(options.recipe, RecipeError))
    if options.preset not in PRESETS:
        raise RecipeError(f"There is no preset {options.preset!r}; take one of {', '.join(PRESETS)}.")
    return PRESETS[options.preset].recipe


def _regularisation(options: Namespace) -> Dataset | None:
    """Pictures of anybody: their trigger is never used."""
    return read_dataset(options.reg, trigger="anybody", subject=options.subject) if options.reg else None
