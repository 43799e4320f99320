"""Recipes by name, from `presets.toml`: where to start from, and where their numbers are from."""

import tomllib
from collections.abc import Iterator, Mapping
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


class _Presets(Mapping[str, Preset]):
    """By name, in the file's order; each is made when it is first asked for, since opening the pack asks for names."""

    def __init__(self, text: str) -> None:
        entries: list[dict[str, Any]] = tomllib.loads(text)["preset"]
        self._entries = {entry["name"]: entry for entry in entries}
        self._made: dict[str, Preset] = {}

    def __getitem__(self, name: str) -> Preset:
        if name not in self._made:
            self._made[name] = self._of(self._entries[name])
        return self._made[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)

    def family(self, name: str) -> str:
        entry = self._entries[name]
        return entry.get("family") or self.family(entry["like"])

    def _of(self, entry: Mapping[str, Any]) -> Preset:
        """It begins as the one that it is `like`."""
        parts = {key: value for key, value in entry.items() if key not in _WORDS}
        like = self[entry["like"]].recipe if "like" in entry else Recipe()
        recipe = Recipe.from_json(_merged(like.to_json(), parts))
        return Preset(recipe=recipe, family=self.family(entry["name"]), when=entry["when"], source=entry["source"])


_WORDS = ("name", "like", "family", "when", "source")


def _merged(whole: Mapping[str, Any], parts: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    return {**whole, **{name: {**whole[name], **values} for name, values in parts.items()}}


PRESETS = _Presets(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))


def families() -> dict[str, tuple[str, ...]]:
    """The names of presets by the family of their bases, in the file's order: the first fits where nobody chose."""
    kinds = dict.fromkeys(PRESETS.family(name) for name in PRESETS)
    return {kind: tuple(name for name in PRESETS if PRESETS.family(name) == kind) for kind in kinds}


def fitting_preset(family: str) -> str:
    """The name of the first preset for bases of that family, or of that it is a kind of ("flux1" of "flux1_schnell").

    RecipeError when there is none.
    """
    for kind in (family, *(each for each in families() if family.startswith(f"{each}_"))):
        for name in families().get(kind, ())[:1]:
            return name
    raise RecipeError(f"There is no preset for bases of the family {family!r} yet; choose a training recipe by hand.")
