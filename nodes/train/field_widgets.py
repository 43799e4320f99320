"""Widgets that stand for fields of a recipe, and leave them to the preset until they are touched."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, get_args

from .._api import io

UNCHANGED, ON, OFF = "as the preset says", "on", "off"


_ROUND = 0.0000001
_IN_SIGHT = ("steps", "rank", "learning_rate", "seed")


@dataclass(frozen=True)
class Widget:
    """One widget: the recipe's part and field it sets, and the value that leaves them to the preset.

    `zero` says what a 0 in it stands for, where that is no amount.
    """

    part: str
    field: str
    unset: Any
    input: Any
    zero: str = ""

    @property
    def name(self) -> str:
        return self.input.id

    def chosen(self, value: Any) -> Any:
        """The field's new value; None leaves it to the preset."""
        if value == self.unset:
            return None
        return value == ON if value in (ON, OFF) else value

    def of(self, data: dict[str, Any]) -> Any:
        """The field in a recipe's data."""
        return (data[self.part] if self.part else data)[self.field]

    def put(self, data: dict[str, Any], value: Any) -> None:
        """Set the field in a recipe's data."""
        (data[self.part] if self.part else data)[self.field] = value


def integer(  # noqa: PLR0913
    name: str, place: str, tooltip: str, *, unset: int = 0, most: int, optional: bool = True, zero: str = ""
) -> Widget:
    part, field = place.split(".")
    settings: dict[str, Any] = {"default": unset, "min": unset, "max": most, "tooltip": _with_way_back(tooltip, unset)}
    return Widget(part, field, unset, io.Int.Input(name, **settings, **_behind(name, optional)), zero)


def number(  # noqa: PLR0913
    name: str,
    place: str,
    tooltip: str,
    *,
    unset: float = -1.0,
    most: float,
    step: float,
    optional: bool = True,
    zero: str = "",
) -> Widget:
    part, field = place.split(".")
    settings: dict[str, Any] = {"default": unset, "min": unset, "max": most, "step": step, "round": _ROUND}
    return Widget(
        part,
        field,
        unset,
        io.Float.Input(name, tooltip=_with_way_back(tooltip, unset), **settings, **_behind(name, optional)),
        zero,
    )


def choice(name: str, place: str, choices: Any, tooltip: str, *, optional: bool = True) -> Widget:
    part, field = place.split(".")
    words: Sequence[str] = choices if isinstance(choices, tuple) else get_args(choices)
    behind = _behind(name, optional)
    made = io.Combo.Input(name, options=[UNCHANGED, *words], default=UNCHANGED, tooltip=tooltip, **behind)
    return Widget(part, field, UNCHANGED, made)


def switch(name: str, place: str, tooltip: str) -> Widget:
    return choice(name, place, (ON, OFF), tooltip)


def _with_way_back(tooltip: str, unset: float) -> str:
    return f"{tooltip} Type {unset:g} to go back to the preset."


def _behind(name: str, optional: bool) -> dict[str, Any]:
    """What is not for everybody stands behind `advanced`; what came later is optional."""
    return {"advanced": None if name in _IN_SIGHT else True, "optional": optional}
