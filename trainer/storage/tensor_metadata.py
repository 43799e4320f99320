"""What a safetensors file says of itself, added to without touching a weight."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from ..errors import ModelError
from .tensor_header import read_header
from .values import json_value

_CHUNK = 1 << 20


def with_metadata(path: Path, more: Mapping[str, str]) -> bytes:
    """The file's bytes with these entries beside, or in place of, those that its metadata has.

    Raises ModelError for what is no whole safetensors file.
    """
    read_header(path)
    data = path.read_bytes()
    start = _start_of_weights(data[:8])
    entries, metadata = _parts(data[8:start])
    text = json.dumps(
        {"__metadata__": dict(sorted({**metadata, **more}.items())), **entries},
        separators=(",", ":"),
        ensure_ascii=False,
    ).encode()
    text += b" " * (-len(text) % 8)
    return len(text).to_bytes(8, "little") + text + data[start:]


def has_same_weights(one: Path, other: Path) -> bool:
    """Whether two files hold the same tensors byte for byte: one may be the other with more metadata."""
    if not _is_whole(one) or not _is_whole(other):
        return False
    with one.open("rb") as left, other.open("rb") as right:
        tables = [_parts(file.read(_start_of_weights(file.read(8)) - 8))[0] for file in (left, right)]
        if tables[0] != tables[1]:
            return False
        return all(chunk == right.read(_CHUNK) for chunk in iter(lambda: left.read(_CHUNK), b"")) and not right.read(1)


def _is_whole(path: Path) -> bool:
    try:
        read_header(path)
    except (ModelError, OSError):
        return False
    return True


def _parts(text: bytes) -> tuple[dict[str, Any], dict[str, str]]:
    """The tensors' table and the metadata of a header."""
    entries = cast(dict[str, Any], json_value(text))
    return entries, cast(dict[str, str], entries.pop("__metadata__", None) or {})


def _start_of_weights(head: bytes) -> int:
    return 8 + int.from_bytes(head, "little")
