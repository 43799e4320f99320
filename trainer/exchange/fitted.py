"""A recipe from another trainer's settings, whatever single ones of them cannot be."""

from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import asdict
from typing import Any

from ..errors import RecipeError
from ..recipe.recipe import Recipe
from .keys import Keys

Parts = dict[str, Any]
_MOST_MENDED = 12


def fitted(parts: Parts, keys: Keys, names: Mapping[str, str], defaults: Mapping[str, Any]) -> Recipe:
    """The recipe; what cannot be is told by the file's name of it, and `defaults` or ours stand for it."""
    parts = deepcopy(parts)
    own = asdict(Recipe())
    for _ in range(_MOST_MENDED):
        faults = _faults(parts)
        if not faults:
            break
        mended = min(_mended(parts, own, defaults), key=lambda each: len(_faults(each[1])), default=None)
        if mended is None or len(_faults(mended[1])) >= len(faults):
            break
        place, better, value = mended
        gone = set(faults) - set(_faults(better))
        why = next((fault for fault in faults if fault in gone), faults[0]).rstrip(".")
        keys.note(names.get(place, place), value, f"{why}; {_at(better, place)!r} is taken")
        parts = better
    return Recipe.from_json(parts)


def _mended(parts: Parts, own: Parts, defaults: Mapping[str, Any]) -> Iterator[tuple[str, Parts, Any]]:
    """Each setting put back, alone: its place, all parts then, and what it was."""
    for place in _places(parts):
        part, _, name = place.partition(".")
        normal = defaults.get(place, own[part][name] if name else own[part])
        value = _at(parts, place)
        if value == normal:
            continue
        better = deepcopy(parts)
        if name:
            better[part][name] = normal
        else:
            better[part] = normal
        yield place, better, value


def _places(parts: Parts) -> Iterator[str]:
    for part, value in parts.items():
        if isinstance(value, dict):
            yield from (f"{part}.{name}" for name in value)  # type: ignore[reportUnknownVariableType]
        else:
            yield part


def _at(parts: Parts, place: str) -> Any:
    part, _, name = place.partition(".")
    return parts[part][name] if name else parts[part]


def _faults(parts: Parts) -> list[str]:
    try:
        Recipe.from_json(parts)
    except RecipeError as fault:
        lines = str(fault).splitlines()
        return lines if len(lines) == 1 else [line.partition(". ")[2] for line in lines]
    return []
