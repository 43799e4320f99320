"""A LoRA file at work on a family's layers, for drawing with it or learning on from it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from ..errors import ModelError
from ..families.family import Family
from .layers.layer import ALPHA, DOWN, UP, AdapterLayer, Switch
from .layers.lokr import LokrLayer
from .layers.lora import DORA, DoraLayer, LoraLayer

_NAMED_IN_ERRORS = 5


@dataclass(frozen=True)
class AppliedLora:
    """A LoRA file's layers in a family's places until removed."""

    family: Family
    layers: Mapping[str, AdapterLayer]

    def remove(self) -> None:
        """Outputs are bit for bit those of the bare base again."""
        for address, layer in self.layers.items():
            self.family.replace(address, layer.base_layer)


@torch.inference_mode(False)
@torch.no_grad()
def apply_lora(family: Family, path: Path, strength: float) -> AppliedLora:
    """Add `strength` × the change that the file says to each module it names; ModelError for a key without a module."""
    switch = Switch(strength=strength)
    layers: dict[str, AdapterLayer] = {}
    unfit: list[str] = []
    for address, (prefix, tensors) in placed(family, path).items():
        base = family.module(address)
        try:
            layer = _layer(base, tensors, switch)
            layer.load(tensors)
        except (KeyError, ValueError, RuntimeError):
            unfit.append(prefix)
        else:
            layers[address] = layer.requires_grad_(False)
    if unfit:
        raise ModelError(f"{path.name} was trained on a base of other sizes: {first(unfit)} do not fit.")
    for address, layer in layers.items():
        family.replace(address, layer)
    return AppliedLora(family, layers)


def placed(family: Family, path: Path) -> dict[str, tuple[str, dict[str, Tensor]]]:
    """Address → the file's prefix and its tensors by suffix, fp32; ModelError when one has no module here."""
    layers = _read_layers(path)
    addresses = family.key_map(layers.keys())
    unknown = sorted(prefix for prefix in layers if prefix not in addresses)
    if unknown:
        raise ModelError(f"{path.name} does not fit this base: {first(unknown)} have no module here.")
    return {addresses[prefix]: (prefix, tensors) for prefix, tensors in layers.items()}


def first(names: Sequence[str]) -> str:
    """A few of the names, and how many more there are."""
    more = len(names) - _NAMED_IN_ERRORS
    return ", ".join(names[:_NAMED_IN_ERRORS]) + (f" and {more} more" if more > 0 else "")


def _layer(base: torch.nn.Module, tensors: Mapping[str, Tensor], switch: Switch) -> AdapterLayer:
    if DOWN not in tensors:
        sizes = LokrLayer.sizes_of(tensors)
        alpha = tensors.get(ALPHA, torch.tensor(sizes.inner[-1][0]))
        return LokrLayer(base, sizes, float(alpha), switch)
    rank = len(tensors[DOWN])
    kind = DoraLayer if DORA in tensors else LoraLayer
    return kind(base, rank, float(tensors.get(ALPHA, torch.tensor(rank))), switch)


def _read_layers(path: Path) -> dict[str, dict[str, Tensor]]:
    """A file's tensors as prefix → suffix → tensor, fp32; a prefix ends at its first dot."""
    found: dict[str, dict[str, Tensor]] = {}
    for key, tensor in _read_tensors(path).items():
        prefix, dot, suffix = key.partition(".")
        found.setdefault(prefix, {})[dot + suffix] = tensor.float()
    for prefix, tensors in found.items():
        strange = sorted(set(tensors) - {DOWN, UP, ALPHA, DORA, *LokrLayer.suffixes})
        if strange:
            raise ModelError(f"{path.name} is not a LoRA in kohya's layout: it has {prefix}{strange[0]}.")
        if (DOWN in tensors) != (UP in tensors) or set(tensors) == {ALPHA}:
            lacking = UP if DOWN in tensors else DOWN
            raise ModelError(f"{path.name} is not a LoRA in kohya's layout: it lacks {prefix}{lacking}.")
    if not found:
        raise ModelError(f"{path.name} is not a LoRA in kohya's layout: it lacks any LoRA layer.")
    return found


def _read_tensors(path: Path) -> dict[str, Tensor]:
    from safetensors import SafetensorError
    from safetensors.torch import load

    if not path.is_file():
        raise ModelError(f"There is no LoRA file {path}.")
    try:
        return load(path.read_bytes())
    except (SafetensorError, OSError) as error:
        raise ModelError(f"{path} is not a whole safetensors file: {error}.") from error
