"""Adapter layers at a family's addresses: the one place that puts them there and takes them away again."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import prod
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from ..errors import ModelError, few
from ..families.family import Family
from ..families.key_layout import ALPHA, DORA, DOWN, UP, LayerTensors, split
from ..families.lora_names import MID
from ..families.lora_origin import is_text_only
from ..families.memory.modulation import RestingLinear
from .file import Layer, LoraFile, opened_lora
from .layers.build import LayerShape, build_layers
from .layers.change import APPLIED, change_of
from .layers.layer import AdapterLayer, AdapterState, LowRank, bare, weight_shape
from .layers.lokr import Kronecker, LokrLayer
from .layers.whole import Whole

_log = logging.getLogger(__name__)
_LOKR = ({"lokr_w1", "lokr_w2"}, {"lokr_w1", "lokr_w2_a", "lokr_w2_b"})


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
    """Add `strength` × the change that the file says to each module it names; ModelError when it does not fit."""
    found = placed(family, path)
    if is_mute(found):
        _log.warning("%s changes nothing: its alpha is 0 in every layer.", path.name)
    resting = [
        each.prefix for address, each in found.items() if isinstance(bare(family.module(address)), RestingLinear)
    ]
    if resting:
        raise ModelError(
            f"{path.name} changes {few(resting)}, which precompute_modulation leaves off the GPU; switch that off."
        )
    shapes = {
        address: (family.module(address), _shape(family, address, each.tensors)) for address, each in found.items()
    }
    layers = build_layers(shapes, AdapterState(), strength)
    for address, layer in layers.items():
        each = found[address]
        try:
            layer.load(each.tensors)
        except (ValueError, RuntimeError) as why:
            raise ModelError(f"{path.name} does not fit this base: of {each.prefix} {why}.") from why
        layer.module.requires_grad_(False)
    attach(family, layers)
    return MountedLora(family, layers)


def placed(family: Family, path: Path) -> dict[str, Placed]:
    """A file's layers by address, fused ones cut apart; ModelError when it is of another base or broken.

    What the host passes over is passed over here, with a line in the log.
    """
    with opened_lora(path) as file:
        addresses = _addresses(family, file)
        broken: list[str] = []
        unfit: list[str] = []
        found: dict[str, Placed] = {}
        for layer in (file.layer(prefix) for prefix in addresses):
            if not layer.is_finite:
                broken.append(layer.prefix)
                continue
            layer = replace(layer, tensors=family.keys.turned(layer.prefix, layer.tensors))
            for address, tensors in _cut(family, path, layer, addresses[layer.prefix]):
                upright = _upright(tuple(weight_shape(family.outline(address))), tensors)
                if upright is None:
                    unfit.append(layer.prefix)
                else:
                    found[address] = Placed(layer.prefix, upright)
        if broken:
            raise ModelError(f"{path.name} is broken: {few(broken)} hold NaN or infinity. Choose another file of it.")
        if unfit:
            raise ModelError(
                f"{path.name} was trained on a base of other sizes{_origin(family, file)}: {few(unfit)} do not fit."
            )
        return found


def is_mute(found: Mapping[str, Placed]) -> bool:
    """Whether the file changes nothing by its alphas, whatever else it holds."""
    return all(float(each.tensors.get(ALPHA, 1.0)) == 0 for each in found.values())


def _addresses(family: Family, file: LoraFile) -> Mapping[str, Sequence[str]]:
    """Where each layer of the file belongs; ModelError when most have no module here."""
    addresses = family.keys.find(file.prefixes)
    unknown = sorted(prefix for prefix in file.prefixes if prefix not in addresses)
    if 2 * len(unknown) > len(file.prefixes):
        raise ModelError(
            f"{file.path.name} does not fit this base{_origin(family, file)}: {few(unknown)} have no module here."
        )
    text = [prefix for prefix in unknown if not family.spec.trains_text and is_text_only([prefix])]
    if text:
        _log.warning(
            "%s: its layers of text encoders are left out here (%s); ComfyUI has them.", file.path.name, few(text)
        )
    unread = [*(prefix for prefix in unknown if prefix not in text), *file.passed_over]
    if unread:
        _log.warning("%s: the base has no layer for %s; ComfyUI passes over them too.", file.path.name, few(unread))
    return addresses


def _origin(family: Family, file: LoraFile) -> str:
    """`, a LoRA for SDXL on SD 1.5` where the file tells that it is another family's."""
    theirs, ours = file.made_for, family.spec.title
    return f", being a LoRA for {theirs} while this is {ours}" if theirs and not ours.startswith(theirs) else ""


def _cut(
    family: Family, path: Path, layer: Layer, addresses: Sequence[str]
) -> Iterator[tuple[str, Mapping[str, Tensor]]]:
    if layer.kind not in APPLIED or "set_weight" in layer.tensors or "reshape_weight" in layer.tensors:
        words = ", ".join(sorted(layer.tensors))
        raise ModelError(
            f"{path.name} holds {layer.kind} in {layer.prefix} ({words}), which is not applied here; "
            f"{', '.join(APPLIED)} are. Draw with it in ComfyUI."
        )
    if len(addresses) == 1:
        yield addresses[0], layer.tensors
        return
    try:
        parts = split(layer.tensors, [weight_shape(family.outline(address))[0] for address in addresses])
    except ModelError as error:
        raise ModelError(f"{path.name} does not fit this base: of {layer.prefix}, {error}") from error
    for address, part in zip(addresses, parts, strict=True):
        # A file holds zeros for what did not learn of a fused layer.
        if len(part[DOWN]) or DORA in part:
            yield address, part


def _upright(shape: tuple[int, ...], tensors: LayerTensors) -> LayerTensors | None:
    """The tensors with A and B in the dimensions of the layer's weight: files hold 1 × 1 convolutions as matrices and
    the other way round. None when they do not fit it."""
    if DOWN in tensors and MID not in tensors:
        rank = len(tensors[DOWN])
        sizes = {DOWN: (rank, *shape[1:]), UP: (shape[0], rank, *[1] * (len(shape) - 2))}
        if any(tensors[name].numel() != prod(size) for name, size in sizes.items()):
            return None
        return {**tensors, **{name: tensors[name].reshape(size) for name, size in sizes.items()}}
    try:
        weight = torch.empty(shape, device="meta")
        made = change_of(
            {name: tensor if name == ALPHA else tensor.to("meta") for name, tensor in tensors.items()}, weight
        )
    except (RuntimeError, KeyError, IndexError, ValueError):
        return None
    return tensors if made.shape == weight.shape else None


def _shape(family: Family, address: str, tensors: LayerTensors) -> LayerShape:
    """Which layer holds these tensors: one that is trained here, or else one that makes the change whole."""
    is_plain = isinstance(bare(family.module(address)), torch.nn.Linear | torch.nn.Conv2d)
    names = set(tensors) - {ALPHA}
    if is_plain and {DOWN, UP} <= names <= {DOWN, UP, DORA}:
        rank = len(tensors[DOWN])
        alpha = float(tensors[ALPHA]) if ALPHA in tensors else float(rank)
        if DORA not in names or len(tensors[DORA]) == len(tensors[UP]):
            return LowRank(rank, alpha, is_dora=DORA in names)
    if is_plain and names in _LOKR:
        sizes = LokrLayer.sizes_of(tensors)
        return Kronecker(sizes, float(tensors[ALPHA]) if ALPHA in tensors else float(sizes.inner[-1][0]))
    return Whole()
