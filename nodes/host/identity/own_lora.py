"""The LoRA that an adapter's file brings (FaceID), as ordinary patches of the MODEL's weights."""

from typing import Any

import comfy.lora

from ....trainer.errors import ModelError, few
from ....trainer.identity.adapter import Adapter


def add_own_lora(model: Any, adapter: Adapter, strength: float) -> None:
    """On this MODEL, a copy; nothing where the file brings none or `strength` is 0."""
    patches = adapter.weight_patches()
    if not patches or strength == 0:
        return
    tensors: dict[str, Any] = {}
    for name, (down, up) in patches.items():
        layer = _layer(name)
        tensors |= {f"{layer}.lora_down.weight": down, f"{layer}.lora_up.weight": up}
    known = comfy.lora.model_lora_keys_unet(model.model, {})
    if lacking := [name for name in patches if _layer(name) not in known]:
        raise ModelError(
            f"{adapter.path.name} does not fit this model, which has no {few(lacking, 2)}: connect a model of the "
            "family that it was made for."
        )
    model.add_patches(comfy.lora.load_lora(tensors, known), strength)


def _layer(name: str) -> str:
    """What LoRA files call the layer of a weight of diffusers' UNet."""
    return "lora_unet_" + name.removesuffix(".weight").replace(".", "_")
