"""The tensors of an adapter's file under flat names, read one at a time where the file allows it."""

import pickle
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, cast

import torch
from torch import Tensor

from ..errors import ModelError
from ..storage.tensor_header import Header, read_header
from .finite import is_finite

_MOST_BYTES = 8 << 30
_DEEPEST = 4
_PICKLES = (".bin", ".pt")
_PREFIXES = {
    "image_proj_model.": "image_proj.",
    "image_proj.": "image_proj.",
    "adapter_modules.": "ip_adapter.",
    "ip_adapter.": "ip_adapter.",
}


class WeightFile(Mapping[str, Tensor]):
    """Tensors as they are stored, on the CPU, by name: `image_proj.…` and `ip_adapter.…` however the file spells them.

    Of .safetensors the header is read, and each tensor when it is asked for. .bin is a pickle, which is opened without
    running anything and stays on the disk until a tensor is used. ModelError for what is no such file, and, when it is
    asked for, for a tensor with a value that is no number.
    """

    def __init__(self, path: Path) -> None:
        if path.is_dir():
            raise ModelError(f"{path} is a folder. Choose the adapter's file in it.")
        if not path.is_file():
            raise ModelError(f"There is no adapter file {path}.")
        self.path = path
        self._file: Any = None
        pickled = _pickled(path) if path.suffix.lower() in _PICKLES else None
        self._pickled = pickled or {}
        header = _header(path) if pickled is None else None
        self.metadata: Mapping[str, str] = header.metadata if header else {}
        shapes = header.shapes if header else {name: tuple(tensor.shape) for name, tensor in self._pickled.items()}
        self._stored = {_flat(name): name for name in shapes}
        self.header = header or Header(shapes=shapes, kinds={}, metadata={})
        self.shapes: Mapping[str, tuple[int, ...]] = {_flat(name): shape for name, shape in shapes.items()}

    def __getitem__(self, name: str) -> Tensor:
        stored = self._stored[name]
        tensor = self._pickled[stored] if self._pickled else self._read(stored)
        if tensor.is_complex() or (tensor.is_floating_point() and not is_finite(tensor)):
            raise ModelError(f"{self.path.name} is damaged: {name} holds values that are no numbers. Get it again.")
        return tensor

    def __iter__(self) -> Iterator[str]:
        return iter(self._stored)

    def __len__(self) -> int:
        return len(self._stored)

    def _read(self, stored: str) -> Tensor:
        from safetensors import SafetensorError, safe_open

        try:
            self._file = self._file or cast(Any, safe_open)(self.path, "pt")
            return self._file.get_tensor(stored)
        except (SafetensorError, OSError) as error:
            raise ModelError(
                f"{self.path.name} is not a whole safetensors file: {error}. Get the file again."
            ) from error


def _header(path: Path) -> Header:
    if path.suffix.lower() != ".safetensors":
        raise ModelError(
            f"{path.name} is no identity adapter: those are .safetensors or .bin files. Choose one of them."
        )
    return read_header(path)


def _flat(name: str) -> str:
    return next((new + name[len(old) :] for old, new in _PREFIXES.items() if name.startswith(old)), name)


def _pickled(path: Path) -> Mapping[str, Tensor]:
    """The tensors of a .bin file by dotted names."""
    size = path.stat().st_size
    if size > _MOST_BYTES:
        raise ModelError(
            f"{path.name} has {size >> 30} GB; adapters have a tenth of it. Choose the adapter's own file, or its "
            ".safetensors file, which is read in parts."
        )
    try:
        is_zip = zipfile.is_zipfile(path)
        if is_zip and _is_packed(path):
            raise ModelError(
                f"{path.name} was compressed, and weights are not: it may hold far more than it shows. Get it from "
                "where it was published."
            )
        loaded: object = torch.load(path, map_location="cpu", weights_only=True, mmap=is_zip)
    except pickle.UnpicklingError as error:
        raise ModelError(
            f"{path.name} holds more than weights, which could run code when it is opened, or it was cut short. "
            "Use the .safetensors file of the same adapter, or get it again from where it was published."
        ) from error
    except (
        RuntimeError,
        EOFError,
        ValueError,
        LookupError,
        OSError,
        AttributeError,
        TypeError,
        AssertionError,
        zipfile.BadZipFile,
    ) as error:
        raise ModelError(
            f"{path.name} is not a whole .bin file; a download or copy was cut short. Get the file again."
        ) from error
    tensors = dict(_flattened(loaded, "", _DEEPEST))
    if not tensors:
        raise ModelError(f"{path.name} holds no weights. Choose an identity adapter's file.")
    if any(tensor.layout != torch.strided or tensor.device.type != "cpu" for tensor in tensors.values()):
        raise ModelError(f"{path.name} does not hold its weights as plain numbers. Get it from where it was published.")
    # A tensor may be a view that repeats a few stored numbers to any size.
    if sum(tensor.numel() * tensor.element_size() for tensor in tensors.values()) > 2 * size:
        raise ModelError(f"{path.name} claims more weights than it holds. Get it from where it was published.")
    return tensors


def _is_packed(path: Path) -> bool:
    with zipfile.ZipFile(path) as archive:
        return any(part.compress_type != zipfile.ZIP_STORED for part in archive.infolist())


def _flattened(value: object, name: str, deepest: int) -> Iterator[tuple[str, Tensor]]:
    if isinstance(value, Tensor):
        yield name, value.detach()
    elif isinstance(value, Mapping) and deepest:
        for key, inner in cast(Mapping[object, object], value).items():
            yield from _flattened(inner, f"{name}.{key}" if name else str(key), deepest - 1)
