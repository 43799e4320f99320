"""`recipe presets | import | export`: recipes by name, and from and to other trainers' settings files."""

import json
from argparse import Namespace
from pathlib import Path

from ..dataset.files.folder import read_dataset
from ..errors import RecipeError
from ..exchange.formats import FORMATS, Format, export_recipe, import_recipe, settings_text
from ..exchange.keys import left_lines
from ..exchange.kohya_dataset import kohya_dataset, kohya_dataset_cannot
from ..images.alpha import Alpha
from ..recipe.presets import PRESETS, families
from .command import AddParser, Figures, write_text
from .job import recipe_of
from .progress import say


def add(command: AddParser) -> None:
    recipe = command("recipe", help="recipes by name, and from and to other trainers' settings")
    inner = recipe.add_subparsers(required=True, metavar="action")
    known = inner.add_parser("presets", help="the recipes by name, by family of bases")
    known.set_defaults(command=_presets)
    known.add_argument("--family", default="", help=f"of these bases alone: {', '.join(families())}")
    read = inner.add_parser("import", help="read a settings file (.toml, .yaml, .json, .env, .sh, .bat) as a recipe")
    read.set_defaults(command=_import)
    read.add_argument("file", type=Path)
    read.add_argument("--out", type=Path, help="recipe.json to write, for train --recipe")
    write = inner.add_parser("export", help="write a recipe as another trainer's settings file")
    write.set_defaults(command=_export)
    what = write.add_mutually_exclusive_group(required=True)
    what.add_argument("--recipe", type=Path, help="recipe.json")
    what.add_argument("--preset", help="a recipe by name")
    write.add_argument("--format", required=True, help=", ".join(FORMATS))
    write.add_argument("--out", type=Path, required=True)
    write.add_argument("--data", type=Path, help="folder of pictures, for kohya's dataset TOML beside it")


def _presets(options: Namespace) -> Figures:
    if options.family and options.family not in families():
        raise RecipeError(f"There is no preset for {options.family!r}; families are {', '.join(families())}.")
    shown = {family: names for family, names in families().items() if options.family in ("", family)}
    for family, names in shown.items():
        say(family, "bold")
        for name in names:
            say(f"  {name}: {PRESETS[name].when} {PRESETS[name].source}")
    return {"presets": {family: list(names) for family, names in shown.items()}}


def _import(options: Namespace) -> Figures:
    made = import_recipe(settings_text(options.file), options.file.name, options.file.parent)
    for line in left_lines(made.left):
        say(line, "yellow")
    if options.out is not None:
        write_text(options.out, json.dumps(made.recipe.to_json(), indent=2) + "\n")
    return {"format": made.format, "left": [left.key for left in made.left], "recipe": made.recipe.to_json()}


def _export(options: Namespace) -> Figures:
    named: dict[str, Format] = {each.lower(): each for each in FORMATS}
    if options.format.lower() not in named:
        raise RecipeError(f"There is no format {options.format!r}; use {', '.join(FORMATS)}.")
    recipe = recipe_of(options)
    made = export_recipe(recipe, named[options.format.lower()])
    for line in left_lines(made.left):
        say(line, "yellow")
    write_text(options.out, made.text)
    written = [str(options.out)]
    if options.data is not None:
        beside = options.out.with_name(f"{options.out.stem}_dataset.toml")
        dataset = read_dataset(options.data, alpha=Alpha(masked=True))
        write_text(beside, kohya_dataset(recipe, dataset))
        for line in kohya_dataset_cannot(recipe, dataset):
            say(line, "yellow")
        written.append(str(beside))
    return {"written": written, "left": [left.key for left in made.left]}
