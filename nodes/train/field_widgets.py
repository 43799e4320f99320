"""Widgets that stand for fields of a recipe, and leave them to the preset until they are touched."""

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, get_args

from .._api import io

UNCHANGED, ON, OFF = "as the preset says", "on", "off"
_NONE = "none"
_MOST_DIGITS = 20

_ROUND = 0.0000001
_IN_SIGHT = ("steps", "rank", "learning_rate", "seed")


@dataclass(frozen=True)
class Widget:
    """One widget: the recipe's part and field it sets, and the value that leaves them to the preset.

    `zero` says what a 0 in it stands for, where that is no amount; `words` are what it says in place of some values.
    """

    part: str
    field: str
    unset: Any
    input: Any
    zero: str = ""
    words: Mapping[str, Any] = dataclasses.field(default_factory=dict[str, Any])

    @property
    def name(self) -> str:
        return self.input.id

    def chosen(self, value: Any) -> Any:
        """The field's new value; None leaves it to the preset."""
        return None if value == self.unset else self._read(value)

    def shown(self, value: Any) -> Any:
        """A field's value as the widget holds it."""
        return next((word for word, meant in self.words.items() if meant == value and word is not value), value)

    def _read(self, value: Any) -> Any:
        return self.words.get(value, value) if isinstance(value, str) else value

    def of(self, data: dict[str, Any]) -> Any:
        """The field in a recipe's data."""
        return (data[self.part] if self.part else data)[self.field]

    def put(self, data: dict[str, Any], value: Any) -> None:
        """Set the field in a recipe's data."""
        (data[self.part] if self.part else data)[self.field] = value


class TextWidget(Widget):
    """Lines of text, one value a line."""

    def shown(self, value: Any) -> Any:
        return "\n".join(value)


class NumbersWidget(Widget):
    """Whole numbers parted by commas, "none" for no number at all."""

    def shown(self, value: Any) -> Any:
        return ", ".join(map(str, value)) or _NONE

    def _read(self, value: Any) -> Any:
        """What is no number stays a word, which the recipe refuses."""
        words = [word.strip() for word in str(value).split(",") if word.strip()]
        if words in ([_NONE], ["0"]):
            return []
        return [int(word) if word.isdecimal() and len(word) < _MOST_DIGITS else word[:_MOST_DIGITS] for word in words]


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


def choice(  # noqa: PLR0913
    name: str, place: str, choices: Any, tooltip: str, *, optional: bool = True, words: Mapping[str, Any] | None = None
) -> Widget:
    """`words` stand in the list for values of the field that are no words of their own."""
    part, field = place.split(".")
    values: Sequence[str] = choices if isinstance(choices, tuple) else get_args(choices)
    said = {value: word for word, value in (words or {}).items()}
    listed = [said.get(value, value) for value in values] if said else list(values)
    behind = _behind(name, optional)
    made = io.Combo.Input(name, options=[UNCHANGED, *listed], default=UNCHANGED, tooltip=tooltip, **behind)
    return Widget(part, field, UNCHANGED, made, words=words or {})


def switch(name: str, place: str, tooltip: str) -> Widget:
    part, field = place.split(".")
    made = io.Combo.Input(
        name, options=[UNCHANGED, ON, OFF], default=UNCHANGED, tooltip=tooltip, **_behind(name, optional=True)
    )
    return Widget(part, field, UNCHANGED, made, words={ON: True, OFF: False})


def numbers(name: str, place: str, tooltip: str) -> Widget:
    part, field = place.split(".")
    tooltip = f"{tooltip} Parted by commas; {_NONE}: none. Empty it to go back to the preset."
    made = io.String.Input(name, default="", tooltip=tooltip, **_behind(name, optional=True))
    return NumbersWidget(part, field, "", made)


def _with_way_back(tooltip: str, unset: float) -> str:
    return f"{tooltip} Type {unset:g} to go back to the preset."


def _behind(name: str, optional: bool) -> dict[str, Any]:
    """What is not for everybody stands behind `advanced`; what came later is optional."""
    return {"advanced": None if name in _IN_SIGHT else True, "optional": optional}
