"""One part's tensors in files, read one at a time and only as many rows as are wanted."""

from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor

from ...errors import ModelError
from ...storage.tensor_header import Header, read_header
from .formats import Format, layer_formats, turned_back
from .scaled import scale_name

Rows = tuple[int, int]


class Place(NamedTuple):
    """Where a parameter lies: the file's name of the tensor, which of its rows, and whether their halves are
    exchanged."""

    name: str
    rows: Rows | None = None
    is_turned: bool = False


class StoredTensors:
    """A part's tensors in one file or several, by their names without `root`."""

    def __init__(self, paths: Sequence[Path], root: str = "") -> None:
        self.paths = tuple(paths)
        self._root = root

    @property
    def title(self) -> str:
        """The file or folder, for sentences."""
        return self.paths[0].name if len(self.paths) == 1 else self.paths[0].parent.name

    @cached_property
    def headers(self) -> Mapping[Path, Header]:
        return {path: read_header(path) for path in self.paths}

    @cached_property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """By names without the root."""
        return {
            name.removeprefix(self._root): shape
            for header in self.headers.values()
            for name, shape in header.shapes.items()
            if name.startswith(self._root)
        }

    @cached_property
    def _formats(self) -> dict[str, Format]:
        return {
            name: each for path, header in self.headers.items() for name, each in layer_formats(path, header).items()
        }

    @contextmanager
    def opened(self) -> Generator["OpenTensors"]:
        """The files, held open; ModelError for one that is no whole safetensors file."""
        from safetensors import SafetensorError, safe_open

        library: Any = safe_open
        with ExitStack() as stack:
            try:
                files = {path: stack.enter_context(library(path, "pt")) for path in self.paths}
                places = {name: files[path] for path, header in self.headers.items() for name in header.shapes}
                yield OpenTensors(places, self._root, self._formats)
            except (SafetensorError, OSError) as error:
                raise ModelError(
                    f"{self.title} is not a whole safetensors file: {error}. Get the file again."
                ) from error


class OpenTensors:
    """`places`: the open file of each tensor; `formats` of layers, both by whole names."""

    def __init__(self, places: Mapping[str, Any], root: str, formats: Mapping[str, Format]) -> None:
        self._places = places
        self._formats = formats
        self._root = root

    def read(self, place: Place, dtype: torch.dtype, look: Callable[[Tensor], None] | None = None) -> Tensor:
        """A copy in `dtype`: a view would keep the whole file mapped. Scales are multiplied out, rotations undone.

        `look` sees it before it is rounded.
        """
        name = self._root + place.name
        stored = self._places[name].get_slice(name)
        tensor: Tensor = stored[place.rows[0] : place.rows[1]] if place.rows else stored[...]
        scale = self._scale(name, place.rows)
        # In fp32 first: 448 times its scale must not overflow or round twice on its way to fp16.
        tensor = tensor if scale is None else self._unpacked(name, tensor.float() * scale)
        if look:
            look(tensor)
        tensor = tensor.to(dtype, copy=scale is None)
        if not place.is_turned:
            return tensor
        one, other = tensor.chunk(2)
        return torch.cat([other, one])

    def _unpacked(self, name: str, weight: Tensor) -> Tensor:
        told = self._formats.get(name.rpartition(".")[0])
        return turned_back(weight, told.group) if told and told.group else weight

    def _scale(self, name: str, rows: Rows | None) -> Tensor | None:
        """One of the tensor's, or one an output, (out, 1)."""
        found = scale_name(name, self._places)
        if not found:
            return None
        scale: Tensor = self._places[found].get_tensor(found).float()
        if scale.numel() == 1:
            return scale.view(())
        return scale.view(-1, 1)[slice(*rows) if rows else slice(None)]
