"""The header of a safetensors file: what is in it, read without its weights."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from ..errors import ModelError
from .values import json_value

_MOST_HEADER_BYTES = 64 << 20


@dataclass(frozen=True, kw_only=True)
class Header:
    """Names and shapes of a file's tensors, their types as safetensors writes them (`F16`), and its metadata."""

    shapes: Mapping[str, tuple[int, ...]]
    kinds: Mapping[str, str]
    metadata: Mapping[str, str]


def read_header(path: Path) -> Header:
    """The header of a whole safetensors file; ModelError says what else the file is, or how much of it is missing."""
    if not path.is_file():
        raise ModelError(f"There is no file {path}.")
    if path.suffix.lower() == ".gguf":
        raise ModelError(
            f"{path.name} is quantised as GGUF, which is not read here. Choose the bf16, fp16 or fp8 .safetensors file "
            "of the same model."
        )
    if path.suffix.lower() != ".safetensors":
        raise ModelError(
            f"{path.name} is not a .safetensors file; other kinds can run code when they are opened. Convert it first."
        )
    size = path.stat().st_size
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        if not 2 <= length <= min(_MOST_HEADER_BYTES, size - 8):
            raise _damaged(path, _first_words(path, size))
        text = file.read(length)
    entries, metadata = _parsed(path, text)
    end = 8 + length + max((stop for _, _, stop in entries.values()), default=0)
    if size < end:
        raise _damaged(path, f"it has {size:,} of its {end:,} bytes, so a download or copy was cut short")
    return Header(
        shapes={name: shape for name, (_, shape, _) in entries.items()},
        kinds={name: kind for name, (kind, _, _) in entries.items()},
        metadata=metadata,
    )


def _parsed(path: Path, text: bytes) -> tuple[dict[str, tuple[str, tuple[int, ...], int]], dict[str, str]]:
    try:
        data = cast(dict[str, Any], json_value(text))
        metadata = {str(key): str(value) for key, value in dict(data.pop("__metadata__", None) or {}).items()}
        entries = {
            name: (str(entry["dtype"]), tuple(int(side) for side in entry["shape"]), int(entry["data_offsets"][1]))
            for name, entry in data.items()
        }
    except (ValueError, LookupError, ArithmeticError, TypeError, AttributeError, RecursionError) as fault:
        raise _damaged(path, "its header cannot be read") from fault
    return entries, metadata


def _first_words(path: Path, size: int) -> str:
    """What a file that is no safetensors file looks like."""
    with path.open("rb") as file:
        raw = file.read(64)
    start = raw.lstrip()
    if not size:
        return "it is empty"
    if raw[8:9] == b"{" and int.from_bytes(raw[:8], "little") <= _MOST_HEADER_BYTES:
        return "it ends within its header, so a download or copy was cut short"
    if start.startswith(b"version https://git-lfs"):
        return "it is a Git LFS pointer, not the weights; fetch them with git lfs pull"
    if start[:1] in (b"<", b"{") or (raw.isascii() and " ".join(raw.decode().split()).isprintable()):
        return "it holds text, perhaps a web page that said why the download failed"
    if start[:2] == b"PK":
        return "it is a pickled checkpoint with another name"
    return "its first bytes are not a header"


def _damaged(path: Path, why: str) -> ModelError:
    return ModelError(f"{path.name} is not a whole safetensors file: {why}. Get the file again.")
