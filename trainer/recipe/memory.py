"""What a run costs in memory, and whether a GPU repeats it bit for bit."""

from dataclasses import dataclass
from typing import Literal

from .choices import is_choice, options

Precision = Literal["fp32", "bf16", "fp16"]
CacheKind = Literal["disk", "memory"]


@dataclass(frozen=True, kw_only=True)
class Memory:
    """`precision` of the frozen base and its activations; the LoRA, its moments and the loss are fp32 always.

    `cache` "disk" keeps latents and text by content in the run's folder and reads them when they are shown; "memory"
    writes nothing and encodes again when resumed. `deterministic` makes a GPU repeat itself, about a third slower; a
    processor always does.
    """

    precision: Precision = "bf16"
    gradient_checkpointing: bool = True
    cache: CacheKind = "disk"
    deterministic: bool = False


def memory_faults(memory: Memory) -> list[tuple[bool, str]]:
    """Whether each rule is broken, and what to say then."""
    return [
        (not is_choice(memory.precision, Precision), f"precision is {memory.precision!r}; use {options(Precision)}."),
        (not is_choice(memory.cache, CacheKind), f"cache is {memory.cache!r}; use {options(CacheKind)}."),
    ]
