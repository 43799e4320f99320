"""What a safetensors file says of itself, added to without touching a weight."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from .tensor_header import read_header

_CHUNK = 1 << 20


def with_metadata(path: Path, more: Mapping[str, str]) -> bytes:
    """The file's bytes with these entries beside, or in place of, those that its metadata has.

    Raises ModelError for what is no whole safetensors file.
    """
    read_header(path)
    data = path.read_bytes()
    start = _start_of_weights(data[:8])
    entries = cast(dict[str, Any], json.loads(data[8:start]))
    metadata = {**cast(dict[str, str], entries.pop("__metadata__", None) or {}), **more}
    text = json.dumps(
        {"__metadata__": dict(sorted(metadata.items())), **entries}, separators=(",", ":"), ensure_ascii=False
    ).encode()
    text += b" " * (-len(text) % 8)
    return len(text).to_bytes(8, "little") + text + data[start:]


def has_same_weights(one: Path, other: Path) -> bool:
    """Whether two files hold the same bytes after their headers: one may be the other with more metadata."""
    if not one.is_file() or not other.is_file():
        return False
    with one.open("rb") as left, other.open("rb") as right:
        starts = [_start_of_weights(file.read(8)) for file in (left, right)]
        sizes = [path.stat().st_size - start for path, start in zip((one, other), starts, strict=True)]
        if sizes[0] != sizes[1] or sizes[0] <= 0:
            return False
        for file, start in zip((left, right), starts, strict=True):
            file.seek(start)
        return all(chunk == right.read(_CHUNK) for chunk in iter(lambda: left.read(_CHUNK), b""))


def _start_of_weights(head: bytes) -> int:
    return 8 + int.from_bytes(head, "little")
