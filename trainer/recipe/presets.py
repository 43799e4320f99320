"""Recipes by name, from `presets.toml`: where to start from, and where their numbers are from."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import RecipeError
from .recipe import Recipe


@dataclass(frozen=True, kw_only=True)
class Preset:
    """A recipe, the family of its bases, one sentence on when to take it, and the source of its rank, alpha and lr."""

    recipe: Recipe
    family: str
    when: str
    source: str


_WORDS = ("name", "like", "family", "when", "source")


def _read(text: str) -> dict[str, Preset]:
    """Presets in the file's order; each begins as the one that it is `like`."""
    presets: dict[str, Preset] = {}
    entries: list[dict[str, Any]] = tomllib.loads(text)["preset"]
    for entry in entries:
        parts = {key: value for key, value in entry.items() if key not in _WORDS}
        like = presets.get(entry.get("like", ""))
        recipe = Recipe.from_json(_merged((like.recipe if like else Recipe()).to_json(), parts))
        family = entry.get("family") or (like.family if like else "")
        presets[entry["name"]] = Preset(recipe=recipe, family=family, when=entry["when"], source=entry["source"])
    return presets


def _merged(whole: Mapping[str, Any], parts: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    return {**whole, **{name: {**whole[name], **values} for name, values in parts.items()}}


PRESETS: Mapping[str, Preset] = _read(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))


def families() -> dict[str, tuple[str, ...]]:
    """The names of presets by the family of their bases, in the file's order: the first fits where nobody chose."""
    kinds = dict.fromkeys(preset.family for preset in PRESETS.values())
    return {kind: tuple(name for name, each in PRESETS.items() if each.family == kind) for kind in kinds}


def fitting_preset(family: str) -> str:
    """The name of the first preset for bases of that family, or of that it is a kind of ("flux1" of "flux1_schnell").

    RecipeError when there is none.
    """
    for kind in (family, *(each for each in families() if family.startswith(f"{each}_"))):
        for name in families().get(kind, ())[:1]:
            return name
    raise RecipeError(f"There is no preset for bases of the family {family!r} yet; choose a training recipe by hand.")
