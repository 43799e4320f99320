"""Recipes by name, from `presets.toml`: where to start from, and where their numbers are from."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .recipe import Recipe


@dataclass(frozen=True, kw_only=True)
class Preset:
    """A recipe, one sentence on when to take it, and the source of its rank, alpha and lr."""

    recipe: Recipe
    when: str
    source: str


_WORDS = ("name", "like", "when", "source")


def _read(text: str) -> dict[str, Preset]:
    """Presets in the file's order; each begins as the one that it is `like`."""
    presets: dict[str, Preset] = {}
    entries: list[dict[str, Any]] = tomllib.loads(text)["preset"]
    for entry in entries:
        parts = {key: value for key, value in entry.items() if key not in _WORDS}
        like = presets[entry["like"]].recipe if "like" in entry else Recipe()
        recipe = Recipe.from_json(_merged(like.to_json(), parts))
        presets[entry["name"]] = Preset(recipe=recipe, when=entry["when"], source=entry["source"])
    return presets


def _merged(whole: Mapping[str, Any], parts: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    return {**whole, **{name: {**whole[name], **values} for name, values in parts.items()}}


PRESETS: Mapping[str, Preset] = _read(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
