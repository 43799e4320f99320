"""What a LoRA on FLUX.1 may be called in a file."""

from collections.abc import Mapping

from ..flow.native import Native
from ..flow.native_keys import DIFFUSERS, Members, NativeKeys
from .names import aliases, native, native_aliases


class FluxKeys(NativeKeys):
    """FLUX.1's KeyLayout."""

    def native(self, name: str) -> Native | None:
        return native(name)

    def theirs(self, name: str) -> Mapping[str, Members]:
        named = {name: (name,), **aliases(name)}
        return {prefix: members for theirs, members in named.items() for prefix in diffusers_prefixes(theirs)}

    def pieces(self, whole: Native) -> Mapping[str, Members]:
        return native_aliases(whole)


def diffusers_prefixes(name: str) -> tuple[str, ...]:
    """Of a layer's name: diffusers', without a root, SimpleTuner's, OneTrainer's."""
    flat = name.replace(".", "_")
    return (DIFFUSERS + name, name, f"lycoris_{flat}", f"lora_transformer_{flat}")
