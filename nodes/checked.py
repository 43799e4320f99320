"""What comes into a node's widgets, checked before the queue as far as it is known, and again before it runs.

Every widget may be an input: what a link will bring is not known before the queue, and the host checks it no more.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Iterator, Mapping
from functools import wraps
from typing import Any, TypeVar

from ..trainer.errors import LikenessError, shortened
from .host.links import accepts
from .wired import shown, wired_fault

Node = TypeVar("Node", bound=type)
UNKNOWN = math.nan
"""The fingerprint of what a link will bring: never the same, so that the node runs."""
_MOST_SHOWN = 60
_MOST_OPTIONS = 12
_LONGEST = 1000
_LINKS = "input_types"
"""What the host calls the types of links where a node looks at them itself."""


def checked(node: Node) -> Node:
    """A node that runs with what its widgets allow and its own `validate_inputs` accepts, and says else what is wrong.

    Its `validate_inputs` may raise LikenessError; it is not asked while a value is still to come by a link.
    """
    execute = node.__dict__["execute"].__func__
    own = node.__dict__.get("validate_inputs")
    validate = own.__func__ if own else _nothing_more

    @wraps(execute)
    def run(cls: Any, *args: Any, **given: Any) -> Any:
        schema = node.define_schema()
        given = _unpacked(schema, _filled(schema, given))
        _raise(_strangers(schema, execute, given))
        values = {**_defaults(execute), **_named(execute, cls, args, given)}
        _raise(_faults(schema, values, _taken(validate)))
        answer = validate(cls, **{name: values[name] for name in _taken(validate) if name in values})
        _raise([] if answer is True else [str(answer)])
        _raise(list(_wrong_wires(schema, values)))
        return execute(cls, *args, **given)

    @wraps(validate)
    def before(cls: Any, *args: Any, **given: Any) -> bool | str:
        links = given.pop(_LINKS, None)
        values = _named(validate, cls, args, given)
        known = {name: value for name, value in values.items() if not _is_to_come(value)}
        schema = node.define_schema()
        try:
            _raise([*_misfits(schema, links), *_faults(schema, known, _taken(validate))])
            return not _is_answerable(schema, validate, values) or validate(cls, **values)
        except LikenessError as fault:
            return str(fault)

    # The host reads the names from here: which widgets it leaves to the node, and that links are looked at.
    before.__signature__ = _with_links(validate)  # type: ignore[attr-defined]
    node.execute, node.validate_inputs = classmethod(run), classmethod(before)  # type: ignore[attr-defined]
    if mark := node.__dict__.get("fingerprint_inputs"):
        node.fingerprint_inputs = classmethod(_marked(mark.__func__))  # type: ignore[attr-defined]
    return node


def _marked(fingerprint: Callable[..., Any]) -> Callable[..., Any]:
    """A fingerprint of what cannot be looked at, which the host would only log: the node runs, and says why."""

    @wraps(fingerprint)
    def mark(cls: Any, *args: Any, **given: Any) -> Any:
        try:
            return fingerprint(cls, *args, **given)
        except (LikenessError, OSError):
            return UNKNOWN

    return mark


def _filled(schema: Any, given: Mapping[str, Any]) -> dict[str, Any]:
    """What was given, without the nothing that a wire brought into an optional input: it is as good as left open."""
    left = {part.id for part in schema.inputs if part.optional}
    return {name: value for name, value in given.items() if name not in left or not _is_nothing(value)}


def _strangers(schema: Any, execute: Callable[..., Any], given: Mapping[str, Any]) -> list[str]:
    """Inputs that the node does not have: a workflow that was edited by hand may name any."""
    taken = inspect.signature(execute).parameters
    if any(one.kind is one.VAR_KEYWORD for one in taken.values()):
        return []
    return [
        f"{schema.display_name} has no input {shortened(name, 60)!r}; take it out of the workflow."
        for name in given
        if name not in taken
    ]


def _is_nothing(value: Any) -> bool:
    return value is None or (isinstance(value, list) and all(one is None for one in value))


def _nothing_more(cls: Any) -> bool:
    return True


def _raise(faults: list[str]) -> None:
    if faults:
        raise LikenessError.all_of(faults)


def _taken(validate: Callable[..., Any]) -> list[str]:
    """The widgets that a node's own validation looks at."""
    return list(inspect.signature(validate).parameters)[1:]


def _with_links(validate: Callable[..., Any]) -> inspect.Signature:
    signature = inspect.signature(validate)
    links = inspect.Parameter(_LINKS, inspect.Parameter.POSITIONAL_OR_KEYWORD, default=None)
    return signature.replace(parameters=[*signature.parameters.values(), links])


def _named(function: Callable[..., Any], cls: Any, args: tuple[Any, ...], given: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments by name, those of `**more` too, without `cls`."""
    bound = inspect.signature(function).bind_partial(cls, *args, **given).arguments
    more = [name for name, one in inspect.signature(function).parameters.items() if one.kind is one.VAR_KEYWORD]
    named = {name: value for name, value in list(bound.items())[1:] if name not in more}
    return {**named, **(bound.get(more[0], {}) if more else {})}


def _defaults(function: Callable[..., Any]) -> dict[str, Any]:
    parameters = inspect.signature(function).parameters
    return {name: one.default for name, one in parameters.items() if one.default is not one.empty}


def _unpacked(schema: Any, given: dict[str, Any]) -> dict[str, Any]:
    """What a node that takes lists was given: packs such as Florence-2 give a batch's texts as one value, a list."""
    if not getattr(schema, "is_input_list", False):
        return given
    texts = [
        part.id for part in schema.inputs if part.get_io_type() == "STRING" and isinstance(given.get(part.id), list)
    ]
    return {**given, **{name: [each for one in given[name] for each in _texts(one)] for name in texts}}


def _texts(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else [value]


def _is_to_come(value: Any) -> bool:
    """Whether the host put None in place of what a link will bring; nodes that take lists get it in one."""
    return value is None or (isinstance(value, list | tuple) and any(one is None for one in value))


def _is_answerable(schema: Any, validate: Callable[..., Any], values: Mapping[str, Any]) -> bool:
    """Whether every widget that the node's own validation needs is there and known."""
    widgets = {part.id for part in schema.inputs if part.get_io_type() in _TAKES}
    needed = [name for name, one in inspect.signature(validate).parameters.items() if one.default is one.empty]
    is_missing = any(name not in values for name in needed[1:])
    return not is_missing and not any(_is_to_come(value) for name, value in values.items() if name in widgets)


def _misfits(schema: Any, links: Any) -> Iterator[str]:
    """Links of another type than the input: the host leaves this to a node that looks at them."""
    types = {part.id: part.get_io_type() for part in schema.inputs}
    grown = {part.id: part.template.input.get_io_type() for part in schema.inputs if hasattr(part, "template")}
    for name, received in dict(links[0] if isinstance(links, list) else links or {}).items():
        declared = types.get(name) or grown.get(name.partition(".")[0])
        if declared is not None and not accepts(received, declared):
            what = f"{name} takes {declared}, and {_shown(received)} is wired into it"
            yield f"{schema.display_name}: {what}; wire another."


def _faults(schema: Any, values: Mapping[str, Any], taken: list[str]) -> list[str]:
    """What the widgets do not allow. The list of a widget that the node looks at itself is the node's."""
    is_list = getattr(schema, "is_input_list", False)
    found: list[str] = []
    for part in schema.inputs:
        takes = _TAKES.get(part.get_io_type())
        if takes is None or part.id not in values:
            continue
        given = values[part.id] if is_list and isinstance(values[part.id], list | tuple) else [values[part.id]]
        settings = {**part.as_dict(), **({"options": None} if part.id in taken else {})}
        wrong = [one for one in given if not (one is None and part.optional) and not takes[0](one, settings)]
        if wrong:
            found.append(
                f"{schema.display_name}: {part.id} takes {takes[1](settings)}, and {_shown(wrong[0])} came in; "
                "change it, or what is wired into it."
            )
    return found


def _wrong_wires(schema: Any, values: Mapping[str, Any]) -> Iterator[str]:
    """Values that came by wires and are nothing of the kind; those that an input grew too."""
    is_list = getattr(schema, "is_input_list", False)
    for part in schema.inputs:
        if part.id not in values:
            continue
        grown = part.template.input if hasattr(part, "template") else None
        is_open = part.optional or grown is not None
        given = values[part.id]
        several = list(given.values()) if grown is not None and isinstance(given, Mapping) else [given]
        if is_list and isinstance(given, list | tuple):
            # One nothing among several would shift all that follow.
            several, is_open = list(given), grown is not None
        for value in several:
            takes = None if value is None and is_open else wired_fault((grown or part).get_io_type(), value)
            if takes is not None:
                what = f"{part.id} takes {takes}, and {shown(value)} came in"
                yield f"{schema.display_name}: {what}; wire another."


def _shown(value: Any) -> str:
    said = repr(value[:_MOST_SHOWN] if isinstance(value, str) else value)
    return said if len(said) <= _MOST_SHOWN + 2 else f"{said[:_MOST_SHOWN]}…"


def _is_option(value: Any, settings: Mapping[str, Any]) -> bool:
    options = settings.get("options")
    return isinstance(value, str) and (len(value) <= _LONGEST if options is None else value in options)


def _is_within(value: Any, settings: Mapping[str, Any]) -> bool:
    low, high = settings.get("min"), settings.get("max")
    return math.isfinite(value) and (low is None or value >= low) and (high is None or value <= high)


def _is_number(value: Any, settings: Mapping[str, Any]) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and _is_within(value, settings)


def _is_whole(text: str) -> bool:
    """Whether it can be written: JSON brings halves of letters (lone surrogates) too."""
    return text.isascii() or not any("\ud800" <= letter <= "\udfff" for letter in text)


def _options(settings: Mapping[str, Any]) -> str:
    options = settings.get("options")
    if options is None:
        return "a name of its list"
    more = "" if len(options) <= _MOST_OPTIONS else f" and {len(options) - _MOST_OPTIONS} more"
    return f"one of {', '.join(map(str, options[:_MOST_OPTIONS]))}{more}"


def _range(settings: Mapping[str, Any]) -> str:
    return f"number from {settings['min']} to {settings['max']}" if {"min", "max"} <= set(settings) else "number"


Takes = tuple[Callable[[Any, Mapping[str, Any]], bool], Callable[[Mapping[str, Any]], str]]
_TAKES: Mapping[str, Takes] = {
    "STRING": (lambda value, _: isinstance(value, str) and _is_whole(value), lambda _: "a text"),
    "COMBO": (_is_option, _options),
    "INT": (lambda value, its: isinstance(value, int) and _is_number(value, its), lambda its: f"a whole {_range(its)}"),
    "FLOAT": (_is_number, lambda its: f"a {_range(its)}"),
    "BOOLEAN": (lambda value, _: isinstance(value, bool), lambda _: "on or off"),
}
"""Of each kind of widget: whether a value is one, and what it takes in words."""
