"""The LoRA that an adapter's file brings (FaceID), as ordinary patches of the MODEL's weights."""

from collections.abc import Mapping
from typing import Any

import comfy.lora
from torch import Tensor

from ....trainer.errors import ModelError, few
from ..adapter_files import OF_ADAPTER


def add_own_lora(model: Any, patches: Mapping[str, tuple[Tensor, Tensor]], name: str) -> None:
    """On this MODEL, a copy: down and up by diffusers' name of the weight. `name` is the file's."""
    if not patches:
        return
    tensors: dict[str, Any] = {}
    for weight, (down, up) in patches.items():
        layer = _layer(weight)
        tensors |= {f"{layer}.lora_down.weight": down, f"{layer}.lora_up.weight": up}
    known = comfy.lora.model_lora_keys_unet(model.model, {})
    if lacking := [weight for weight in patches if _layer(weight) not in known]:
        raise ModelError(
            f"{name} does not fit this model, which has no {few(lacking, 2)}: connect a model of the "
            "family that it was made for."
        )
    loaded = comfy.lora.load_lora(tensors, known)
    for patch in loaded.values():
        setattr(patch, OF_ADAPTER, True)
    model.add_patches(loaded)


def _layer(weight: str) -> str:
    """What LoRA files call the layer of a weight of diffusers' UNet."""
    return "lora_unet_" + weight.removesuffix(".weight").replace(".", "_")
