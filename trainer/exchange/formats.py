"""Reading and writing recipes in every format, by the file's own look."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import RecipeError
from ..recipe.recipe import Recipe
from .aitoolkit import reading as aitoolkit
from .aitoolkit.cannot import aitoolkit_cannot
from .aitoolkit.writing import aitoolkit_job
from .fitted import fitted
from .headings import unfolded
from .keys import Keys, Left
from .kohya import reading as kohya
from .kohya.dataset_file import add_dataset_file
from .kohya.flux_writing import flux_cannot, flux_settings
from .kohya.fluxgym import GUIDE_SIGN, fluxgym_settings
from .kohya.window import to_window, window_keys
from .kohya.writing import kohya_cannot, kohya_settings
from .onetrainer import reading as onetrainer
from .onetrainer.old_names import renewed
from .onetrainer.writing import onetrainer_cannot, onetrainer_settings
from .parsed import parsed
from .recognise import Format, format_of
from .simpletuner import reading as simpletuner
from .simpletuner.cannot import simpletuner_cannot
from .simpletuner.writing import simpletuner_settings

SUFFIXES: Mapping[Format, str] = {
    "kohya TOML": ".toml",
    "guide YAML": ".yaml",
    "kohya_ss JSON": ".json",
    "OneTrainer JSON": ".json",
    "Likeness JSON": ".json",
    "kohya FLUX TOML": ".toml",
    "ai-toolkit YAML": ".yaml",
    "SimpleTuner JSON": ".json",
}
FORMATS: tuple[Format, ...] = tuple(SUFFIXES)
"""Those that are written."""
_READERS: Mapping[Format, Any] = {
    "OneTrainer JSON": onetrainer,
    "ai-toolkit YAML": aitoolkit,
    "SimpleTuner JSON": simpletuner,
    "SimpleTuner env": simpletuner,
}
"""All others are kohya's."""
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


def import_recipe(text: str, file: str, folder: Path | None = None) -> Imported:
    """The recipe in a settings file called `file`; RecipeError names what cannot be read or trained.

    `folder` is where a dataset file of kohya's that it names may lie: its resolution and captions count then.
    """
    if len(text.encode("utf-8", "surrogatepass")) > _MOST_BYTES:
        raise RecipeError(f"{file} is larger than 1 MiB, which no settings file is.")
    found = parsed(text, file)
    kind = format_of(found.values, file, found.form)
    if kind == "Likeness JSON":
        return Imported(recipe=Recipe.from_json(found.values), format=kind, left=(), used=tuple(found.values))
    keys = _keys(found.values, kind, file)
    if folder is not None:
        add_dataset_file(keys, folder)
    trainer = _READERS.get(kind, kohya)
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
    if kind == "ai-toolkit YAML":
        return Exported(text=_yaml(aitoolkit_job(recipe)), left=tuple(aitoolkit_cannot(recipe)))
    if kind == "SimpleTuner JSON":
        return Exported(text=_json(simpletuner_settings(recipe)), left=tuple(simpletuner_cannot(recipe)))
    if kind == "kohya FLUX TOML":
        return Exported(text=_toml(flux_settings(recipe)), left=tuple(flux_cannot(recipe)))
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
    if kind == "ai-toolkit YAML":
        return Keys(values, file, "ai-toolkit")
    if kind in ("SimpleTuner JSON", "SimpleTuner env"):
        return Keys(simpletuner.plain(values), file, "SimpleTuner")
    settings, collisions = unfolded(values)
    if GUIDE_SIGN in settings and "network_module" not in settings:
        settings = fluxgym_settings(settings)
    keys = window_keys(settings, file) if kind == "kohya_ss JSON" else Keys(settings, file, "kohya")
    for left in collisions:
        keys.note(left.key, left.value, left.why)
    return keys


def _json(values: Mapping[str, Any]) -> str:
    return json.dumps(values, indent=2, ensure_ascii=False) + "\n"


def _toml(values: dict[str, Any]) -> str:
    import tomli_w

    return tomli_w.dumps(values)


def _yaml(values: dict[str, Any]) -> str:
    import yaml

    return yaml.safe_dump(values, sort_keys=False, allow_unicode=True)
