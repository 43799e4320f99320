"""What a LoRA on FLUX.1 may be called in a file.

Saved under ComfyUI's own names of its layers (`diffusion_model.double_blocks.0.img_attn.qkv`), which every version of
it reads; what cannot be joined into its larger matrices goes under diffusers' names, which it cuts them for.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from functools import cached_property
from typing import Any, NamedTuple

import torch
from torch import Tensor

from ...errors import ModelError
from ..key_layout import ALPHA, DORA, DOWN, UP, LayerTensors, fuse, silent
from ..layer_names import layer_names
from .layout import TRANSFORMER
from .names import Native, aliases, native, native_aliases

_SAVED, _DIFFUSERS = "diffusion_model.", "transformer."
_KINDS = (torch.nn.Linear, torch.nn.RMSNorm)
_LORA, _DORA = {DOWN, UP}, {DOWN, UP, DORA}
_PEFT_ROOT, _CHECKPOINT_ROOT = "base_model.model.", "model."


class FluxKeys:
    """FLUX.1's KeyLayout; `outlined` gives the transformer, its weights loaded or not."""

    def __init__(self, outlined: Callable[[], torch.nn.Module]) -> None:
        self._outlined = outlined

    def save(self, layers: Mapping[str, LayerTensors]) -> dict[str, Tensor]:
        by_name = {address.removeprefix(f"{TRANSFORMER}."): tensors for address, tensors in layers.items()}
        saved: dict[str, Tensor] = {}
        for whole in dict.fromkeys(map(_native, by_name)):
            present = {name: by_name[name] for name in whole.members if name in by_name}
            for prefix, tensors in self._written(whole, present):
                saved |= {f"{prefix}.{suffix}": tensor for suffix, tensor in tensors.items()}
        return saved

    def find(self, prefixes: Collection[str]) -> Mapping[str, tuple[str, ...]]:
        found = {prefix: self._known.get(_plain(prefix)) for prefix in prefixes}
        return {
            prefix: tuple(f"{TRANSFORMER}.{name}" for name in known.members) for prefix, known in found.items() if known
        }

    def turned(self, prefix: str, tensors: LayerTensors) -> LayerTensors:
        known = self._known.get(_plain(prefix))
        return halves_exchanged(tensors) if known and known.is_turned else tensors

    def _written(self, whole: Native, present: Mapping[str, LayerTensors]) -> Iterator[tuple[str, LayerTensors]]:
        """The file's prefixes and tensors of one of BFL's layers."""
        if len(whole.members) == 1:
            (tensors,) = present.values()
            yield _SAVED + whole.name, halves_exchanged(tensors) if whole.is_turned else tensors
            return
        kinds = [set(tensors) - {ALPHA} for tensors in present.values()]
        is_whole = len(present) == len(whole.members)
        if all(kind == _LORA for kind in kinds) or (is_whole and all(kind == _DORA for kind in kinds)):
            yield _SAVED + whole.name, fuse([present.get(name) or self._silent(name) for name in whole.members])
            return
        for name, tensors in present.items():
            yield _DIFFUSERS + name, tensors

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
        for name in layer_names(self._outlined(), _KINDS):
            whole = native(name)
            if whole is None:
                continue
            for theirs, members in ((name, (name,)), *aliases(name).items()):
                known |= dict.fromkeys(_diffusers_prefixes(theirs), _Known(members, is_turned=False))
            ours = (_SAVED + whole.name, f"lora_unet_{whole.name.replace('.', '_')}")
            known |= dict.fromkeys(ours, _Known(whole.members, is_turned=whole.is_turned))
            for part, members in native_aliases(whole).items():
                known[_SAVED + part] = _Known(members, is_turned=False)
        return known


class _Known(NamedTuple):
    """The model's layers that a prefix stands for, in the order of its rows, and whether their halves are exchanged."""

    members: tuple[str, ...]
    is_turned: bool


def _diffusers_prefixes(name: str) -> tuple[str, ...]:
    flat = name.replace(".", "_")
    return (_DIFFUSERS + name, name, f"lycoris_{flat}", f"lora_transformer_{flat}")


def halves_exchanged(tensors: LayerTensors) -> LayerTensors:
    """A layer whose outputs' halves lie the other way round; ModelError for kinds that have no outputs of their own."""
    if not set(tensors) <= {DOWN, UP, ALPHA, DORA}:
        raise ModelError("The last modulation of FLUX.1 is read of LoRA and DoRA files alone; choose another file.")
    return {
        name: torch.cat(tensor.chunk(2)[::-1]) if name in (UP, DORA) else tensor for name, tensor in tensors.items()
    }


def _plain(prefix: str) -> str:
    """Without what PEFT and whole checkpoints put in front."""
    name = prefix.removeprefix(_PEFT_ROOT)
    return name.removeprefix(_CHECKPOINT_ROOT) if name.startswith(f"{_CHECKPOINT_ROOT}{_SAVED}") else name


def _native(name: str) -> Native:
    found = native(name)
    assert found is not None, name
    return found
