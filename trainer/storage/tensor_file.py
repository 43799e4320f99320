"""The safetensors layout written byte for byte the same each time: the library's own writer shuffles metadata."""

import json
from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor

from .atomic import write_atomically

_NAMES = {
    torch.float64: "F64",
    torch.float32: "F32",
    torch.float16: "F16",
    torch.bfloat16: "BF16",
    torch.int64: "I64",
    torch.uint8: "U8",
}


def serialise(tensors: Mapping[str, Tensor], metadata: Mapping[str, str]) -> bytes:
    """One safetensors file: 8 bytes of header length, JSON header padded to 8 bytes, then the tensors by name."""
    return header(tensors, metadata) + tensor_region(tensors)


def write_tensors(path: Path, tensors: Mapping[str, Tensor], metadata: Mapping[str, str]) -> None:
    """Write the file whole or not at all; OSError when the disk refuses."""
    write_atomically(path, serialise(tensors, metadata))


def tensor_region(tensors: Mapping[str, Tensor]) -> bytes:
    """The bytes after the header: every tensor, in order of name."""
    return b"".join(_bytes(tensors[name]) for name in sorted(tensors))


def header(tensors: Mapping[str, Tensor], metadata: Mapping[str, str]) -> bytes:
    """Header length and header."""
    entries: dict[str, object] = {"__metadata__": dict(sorted(metadata.items()))} if metadata else {}
    start = 0
    for name in sorted(tensors):
        tensor = tensors[name]
        end = start + tensor.numel() * tensor.element_size()
        shape = list(tensor.shape)
        entries[name] = {"dtype": _NAMES[tensor.dtype], "shape": shape, "data_offsets": [start, end]}
        start = end
    text = json.dumps(entries, separators=(",", ":"), ensure_ascii=False).encode()
    text += b" " * (-len(text) % 8)
    return len(text).to_bytes(8, "little") + text


def _bytes(tensor: Tensor) -> bytes:
    return tensor.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy().tobytes()
