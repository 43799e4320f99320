"""A node's schema as plain JSON: all that a saved workflow or an API prompt depends on, and no words for people."""

from typing import Any

from .fake_host import Declared

_WORDS = ("tooltip", "placeholder")


def record(schema: Any) -> dict[str, Any]:
    return {
        "category": schema.category,
        "display_name": schema.display_name,
        "hidden": list(getattr(schema, "hidden", ())),
        "inputs": [_part(part) for part in schema.inputs],
        "outputs": [_part(part) for part in getattr(schema, "outputs", ())],
        **{name: value for name, value in sorted(vars(schema).items()) if isinstance(value, bool)},
    }


def _part(part: Declared) -> dict[str, Any]:
    """Inputs are saved by their ids, outputs by what they are called."""
    words = (*_WORDS, "display_name") if part.id else _WORDS
    options = {name: _value(value) for name, value in sorted(part.options.items()) if name not in words}
    return {"type": part.kind, **({"id": part.id} if part.id else {}), **options}


def _value(value: Any) -> Any:
    if isinstance(value, Declared):
        return _part(value)
    return list(value) if isinstance(value, (list, tuple)) else value
