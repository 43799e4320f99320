"""Where a base's parts rest, in which precision, and the one hand that moves them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import torch

from ..recipe.memory import Memory, Precision, Quantization

_DTYPES: Mapping[Precision, torch.dtype] = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}


@dataclass(frozen=True, kw_only=True)
class Residence:
    """`precision` is the denoiser's and its activations'; `gradient_checkpointing` recomputes activations in the
    backward pass: less memory, about a third more time. The rest is as `Memory` has it."""

    device: str = "cpu"
    precision: Precision = "fp32"
    gradient_checkpointing: bool = False
    quantization: Quantization = "none"
    text_quantization: Quantization = "none"
    swapped_blocks: int = 0
    checkpointed_blocks: int = 0
    offload_activations: bool = False
    precompute_modulation: bool = False
    keep_attention: bool = False

    @classmethod
    def of(cls, memory: Memory, device: str) -> "Residence":
        """As a recipe wants it."""
        return cls(
            device=device,
            precision=memory.precision,
            gradient_checkpointing=memory.gradient_checkpointing,
            quantization=memory.quantization,
            text_quantization=memory.text_quantization,
            swapped_blocks=memory.swapped_blocks,
            checkpointed_blocks=memory.checkpointed_blocks,
            offload_activations=memory.offload_activations,
            precompute_modulation=memory.precompute_modulation,
            keep_attention=memory.keep_attention,
        )

    @property
    def dtype(self) -> torch.dtype:
        return _DTYPES[self.precision]

    @property
    def is_special(self) -> bool:
        """Whether weights lie or rest otherwise than whole on the device."""
        return self != Residence(
            device=self.device,
            precision=self.precision,
            gradient_checkpointing=self.gradient_checkpointing,
            keep_attention=self.keep_attention,
        )


Move = Callable[[Any, torch.device], None]
"""Takes a part to a device, as far as it does not rest elsewhere."""


class Residents:
    """The parts of one loaded base. Each loads when first used, outside of the host's inference mode.

    A part with a way of its own among `moves` is taken to the device in that way."""

    def __init__(
        self, device: torch.device, load: Mapping[str, Callable[[], Any]], moves: Mapping[str, Move] | None = None
    ) -> None:
        self._device = device
        self._moves = moves or {}
        self._load = load
        self._parts: dict[str, Any] = {}
        self._here: set[str] = set()
        self._resting: set[str] = set()

    def get(self, part: str) -> Any:
        """The part on the device."""
        if part not in self._parts:
            with torch.inference_mode(False):
                self._parts[part] = self._load[part]()
        if part not in self._here:
            self._here.add(part)
            self._move(part, self._device)
        return self._parts[part]

    def holds(self, part: str) -> bool:
        """Whether the part is loaded."""
        return part in self._parts

    def rest(self, part: str) -> None:
        """Take a part off the device, now and after each further use that ends with `leave`."""
        self._resting.add(part)
        self.leave(part)

    def leave(self, part: str) -> None:
        """A use of the part has ended."""
        if part in self._resting and part in self._here:
            self._here.remove(part)
            self._move(part, torch.device("cpu"))

    def _move(self, part: str, device: torch.device) -> None:
        if part in self._moves:
            self._moves[part](self._parts[part], device)
        else:
            self._parts[part].to(device)

    def drop(self, part: str) -> None:
        """Forget a part; it loads again when it is used again."""
        self._here.discard(part)
        self._parts.pop(part, None)
