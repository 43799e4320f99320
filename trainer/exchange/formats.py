"""Reading and writing recipes in every format, by the file's own look."""

import json
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from ..errors import RecipeError, shortened
from ..recipe.recipe import Recipe
from .fitted import fitted
from .headings import unfolded
from .keys import Keys, Left
from .kohya import reading as kohya
from .kohya.window import to_window, window_keys
from .kohya.writing import kohya_cannot, kohya_settings
from .onetrainer import reading as onetrainer
from .onetrainer.old_names import renewed
from .onetrainer.writing import onetrainer_cannot, onetrainer_settings
from .recognise import Format, format_of
from .strangers import stranger_list

FORMATS: tuple[Format, ...] = get_args(Format)
SUFFIXES: Mapping[Format, str] = {
    "kohya TOML": ".toml",
    "guide YAML": ".yaml",
    "kohya_ss JSON": ".json",
    "OneTrainer JSON": ".json",
    "Likeness JSON": ".json",
}
_MOST_BYTES = 1 << 20


@dataclass(frozen=True, kw_only=True)
class Imported:
    """A recipe, the format it came in, and everything of the file that it does not hold or holds otherwise.

    `used` are the settings it was made of, `neutral` those that change nothing as they stand.
    """

    recipe: Recipe
    format: Format
    left: tuple[Left, ...]
    used: tuple[str, ...] = ()
    neutral: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Exported:
    """A file's text, and everything of the recipe that it does not hold."""

    text: str
    left: tuple[Left, ...]


def settings_text(path: Path) -> str:
    """The text of a settings file, of a huge one no more than shows that it is none; RecipeError when unreadable."""
    try:
        with path.open(encoding="utf-8-sig") as file:
            return file.read(_MOST_BYTES + 1)
    except (OSError, UnicodeDecodeError) as fault:
        raise RecipeError(f"{path.name} cannot be read: {fault}.") from fault


def import_recipe(text: str, file: str) -> Imported:
    """The recipe in a settings file called `file`; RecipeError names what cannot be read or trained."""
    if len(text.encode()) > _MOST_BYTES:
        raise RecipeError(f"{file} is larger than 1 MiB, which no settings file is.")
    values = _parsed(text, file)
    kind = format_of(values, file)
    if kind == "Likeness JSON":
        return Imported(recipe=Recipe.from_json(values), format=kind, left=(), used=tuple(values))
    keys = _keys(values, kind, file)
    trainer = onetrainer if kind == "OneTrainer JSON" else kohya
    recipe = fitted(trainer.parts_of(keys), keys, trainer.NAMES, trainer.DEFAULTS)
    # What is left over is known once it was asked for.
    left = tuple(keys.rest())
    return Imported(recipe=recipe, format=kind, left=left, used=tuple(keys.used), neutral=tuple(keys.neutral))


def export_recipe(recipe: Recipe, kind: Format) -> Exported:
    """The recipe as a file of that format."""
    if kind == "Likeness JSON":
        return Exported(text=_json(recipe.to_json()), left=())
    if kind == "OneTrainer JSON":
        return Exported(text=_json(onetrainer_settings(recipe)), left=tuple(onetrainer_cannot(recipe)))
    settings = kohya_settings(recipe)
    write: Mapping[Format, Callable[[dict[str, Any]], str]] = {
        "kohya TOML": _toml,
        "guide YAML": _yaml,
        "kohya_ss JSON": lambda values: _json(to_window(values)),
    }
    return Exported(text=write[kind](settings), left=tuple(kohya_cannot(recipe)))


def _keys(values: Mapping[str, Any], kind: Format, file: str) -> Keys:
    if kind == "OneTrainer JSON":
        return Keys(renewed(values), file, "OneTrainer")
    settings, collisions = unfolded(values)
    keys = window_keys(settings, file) if kind == "kohya_ss JSON" else Keys(settings, file, "kohya")
    for left in collisions:
        keys.note(left.key, left.value, left.why)
    return keys


def _parsed(text: str, file: str) -> dict[str, Any]:
    try:
        if file.lower().endswith(".toml"):
            data: Any = tomllib.loads(text)
        elif file.lower().endswith((".yaml", ".yml")):
            data = _from_yaml(text)
        else:
            data = json.loads(text)
    except Exception as fault:  # each parser has its own; a hostile file may also exhaust the stack
        raise RecipeError(f"{file} cannot be read: {_reason(fault)}.") from fault
    if isinstance(data, list) and (said := stranger_list(data)):  # type: ignore[reportUnknownArgumentType]
        raise RecipeError(f"{file} {said}.")
    if not isinstance(data, dict) or not data:
        raise RecipeError(f"{file} holds no settings.")
    return {str(key): value for key, value in data.items()}  # type: ignore[reportUnknownVariableType]


def _from_yaml(text: str) -> Any:
    """Plain YAML. Aliases are refused: a few of them, each of the one before, stand for more than memory holds."""
    import yaml

    class Plain(yaml.SafeLoader):
        def compose_node(self, parent: Any, index: Any) -> Any:
            loader: Any = self
            if loader.check_event(yaml.AliasEvent):
                raise ValueError(
                    "it repeats parts by YAML aliases (*name), which settings files do not need: write them out"
                )
            return super().compose_node(parent, index)

    return yaml.load(text, Plain)


def _reason(fault: Exception) -> str:
    """One line of no great length; YAML's says its problem and where beneath the first."""
    problem, mark = getattr(fault, "problem", None), getattr(fault, "problem_mark", None)
    if problem and mark is not None:
        return shortened(f"{problem} in line {mark.line + 1}", 300)
    return shortened(str(fault).splitlines()[0] if str(fault) else repr(fault), 300)


def _json(values: Mapping[str, Any]) -> str:
    return json.dumps(values, indent=2, ensure_ascii=False) + "\n"


def _toml(values: dict[str, Any]) -> str:
    import tomli_w

    return tomli_w.dumps(values)


def _yaml(values: dict[str, Any]) -> str:
    import yaml

    return yaml.safe_dump(values, sort_keys=False, allow_unicode=True)
