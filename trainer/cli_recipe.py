"""The command line's `recipe`: from and to other trainers' settings files."""

import argparse
import json
from pathlib import Path
from typing import Any

from rich.console import Console

from .errors import RecipeError
from .storage.atomic import write_atomically

_console = Console(stderr=True)


def add_recipe(commands: Any) -> None:
    recipe = commands.add_parser("recipe", help="recipes from and to kohya, kohya_ss, OneTrainer and the guide's YAML")
    inner = recipe.add_subparsers(required=True, metavar="action")
    read = inner.add_parser("import", help="read a settings file (.toml, .yaml, .json) as a recipe")
    read.set_defaults(command=_import)
    read.add_argument("file", type=Path)
    read.add_argument("--out", type=Path, help="recipe.json to write, for train --recipe")
    write = inner.add_parser("export", help="write a recipe as another trainer's settings file")
    write.set_defaults(command=_export)
    what = write.add_mutually_exclusive_group(required=True)
    what.add_argument("--recipe", type=Path, help="recipe.json")
    what.add_argument("--preset", help="a recipe by name")
    write.add_argument("--format", required=True, help="kohya TOML, guide YAML, kohya_ss JSON, OneTrainer JSON")
    write.add_argument("--out", type=Path, required=True)
    write.add_argument("--data", type=Path, help="folder of pictures, for kohya's dataset TOML beside it")


def _import(options: argparse.Namespace) -> dict[str, Any]:
    from .exchange.formats import import_recipe

    made = import_recipe(_text(options.file), options.file.name)
    for left in made.left:
        _console.print(left.sentence, style="yellow", highlight=False, soft_wrap=True)
    if options.out is not None:
        write_atomically(options.out, (json.dumps(made.recipe.to_json(), indent=2) + "\n").encode())
    return {"format": made.format, "left": [left.key for left in made.left], "recipe": made.recipe.to_json()}


def _export(options: argparse.Namespace) -> dict[str, Any]:
    from .console_train import recipe_of
    from .dataset.files.folder import read_dataset
    from .exchange.formats import FORMATS, Format, export_recipe
    from .exchange.kohya_dataset import kohya_dataset

    named: dict[str, Format] = {each.lower(): each for each in FORMATS}
    if options.format.lower() not in named:
        raise RecipeError(f"There is no format {options.format!r}; use {', '.join(FORMATS)}.")
    recipe = recipe_of(argparse.Namespace(recipe=options.recipe, preset=options.preset, base=None))
    made = export_recipe(recipe, named[options.format.lower()])
    for left in made.left:
        _console.print(left.sentence, style="yellow", highlight=False, soft_wrap=True)
    write_atomically(options.out, made.text.encode())
    written = [str(options.out)]
    if options.data is not None:
        beside = options.out.with_name(f"{options.out.stem}_dataset.toml")
        write_atomically(beside, kohya_dataset(recipe, read_dataset(options.data)).encode())
        written.append(str(beside))
    return {"written": written, "left": [left.key for left in made.left]}


def _text(path: Path) -> str:
    try:
        with path.open(encoding="utf-8-sig") as file:
            return file.read((1 << 20) + 1)
    except (OSError, UnicodeDecodeError) as fault:
        raise RecipeError(f"{path} cannot be read: {fault}.") from fault
