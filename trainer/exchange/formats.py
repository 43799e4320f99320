"""Reading and writing recipes in every format, by the file's own look."""

import json
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

from ..errors import RecipeError, shortened
from ..recipe.recipe import Recipe
from . import kohya_in, onetrainer_in
from .keys import Keys, Left
from .kohya_gui import from_window, to_window
from .kohya_out import kohya_cannot, kohya_settings
from .onetrainer_out import onetrainer_cannot, onetrainer_settings

Format = Literal["kohya TOML", "guide YAML", "kohya_ss JSON", "OneTrainer JSON", "Likeness JSON"]
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
    """A recipe, the format it came in, and everything of the file that it does not hold."""

    recipe: Recipe
    format: Format
    left: tuple[Left, ...]


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
    kind = _format(values, file)
    if kind == "Likeness JSON":
        return Imported(recipe=Recipe.from_json(values), format=kind, left=())
    keys = Keys(_by_kohyas_names(values, file) if kind == "kohya_ss JSON" else values, file)
    parts = onetrainer_in.parts_of(keys) if kind == "OneTrainer JSON" else kohya_in.parts_of(keys)
    return Imported(recipe=Recipe.from_json(parts), format=kind, left=tuple(keys.rest()))


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


def _by_kohyas_names(values: Mapping[str, Any], file: str) -> dict[str, Any]:
    try:
        return from_window(values)
    except (TypeError, ValueError) as fault:
        raise RecipeError(f"{file} holds something else where a number belongs: {fault}.") from fault


def _parsed(text: str, file: str) -> dict[str, Any]:
    try:
        if file.lower().endswith(".toml"):
            data: Any = tomllib.loads(text)
        elif file.lower().endswith((".yaml", ".yml")):
            data = _from_yaml(text)
        else:
            data = json.loads(text)
    except Exception as fault:  # each parser has its own; a hostile file may also exhaust the stack
        why = shortened(str(fault).splitlines()[0] if str(fault) else repr(fault), 300)
        raise RecipeError(f"{file} cannot be read: {why}.") from fault
    if not isinstance(data, dict) or not data:
        raise RecipeError(f"{file} holds no settings.")
    return _flat({str(key): value for key, value in data.items()})  # type: ignore[reportUnknownVariableType]


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


def _flat(values: dict[str, Any]) -> dict[str, Any]:
    """kohya's loader ignores the names of TOML's tables: what lies below one counts as if it stood at the top."""
    if "lora" in values or "optimizer" in values and isinstance(values["optimizer"], dict):
        return values
    if "job" in values or "datasets" in values:
        return values
    found: dict[str, Any] = {}
    for key, value in values.items():
        found |= value if isinstance(value, dict) else {key: value}
    return found


def _format(values: Mapping[str, Any], file: str) -> Format:
    if isinstance(values.get("lora"), dict) and isinstance(values.get("schedule"), dict):
        return "Likeness JSON"
    if "lora_rank" in values or isinstance(values.get("optimizer"), dict) or "learning_rate_scheduler" in values:
        return "OneTrainer JSON"
    if "job" in values and "config" in values:
        raise RecipeError(f"{file} is an ai-toolkit job for FLUX, which is not trained here yet.")
    if "datasets" in values and "network_dim" not in values:
        raise RecipeError(f"{file} is a dataset file of kohya: load its picture folders as a dataset instead.")
    if file.lower().endswith(".toml"):
        return "kohya TOML"
    if file.lower().endswith((".yaml", ".yml")):
        return "guide YAML"
    if "LoRA_type" in values or "max_resolution" in values or "network_dim" in values:
        return "kohya_ss JSON"
    raise RecipeError(f"{file} is no recipe of Likeness, kohya_ss or OneTrainer.")


def _json(values: Mapping[str, Any]) -> str:
    return json.dumps(values, indent=2, ensure_ascii=False) + "\n"


def _toml(values: dict[str, Any]) -> str:
    import tomli_w

    return tomli_w.dumps(values)


def _yaml(values: dict[str, Any]) -> str:
    import yaml

    return yaml.safe_dump(values, sort_keys=False, allow_unicode=True)
