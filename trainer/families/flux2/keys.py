"""What a LoRA on FLUX.2 may be called in a file."""

from collections.abc import Mapping

from ..flow.native import Native
from ..flow.native_keys import DIFFUSERS, Members, NativeKeys
from .names import native, read_names


class Flux2Keys(NativeKeys):
    """FLUX.2's KeyLayout."""

    def native(self, name: str) -> Native | None:
        return native(name)

    def theirs(self, name: str) -> Mapping[str, Members]:
        flat = {read: read.replace(".", "_") for read in read_names(name)}
        spelled = ((DIFFUSERS + n, n, f"lycoris_{low}", f"lora_transformer_{low}") for n, low in flat.items())
        return {prefix: (name,) for prefixes in spelled for prefix in prefixes}
