"""JSON in and out for the frozen values that travel between nodes: unknown and missing keys, and values of another
kind, are refused by name."""

import hashlib
import json
import re
import types
from collections.abc import Callable, Iterable, Mapping
from dataclasses import MISSING, fields
from functools import cache
from pathlib import Path
from typing import Any, Literal, Union, cast, get_args, get_origin, get_type_hints

from ..errors import LikenessError, shortened

_KEY_VERSION = 1
_MOST_SHOWN = 80
"""Letters of a value that is refused."""


def checked_keys(kind: type, data: Mapping[str, Any], error: type[LikenessError]) -> dict[str, Any]:
    """The keys of `data` as arguments for dataclass `kind`; raises `error` naming keys it does not know or lacks."""
    known = {field.name: field for field in fields(kind)}
    unknown = sorted(set(data) - set(known))
    missing = sorted(
        name
        for name, field in known.items()
        if name not in data and field.default is MISSING and field.default_factory is MISSING
    )
    faults = [f"{kind.__name__} has no key {name!r}; it knows {', '.join(known)}." for name in unknown]
    faults += [f"{kind.__name__} needs the key {name!r}." for name in missing]
    if faults:
        raise error.all_of(faults)
    return dict(data)


def checked_values(kind: type, data: Mapping[str, Any], error: type[LikenessError]) -> dict[str, Any]:
    """As `checked_keys`, and every value is of the kind that its field is annotated with, as JSON spells it: lists for
    tuples, texts for paths. What is a dataclass itself is left to its own `from_json`."""
    known, wanted = checked_keys(kind, data, error), _annotations(kind)
    if faults := [
        f"{kind.__name__}'s {name} cannot be {shortened(repr(value), _MOST_SHOWN)}."
        for name, value in known.items()
        if not _fits(value, wanted[name])
    ]:
        raise error.all_of(faults)
    return known


@cache
def _annotations(kind: type) -> dict[str, Any]:
    return get_type_hints(kind)


def _fits(value: Any, wanted: Any) -> bool:
    origin, inner = get_origin(wanted), get_args(wanted)
    if origin in (Union, types.UnionType):
        return any(_fits(value, each) for each in inner)
    if origin is Literal:
        return value in inner
    if origin is tuple and inner[-1:] == (...,):
        return isinstance(value, list | tuple) and all(_fits(each, inner[0]) for each in cast(Iterable[Any], value))
    if origin is tuple:
        values = tuple(cast(Iterable[Any], value)) if isinstance(value, list | tuple) else ()
        return len(values) == len(inner) and all(map(_fits, values, inner))
    if origin is not None and issubclass(origin, Mapping):
        return isinstance(value, Mapping) and all(_fits(each, inner[1]) for each in cast(Iterable[Any], value.values()))
    if wanted in _SPELLED:
        # A bool is an int to Python alone.
        return isinstance(value, _SPELLED[wanted]) and (wanted is bool or not isinstance(value, bool))
    return True


_SPELLED: Mapping[Any, type | tuple[type, ...]] = {
    **{bool: bool, int: int, str: str},
    **{float: (int, float), Path: (str, Path), type(None): type(None)},
}


def json_value(text: str | bytes) -> Any:
    """What a text in JSON says; ValueError for one that is none, or is nested deeper than any of ours.

    Half a letter, which JSON can spell and no file or answer can hold, is read as a question mark.
    """
    try:
        spelled = text if isinstance(text, str) else text.decode(json.detect_encoding(text), "surrogatepass")
        value = json.loads(spelled)
        return _whole_letters(value) if _HALF.search(spelled) else value
    except RecursionError:
        raise ValueError("it is nested too deeply") from None


_HALF = re.compile(r"\\u[dD][89a-fA-F]|[\ud800-\udfff]")
"""A surrogate, spelled or raw; two that make one letter are one already when the value is read."""


def _whole_letters(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode("utf-8")
    if isinstance(value, dict):
        named = cast(dict[str, Any], value)
        return {_whole_letters(name): _whole_letters(each) for name, each in named.items()}
    return [_whole_letters(each) for each in cast(list[Any], value)] if isinstance(value, list) else value


def json_file(path: Path) -> dict[str, Any]:
    """The JSON object in a file; OSError where it cannot be read, ValueError where it is no such thing."""
    data: object = json_value(path.read_text(encoding="utf-8"))
    if not isinstance(data, dict):
        raise ValueError(f"{path.name} must hold one JSON object")
    return cast(dict[str, Any], data)


def read_json(path: Path, error: type[LikenessError]) -> dict[str, Any]:
    """The JSON object in a file; raises `error` when it is no such thing."""
    try:
        return json_file(path)
    except (OSError, ValueError) as fault:
        raise error(f"{path} cannot be read as JSON: {fault}.") from fault


def json_object(text: str, most_letters: int, unreadable: Callable[[str], LikenessError]) -> dict[str, Any]:
    """The JSON object that a page or a shared workflow holds as text; raises `unreadable(why)` when it is none."""
    if len(text) > most_letters:
        raise unreadable("it is too long")
    try:
        data: object = json_value(text)
    except ValueError:
        raise unreadable("it is not JSON") from None
    if not isinstance(data, dict):
        raise unreadable("it is not one JSON object")
    return cast(dict[str, Any], data)


def canonical_json(data: Any) -> str:
    """The one spelling of a value that hashes are taken of."""
    return json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def key_of(*parts: Any) -> str:
    """A name for everything a kept result depends on."""
    return hashlib.sha256(canonical_json([_KEY_VERSION, *parts]).encode()).hexdigest()[:32]
