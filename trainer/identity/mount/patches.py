"""The LoRA that an adapter's file brings beside its attention (FaceID), as layers at a family's addresses."""

from collections.abc import Mapping

import torch
from torch import Tensor

from ...errors import ModelError
from ...families.family import Family
from ...families.key_layout import ALPHA, DOWN, UP
from ...lora.layers.build import LayerShape, build_layers
from ...lora.layers.layer import AdapterState, LowRank
from ...lora.mount import MountedLora, attach


@torch.inference_mode(False)
@torch.no_grad()
def mount_patches(
    family: Family, patches: Mapping[str, tuple[Tensor, Tensor]], strength: float, name: str
) -> MountedLora:
    """`strength` × up · down beside each weight that `patches` names as diffusers does; ModelError where one does not
    fit the base."""
    wanted: dict[str, tuple[torch.nn.Module, LayerShape]] = {}
    tensors: dict[str, Mapping[str, Tensor]] = {}
    for weight, (down, up) in patches.items():
        address = f"{family.spec.denoiser}.{weight.removesuffix('.weight')}"
        rank = len(down)
        try:
            wanted[address] = (family.module(address), LowRank(rank, float(rank)))
        except AttributeError as why:
            raise ModelError(f"{name} does not fit this base, which has no {weight}; choose another adapter.") from why
        tensors[address] = {DOWN: down, UP: up, ALPHA: torch.tensor(float(rank))}
    layers = build_layers(wanted, AdapterState(), strength)
    for address, layer in layers.items():
        try:
            layer.load(tensors[address])
        except (ValueError, RuntimeError) as why:
            raise ModelError(f"{name} does not fit this base: of {address} {why}; choose another adapter.") from why
        layer.module.requires_grad_(False)
    attach(family, layers)
    return MountedLora(family, layers)
