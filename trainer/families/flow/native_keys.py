"""What a LoRA may be called in a file, of a base whose layers ComfyUI has under its authors' names.

Saved under those (`diffusion_model.double_blocks.0.img_attn.qkv`), which every version of it reads; what cannot be
joined into its larger matrices goes under diffusers' names, which it cuts them for.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterator, Mapping
from functools import cached_property
from typing import Any, NamedTuple

import torch
from torch import Tensor

from ...errors import ModelError
from ..key_layout import ALPHA, DORA, DOWN, UP, LayerTensors, fuse, silent
from ..layer_names import layer_names
from .native import Native

SAVED, DIFFUSERS = "diffusion_model.", "transformer."
_ADDRESS = "transformer."
_LORA, _DORA = {DOWN, UP}, {DOWN, UP, DORA}
_PEFT_ROOT, _CHECKPOINT_ROOT = "base_model.model.", "model."

Members = tuple[str, ...]
"""Layers of diffusers' model by name."""


class NativeKeys(ABC):
    """A KeyLayout; `outlined` gives the transformer, its weights loaded or not. A family adds what its layers are
    called."""

    def __init__(self, outlined: Callable[[], torch.nn.Module]) -> None:
        self._outlined = outlined

    @abstractmethod
    def native(self, name: str) -> Native | None:
        """The authors' layer that one of diffusers' is or is a part of; None for what has no counterpart."""

    @abstractmethod
    def theirs(self, name: str) -> Mapping[str, Members]:
        """Prefixes after diffusers' names of a layer that the host reads, and which layers each stands for."""

    def pieces(self, whole: Native) -> Mapping[str, Members]:
        """Further names of parts of one of the authors' layers."""
        return {}

    def kinds(self) -> tuple[type, ...]:
        """Of layers that files may change."""
        return (torch.nn.Linear, torch.nn.RMSNorm)

    def save(self, layers: Mapping[str, LayerTensors]) -> dict[str, Tensor]:
        by_name = {address.removeprefix(_ADDRESS): tensors for address, tensors in layers.items()}
        saved: dict[str, Tensor] = {}
        for whole in dict.fromkeys(map(self._native, by_name)):
            present = {name: by_name[name] for name in whole.members if name in by_name}
            for prefix, tensors in self._written(whole, present):
                saved |= {f"{prefix}.{suffix}": tensor for suffix, tensor in tensors.items()}
        return saved

    def find(self, prefixes: Collection[str]) -> Mapping[str, Members]:
        found = {prefix: self._known.get(_plain(prefix)) for prefix in prefixes}
        return {prefix: tuple(_ADDRESS + name for name in known.members) for prefix, known in found.items() if known}

    def turned(self, prefix: str, tensors: LayerTensors) -> LayerTensors:
        known = self._known.get(_plain(prefix))
        return halves_exchanged(tensors) if known and known.is_turned else tensors

    def _written(self, whole: Native, present: Mapping[str, LayerTensors]) -> Iterator[tuple[str, LayerTensors]]:
        """The file's prefixes and tensors of one of the authors' layers."""
        if len(whole.members) == 1:
            (tensors,) = present.values()
            yield SAVED + whole.name, halves_exchanged(tensors) if whole.is_turned else tensors
            return
        kinds = [set(tensors) - {ALPHA} for tensors in present.values()]
        is_whole = len(present) == len(whole.members)
        if all(kind == _LORA for kind in kinds) or (is_whole and all(kind == _DORA for kind in kinds)):
            yield SAVED + whole.name, fuse([present.get(name) or self._silent(name) for name in whole.members])
            return
        for name, tensors in present.items():
            yield DIFFUSERS + name, tensors

    def _native(self, name: str) -> Native:
        found = self.native(name)
        assert found is not None, name
        return found

    def _silent(self, name: str) -> LayerTensors:
        """A layer that changes nothing, in the place of one that does not learn."""
        layer: Any = self._outlined().get_submodule(name)
        while hasattr(layer, "base_layer"):
            layer = layer.base_layer
        return silent(layer.out_features, layer.in_features)

    @cached_property
    def _known(self) -> Mapping[str, "_Known"]:
        """Every prefix that the host would load."""
        known: dict[str, _Known] = {}
        for name in layer_names(self._outlined(), self.kinds()):
            whole = self.native(name)
            if whole is None:
                continue
            known |= {prefix: _Known(members, is_turned=False) for prefix, members in self.theirs(name).items()}
            ours = (SAVED + whole.name, f"lora_unet_{whole.name.replace('.', '_')}")
            known |= dict.fromkeys(ours, _Known(whole.members, is_turned=whole.is_turned))
            pieces = self.pieces(whole)
            known |= {SAVED + part: _Known(members, is_turned=False) for part, members in pieces.items()}
        return known


class _Known(NamedTuple):
    """The model's layers that a prefix stands for, in the order of its rows, and whether their halves are exchanged."""

    members: Members
    is_turned: bool


def halves_exchanged(tensors: LayerTensors) -> LayerTensors:
    """A layer whose outputs' halves lie the other way round; ModelError for kinds that have no outputs of their own."""
    if not set(tensors) <= {DOWN, UP, ALPHA, DORA}:
        raise ModelError("The last modulation of this base is read of LoRA and DoRA files alone; choose another file.")
    return {
        name: torch.cat(tensor.chunk(2)[::-1]) if name in (UP, DORA) else tensor for name, tensor in tensors.items()
    }


def _plain(prefix: str) -> str:
    """Without what PEFT and whole checkpoints put in front."""
    name = prefix.removeprefix(_PEFT_ROOT)
    return name.removeprefix(_CHECKPOINT_ROOT) if name.startswith(f"{_CHECKPOINT_ROOT}{SAVED}") else name
