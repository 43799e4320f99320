"""What a LoRA on Z-Image may be called in a file."""

from collections.abc import Mapping

from ..flow.native import Native
from ..flow.native_keys import DIFFUSERS, SAVED, Members, NativeKeys
from .names import native


class ZImageKeys(NativeKeys):
    """Z-Image's KeyLayout. Names of diffusers' layers behind `lora_unet_` are not among those that ComfyUI reads."""

    def native(self, name: str) -> Native:
        return native(name)

    def theirs(self, name: str) -> Mapping[str, Members]:
        flat = name.replace(".", "_")
        return dict.fromkeys((SAVED + name, DIFFUSERS + name, name, f"lycoris_{flat}"), (name,))

    def kinds(self) -> tuple[type, ...]:
        from diffusers.models.normalization import RMSNorm

        return (*super().kinds(), RMSNorm)
