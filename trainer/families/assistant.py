"""An assistant: a LoRA that undoes a base's distillation while another learns, so that what is learned is not that.

It is merged into the denoiser as its weights arrive, before they are quantised: learning costs nothing more. Pictures
are drawn with what takes it back beside the weights (`lora.assistant`), and a LoRA that was trained so is for the base
without it.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from ..errors import ModelError, few
from ..recipe.flow import Flow
from ..storage.tensor_header import read_header
from .base import ASSISTANT, Base
from .key_layout import ALPHA, DOWN, UP, KeyLayout, LayerTensors, split
from .lora_names import parts_by_layer

_ADVICE = "Choose the assistant that was made for this base, or none."


class MergedAssistant:
    """Of a base's denoiser, whose addresses begin with `part`; changes nothing where the base has none.

    `keys` and `outline` are the family's.
    """

    def __init__(
        self,
        base: Base,
        flow: Flow,
        part: str,
        keys: Callable[[], KeyLayout],
        outline: Callable[[str], torch.nn.Module],
    ) -> None:
        self._path = base.files.get(ASSISTANT)
        self._flow = flow
        self._part = part
        self._keys, self._outline = keys, outline
        self._left: set[str] | None = None

    @property
    def strength(self) -> float:
        """At which it is merged."""
        return self._flow.assistant_training if self._path else 0.0

    @torch.no_grad()
    def merge(self, name: str, module: torch.nn.Module) -> None:
        """Into a block whose weights are there; "" for the whole denoiser, of what no block had."""
        if not self.strength:
            return
        start = f"{name}." if name else ""
        left = set(self._changes) if self._left is None else self._left
        here = {address for address in left if address.startswith(start)}
        for address in here:
            layer: Any = module.get_submodule(address[len(start) :])
            weight: Tensor = layer.weight
            weight.copy_(weight.float() + self.strength * change_of(self._changes[address]).view(weight.shape))
        # The whole comes last; a denoiser that loads anew begins anew.
        self._left = left - here if name else None

    @cached_property
    def _changes(self) -> Mapping[str, LayerTensors]:
        """By the denoiser's own names."""
        assert self._path is not None
        with torch.inference_mode(False):
            return dict(self._read(self._path))

    def _read(self, path: Path) -> Iterator[tuple[str, LayerTensors]]:
        from safetensors import torch as safetensors

        layers, _ = parts_by_layer(read_header(path).shapes)
        found = self._keys().find(layers)
        unfit = [prefix for prefix in layers if not all(map(self._is_here, found.get(prefix, ("",))))]
        if unfit:
            raise ModelError(f"{path.name} does not fit this base: {few(unfit)} have no module here. {_ADVICE}")
        library: Any = safetensors
        tensors = library.load_file(path)
        for prefix, parts in layers.items():
            layer = {part: tensors[key].float() for part, key in parts.items()}
            if not {DOWN, UP} <= set(layer) <= {DOWN, UP, ALPHA}:
                raise ModelError(f"{path.name} is of another kind than LoRA in {prefix}. {_ADVICE}")
            names = [address.removeprefix(f"{self._part}.") for address in found[prefix]]
            turned = self._keys().turned(prefix, layer)
            yield from zip(names, self._cut(path, prefix, turned, found[prefix]), strict=True)

    def _is_here(self, address: str) -> bool:
        return address.startswith(f"{self._part}.")

    def _cut(self, path: Path, prefix: str, layer: LayerTensors, addresses: Iterable[str]) -> Iterator[LayerTensors]:
        """The layers that one of the file stands for, each of the size that it has here."""
        modules: list[Any] = [self._outline(address) for address in addresses]
        shapes = [tuple(module.weight.shape) for module in modules]
        try:
            parts = split(layer, [shape[0] for shape in shapes]) if len(shapes) > 1 else [layer]
        except ModelError as error:
            raise ModelError(f"{path.name} does not fit this base: of {prefix}, {error}") from error
        for shape, part in zip(shapes, parts, strict=True):
            inputs = int(torch.Size(shape[1:]).numel())
            if part[DOWN].flatten(1).shape[1] != inputs or len(part[UP]) != shape[0]:
                raise ModelError(f"{path.name} is for a base of other sizes: {prefix} does not fit. {_ADVICE}")
            yield part


def change_of(layer: LayerTensors) -> Tensor:
    """α / rank · B A, (out, in), fp32."""
    rank = len(layer[DOWN])
    scale = float(layer[ALPHA]) / rank if ALPHA in layer and rank else 1.0
    return layer[UP].float().flatten(1) @ layer[DOWN].float().flatten(1) * scale
