"""What a node says, in the form that the host's page looks translations up by (`locales/*/nodeDefs.json`)."""

import re
from typing import Any

Texts = dict[str, Any]
_PIPES = re.compile(r"[{}@|]")


def texts_of(schema: Any) -> Texts:
    """Title, description, and name and tooltip of each input and output; inputs by id, outputs by number."""
    texts: Texts = {"display_name": schema.display_name, "description": schema.description}
    inputs = {part.id: _of_part(part) for part in schema.inputs}
    outputs = {str(number): _of_part(part) for number, part in enumerate(getattr(schema, "outputs", ()))}
    return texts | {kind: parts for kind, parts in (("inputs", inputs), ("outputs", outputs)) if parts}


def flat(texts: Texts, path: tuple[str, ...] = ()) -> dict[tuple[str, ...], str]:
    """Every text by the way to it."""
    found: dict[tuple[str, ...], str] = {}
    for name, value in texts.items():
        found |= flat(value, (*path, name)) if isinstance(value, dict) else {(*path, name): value}
    return found


def is_read_as_written(path: tuple[str, ...], text: str) -> bool:
    """The page compiles titles, names and descriptions, where braces, @ and | mean something; not tooltips."""
    return path[-1] == "tooltip" or not _PIPES.search(text)


def _of_part(part: Any) -> Texts:
    return {"name": part.options.get("display_name") or part.id, "tooltip": part.options["tooltip"]}
