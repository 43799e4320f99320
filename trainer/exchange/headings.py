"""Headings of a TOML or YAML file, followed down to the settings below them, as kohya's loader and others' do."""

from collections.abc import Iterator, Mapping
from typing import Any, cast

from .keys import Left

_ARGUMENTS = ("network_args", "optimizer_args", "lr_scheduler_args")
"""Settings that are lists of `name=value`, and that some files write as a heading of their own."""
_SECTIONS = {"args", "dataset_args"}
"""What LoRA_Easy_Training_Scripts puts below a heading of the same name."""

_MOST_BITS = 4096

Place = tuple[str, ...]


def unfolded(values: Mapping[str, Any]) -> tuple[dict[str, Any], list[Left]]:
    """Every setting by its own name, whatever heading it stands under; of those that stand twice, the last.

    Second: what stood twice with another value.
    """
    found: dict[str, Any] = {}
    places: dict[str, Place] = {}
    collisions: list[Left] = []
    for place, value in _settings(values):
        name = place[-1]
        if name in found and found[name] != value:
            first = ".".join(places[name])
            why = f"stands again as {'.'.join(place)}, and the last counts, as in kohya's loader"
            collisions.append(Left(first, found[name], why))
        found[name], places[name] = value, place
    return found, collisions


def _settings(values: Mapping[str, Any]) -> Iterator[tuple[Place, Any]]:
    """Without recursion: a hostile file may go deeper than the stack."""
    waiting: list[tuple[Place, Any]] = [((str(name),), value) for name, value in reversed(list(values.items()))]
    while waiting:
        place, value = waiting.pop()
        if not isinstance(value, Mapping):
            yield place, _sayable(value)
            continue
        inner = cast("Mapping[str, Any]", value)
        if place[-1] in _ARGUMENTS and not _SECTIONS & set(inner):
            yield place, [f"{name}={each}" for name, each in inner.items()]
            continue
        # Deep places keep their ends: names of one heading among thousands tell nobody anything.
        waiting += [((*place[-3:], str(name)), each) for name, each in reversed(list(inner.items()))]


def _sayable(value: Any) -> Any:
    """Python writes out no number of many thousand digits, which TOML and YAML may hold in hexadecimal."""
    if isinstance(value, int) and value.bit_length() > _MOST_BITS:
        return "a number of many digits"
    return [_sayable(each) for each in cast("list[Any]", value)] if _holds_numbers(value) else value


def _holds_numbers(value: Any) -> bool:
    return isinstance(value, list) and any(isinstance(each, int) for each in cast("list[Any]", value))
