"""The keys of somebody else's settings file: each is taken once, and what nobody took is named."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from reprlib import Repr
from typing import Any, TypeVar

from ..errors import RecipeError, listed, shortened
from ..recipe.recipe import Recipe

T = TypeVar("T")
PLACE = "a place on a machine: choose base, pictures and names in the graph or on the command line"
"""Why a path in somebody's file is left out."""
_SHORT = Repr()
_SHORT.maxlevel, _SHORT.maxdict, _SHORT.maxlist, _SHORT.maxstring, _SHORT.maxother, _SHORT.maxlong = (
    *(3, 6, 8, 200, 200),
    60,
)


@dataclass(frozen=True)
class Left:
    """A key that has no place here, or not as it stands: its name, its value, and what became of it."""

    key: str
    value: Any
    why: str

    @property
    def sentence(self) -> str:
        return f"{shortened(self.key)} = {told(self.value)}: {self.why}"


def told(value: Any) -> str:
    """A value as Python writes it; of a long or deep one the beginning, whatever its size."""
    try:
        return _SHORT.repr(value)
    except ValueError:  # Python writes out no number of many thousand digits
        return "a number of many digits"


def left_lines(left: Sequence[Left]) -> list[str]:
    """What was left out, a line each; of a file that is full of such keys the first."""
    return listed([each.sentence for each in left])


def left_out(recipe: Recipe, found: Mapping[str, tuple[bool, str]]) -> list[Left]:
    """The settings, by their places like `lora.rank`, that were found to have no counterpart, and why."""
    data = recipe.to_json()
    left: list[Left] = []
    for place, (is_left, why) in found.items():
        part, _, name = place.partition(".")
        if is_left:
            left.append(Left(place, data[part][name] if name else data[part], why))
    return left


def inverted(words: Mapping[str, str]) -> dict[str, str]:
    """Our words to theirs; the first of theirs where several mean the same."""
    found: dict[str, str] = {}
    for theirs, ours in words.items():
        found.setdefault(ours, theirs)
    return found


class Keys:
    """Settings by name. A value of the wrong kind is a RecipeError that names key and file."""

    def __init__(self, values: Mapping[str, Any], file: str) -> None:
        self._values = dict(values)
        self.file = file
        self._left: list[Left] = []

    def __contains__(self, key: str) -> bool:
        return self._values.get(key) not in (None, "")

    def number(self, key: str, default: float) -> float:
        return self._take(key, default, "a number", _number)

    def whole(self, key: str, default: int) -> int:
        return self._take(key, default, "a whole number", _whole)

    def switch(self, key: str, default: bool = False) -> bool:
        return self._take(key, default, "true or false", _switch)

    def word(self, key: str, default: str = "") -> str:
        return self._take(key, default, "text", _word)

    def choice(self, key: str, words: Mapping[str, T], default: T) -> T:
        """The meaning of a word, whatever its case; RecipeError lists the words there are."""
        if key not in self:
            self._values.pop(key, None)
            return default
        value = str(self._values.pop(key))
        known = {word.lower(): meaning for word, meaning in words.items()}
        if value.lower() not in known:
            raise RecipeError(
                f"{key} is {told(value)} in {self.file}, which is not known here; use {', '.join(words)}."
            )
        return known[value.lower()]

    def inside(self, key: str) -> "Keys":
        """The settings that lie below a key, to be taken in turn."""
        value = self._values.pop(key, None)
        if value is not None and not isinstance(value, Mapping):
            raise RecipeError(f"{key} is {told(value)} in {self.file}; it must hold settings of its own.")
        return Keys(value or {}, self.file)  # type: ignore[reportUnknownArgumentType]

    def raw(self, key: str) -> Any:
        return self._values.pop(key, None)

    def leave(self, key: str, why: str, *, unless: tuple[Any, ...] = ()) -> None:
        """Take a key that has no counterpart, and say why if it is there with a value that means something."""
        value = self._values.pop(key, None)
        if value not in (None, "", False, *unless):
            self._left.append(Left(key, value, why))

    def note(self, key: str, value: Any, why: str) -> None:
        """Say what became of a value that was taken in another way than it stood."""
        self._left.append(Left(key, value, why))

    def rest(self) -> Iterator[Left]:
        """All that was noted, then the keys nobody took."""
        yield from self._left
        for key, value in self._values.items():
            if value not in (None, ""):
                yield Left(key, value, "not known here, left out")

    def _take(self, key: str, default: T, kind: str, read: Callable[[Any], T]) -> T:
        if key not in self:
            self._values.pop(key, None)
            return default
        value = self._values.pop(key)
        try:
            return read(value)
        except (TypeError, ValueError, OverflowError):
            raise RecipeError(f"{key} is {told(value)} in {self.file}; it must be {kind}.") from None


def _number(value: Any) -> float:
    if isinstance(value, bool):
        raise ValueError
    number = float(value)
    if not isfinite(number):
        raise ValueError
    return number


def _whole(value: Any) -> int:
    number = _number(value)
    if number != int(number):
        raise ValueError
    return int(number)


def _switch(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    if str(value).lower() in ("true", "1", "on", "yes"):
        return True
    if str(value).lower() in ("false", "0", "off", "no", "none"):
        return False
    raise ValueError


def _word(value: Any) -> str:
    if isinstance(value, (dict, list)):
        raise ValueError
    return str(value)
