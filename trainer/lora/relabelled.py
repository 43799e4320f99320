"""A copy of anybody's LoRA file with more metadata: its tensors stay byte for byte."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..errors import ModelError
from ..storage.atomic import write_atomically
from ..storage.tensor_header import read_header
from .metadata import hashes

_METADATA = "__metadata__"


def write_relabelled(source: Path, target: Path, entries: Mapping[str, str]) -> None:
    """Write `source` to `target`, which may be the same file, with `entries` added to its metadata.

    kohya's hashes are made anew: the legacy one is of a header that may have changed. ModelError when it is no whole
    safetensors file, OSError when the disk refuses.
    """
    read_header(source)
    try:
        data = source.read_bytes()
    except OSError as fault:
        raise ModelError(f"{source.name} cannot be read: {fault.strerror}. Choose a LoRA file that exists.") from fault
    length = int.from_bytes(data[:8], "little")
    tensors: dict[str, Any] = json.loads(data[8 : 8 + length])
    metadata: dict[str, str] = {**(tensors.pop(_METADATA, None) or {}), **entries}
    region = data[8 + length :]
    alone = {key: value for key, value in metadata.items() if key.startswith("ss_")}
    metadata |= hashes(_header(tensors, alone), region)
    write_atomically(target, _header(tensors, metadata) + region)


def _header(tensors: Mapping[str, Any], metadata: Mapping[str, str]) -> bytes:
    """Header length and header; the tensors keep their places, in whatever order somebody wrote them."""
    entries = {_METADATA: dict(sorted(metadata.items())), **tensors} if metadata else dict(tensors)
    text = json.dumps(entries, separators=(",", ":"), ensure_ascii=False).encode()
    text += b" " * (-len(text) % 8)
    return len(text).to_bytes(8, "little") + text
