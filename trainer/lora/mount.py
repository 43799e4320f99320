"""Adapter layers at a family's addresses: the one place that puts them there and takes them away again."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from ..errors import ModelError, few
from ..families.family import Family
from ..families.key_layout import ALPHA, DORA, DOWN, UP, LayerTensors, split
from .file import Layer, opened_lora
from .layers.build import LayerShape, build_layers
from .layers.layer import AdapterLayer, AdapterState, LowRank, weight_shape
from .layers.lokr import Kronecker, LokrLayer


@dataclass(frozen=True)
class MountedLora:
    """A LoRA file's layers in a family's places until removed; several may stand one in front of the other."""

    family: Family
    layers: Mapping[str, AdapterLayer]

    def remove(self) -> None:
        """Outputs are bit for bit those of what stood there before again."""
        detach(self.family, self.layers)


@dataclass(frozen=True)
class Placed:
    """What a file holds for one address: the prefix that names it there, and fp32 tensors by suffix."""

    prefix: str
    tensors: LayerTensors


def attach(family: Family, layers: Mapping[str, AdapterLayer]) -> None:
    """Put each layer at its address, in front of what stands there."""
    for address, layer in layers.items():
        family.replace(address, layer.module)


def detach(family: Family, layers: Mapping[str, AdapterLayer]) -> None:
    """Take the layers away, whatever was put in front of them since."""
    for address, layer in layers.items():
        outer: Any = family.module(address)
        if outer is layer.module:
            family.replace(address, layer.base_layer)
            continue
        while outer.base_layer is not layer.module:
            outer = outer.base_layer
        outer.base_layer = layer.base_layer


@torch.inference_mode(False)
@torch.no_grad()
def mount_lora(family: Family, path: Path, strength: float) -> MountedLora:
    """Add `strength` × the change that the file says to each module it names; ModelError for a key without a module."""
    found = placed(family, path)
    shapes: dict[str, tuple[torch.nn.Module, LayerShape]] = {}
    unfit: list[str] = []
    for address, each in found.items():
        base = family.module(address)
        try:
            shapes[address] = (base, _shape(base, each.tensors))
        except (KeyError, ValueError):
            unfit.append(each.prefix)
    layers = build_layers(shapes, AdapterState(), strength)
    for address, layer in layers.items():
        try:
            layer.load(found[address].tensors)
        except (ValueError, RuntimeError):
            unfit.append(found[address].prefix)
        layer.module.requires_grad_(False)
    if unfit:
        raise ModelError(f"{path.name} was trained on a base of other sizes: {few(unfit)} do not fit.")
    attach(family, layers)
    return MountedLora(family, layers)


def placed(family: Family, path: Path) -> dict[str, Placed]:
    """A file's layers by address, fused ones cut apart; ModelError when one has no module here."""
    with opened_lora(path) as file:
        addresses = family.keys.find(file.prefixes)
        unknown = sorted(prefix for prefix in file.prefixes if prefix not in addresses)
        if unknown:
            raise ModelError(f"{path.name} does not fit this base: {few(unknown)} have no module here.")
        return {
            address: Placed(layer.prefix, tensors)
            for layer in file.layers()
            for address, tensors in _cut(family, path, layer, addresses[layer.prefix])
        }


def _cut(
    family: Family, path: Path, layer: Layer, addresses: Sequence[str]
) -> Iterator[tuple[str, Mapping[str, Tensor]]]:
    if layer.kind not in ("lora", "dora", "lokr"):
        words = ", ".join(sorted(layer.tensors))
        raise ModelError(f"{path.name} is no LoRA, DoRA or LoKr in {layer.prefix}, which holds {words}.")
    if len(addresses) == 1:
        yield addresses[0], layer.tensors
        return
    try:
        parts = split(layer.tensors, [weight_shape(family.module(address))[0] for address in addresses])
    except ModelError as error:
        raise ModelError(f"{path.name} does not fit this base: of {layer.prefix}, {error}") from error
    yield from zip(addresses, parts, strict=True)


def _shape(base: torch.nn.Module, tensors: LayerTensors) -> LayerShape:
    """Which layer holds these tensors; KeyError or ValueError for one of another base or written in another way."""
    if DOWN not in tensors:
        sizes = LokrLayer.sizes_of(tensors)
        alpha = float(tensors[ALPHA]) if ALPHA in tensors else float(sizes.inner[-1][0])
        return Kronecker(sizes, alpha)
    rank, shape = len(tensors[DOWN]), weight_shape(base)
    if (len(tensors[UP]), *tensors[DOWN].shape[1:]) != tuple(shape):
        raise ValueError(f"its layer is {tuple(shape)}")
    alpha = float(tensors[ALPHA]) if ALPHA in tensors else float(rank)
    return LowRank(rank, alpha, is_dora=DORA in tensors)
