"""The keys of somebody else's settings file: each is taken once, and what nobody took is named."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from reprlib import Repr
from typing import Any, TypeVar, cast

from ..errors import listed, shortened
from ..recipe.early_stop import EarlyStop
from ..recipe.memory import Memory
from ..recipe.recipe import Recipe

T = TypeVar("T")
PLACE = "a place on a machine: choose base, pictures and names in the graph or on the command line"
"""Why a path in somebody's file is left out."""
_ABSENT = object()
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


def of_speed(recipe: Recipe) -> dict[str, tuple[bool, str]]:
    """Settings of how fast the same is learned, of which each trainer has its own."""
    names = ("compile", "keep_attention", "checkpoint_as_needed")
    usual = Memory()
    return {
        f"memory.{name}": (getattr(recipe.memory, name) != getattr(usual, name), "left out: changes the speed alone")
        for name in names
    }


def of_early_stop(recipe: Recipe) -> dict[str, tuple[bool, str]]:
    """No other trainer looks at who is on its samples: what `left_out` says of that."""
    is_on, is_own = recipe.early_stop.patience > 0, recipe.early_stop.least_gain != EarlyStop().least_gain
    return {
        "early_stop.patience": (is_on, "left out: it trains to the last step"),
        "early_stop.least_gain": (is_own, "left out"),
    }


def inverted(words: Mapping[str, str]) -> dict[str, str]:
    """Our words to theirs; the first of theirs where several mean the same."""
    found: dict[str, str] = {}
    for theirs, ours in words.items():
        found.setdefault(ours, theirs)
    return found


class Keys:
    """Settings by name. Each is used, or told with why it is not, or known to change nothing.

    A value that cannot be one is told, and `whose` own default is taken: one of them never sinks the file.
    """

    def __init__(self, values: Mapping[str, Any], file: str, whose: str = "that trainer") -> None:
        self._values = dict(values)
        self.file = file
        self.whose = whose
        self.used: list[str] = []
        self.neutral: list[str] = []
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

    def choice(self, key: str, words: Mapping[str, T], default: T, instead: str = "") -> T:
        """The meaning of a word, whatever its case; `default` for one that is not known here, said as `instead`."""
        known = {word.lower(): meaning for word, meaning in words.items()}
        said = self._take(key, "", "text", _word)
        if said and said.lower() not in known:
            self.note(key, said, f"not known here, {instead or default} is taken; known are {', '.join(words)}")
        return known.get(said.lower(), default)

    def inside(self, key: str) -> "Keys":
        """The settings that lie below a key, to be taken in turn and given back to `absorb`."""
        value = self._values.pop(key, None)
        if value is not None and not isinstance(value, Mapping):
            self.note(key, value, f"it must hold settings of its own; {self.whose}'s defaults are taken")
            value = None
        return Keys(cast("Mapping[str, Any]", value or {}), self.file, self.whose)

    def absorb(self, inner: "Keys", name: str) -> None:
        """What became of the settings that lay below `name`, as if they stood here by their whole names."""
        self._left += [Left(f"{name}.{left.key}", left.value, left.why) for left in inner.rest()]
        self.used += [f"{name}.{key}" for key in inner.used]
        self.neutral += [f"{name}.{key}" for key in inner.neutral]

    def raw(self, key: str) -> Any:
        """A value as it stands, for whoever reads it in a way of its own."""
        if key in self._values:
            (self.used if key in self else self.neutral).append(key)
        return self._values.pop(key, None)

    def peek(self, key: str) -> Any:
        """A value that is taken later."""
        return self._values.get(key)

    def offer(self, key: str, value: Any) -> None:
        """A value from elsewhere in the file, where the key does not stand by itself."""
        self._values.setdefault(key, value)

    def rename(self, key: str, name: str) -> None:
        """Another name of a setting; where both stand, `name` counts."""
        value = self._values.pop(key)
        if name in self:
            self.note(key, value, f"{name} counts")
            return
        self._values[name] = value
        self.used.append(key)

    def leave(self, key: str, why: str, *, unless: tuple[Any, ...] = ()) -> None:
        """Take a key that has no counterpart, and say why if it is there with a value that means something."""
        if key not in self._values:
            return
        value = self._values.pop(key)
        if value in (None, "", False) or value == [] or any(value == nothing for nothing in unless):
            self.neutral.append(key)
        else:
            self._left.append(Left(key, value, why))

    def has_used(self, key: str) -> bool:
        """Whether a value was taken, and not an empty one."""
        return key in self.used

    def counts_for_nothing(self, *names: str) -> None:
        """Of keys that were read: beside the others they change no result."""
        for name in names:
            if name in self.used:
                self.used.remove(name)
                self.neutral.append(name)

    def changes_nothing(self, *names: str) -> None:
        """Take keys that change no result, whatever they say."""
        for name in names:
            if self._values.pop(name, _ABSENT) is not _ABSENT:
                self.neutral.append(name)

    def note(self, key: str, value: Any, why: str) -> None:
        """Say what became of a value that was taken in another way than it stood."""
        self._left.append(Left(key, value, why))

    @property
    def waiting(self) -> tuple[str, ...]:
        """Names that nobody has taken yet."""
        return tuple(self._values)

    @property
    def told(self) -> tuple[Left, ...]:
        """What was noted so far."""
        return tuple(self._left)

    def rest(self) -> Iterator[Left]:
        """All that was noted, then the keys nobody took."""
        yield from self._left
        for key, value in self._values.items():
            if value not in (None, ""):
                yield Left(key, value, "not known here, left out")
            else:
                self.neutral.append(key)

    def _take(self, key: str, default: T, kind: str, read: Callable[[Any], T]) -> T:
        value = self.raw(key)
        if value in (None, ""):
            return default
        try:
            return read(value)
        except (TypeError, ValueError, OverflowError):
            self.note(key, value, f"it must be {kind}; {self.whose}'s default, {default!r}, is taken")
            return default


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
