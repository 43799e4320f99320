"""What a run costs in memory and time, and whether a GPU repeats it bit for bit."""

from dataclasses import dataclass
from typing import Literal

from .choices import is_choice, options

Precision = Literal["fp32", "bf16", "fp16"]
CacheKind = Literal["disk", "memory"]
Quantization = Literal["none", "nf4", "int8", "fp8", "int8_w8a8"]
Compile = Literal["auto", "on", "off"]
SAME_RESULT = (
    *("gradient_checkpointing", "checkpointed_blocks", "checkpoint_as_needed", "keep_attention"),
    *("offload_activations", "swapped_blocks", "compile"),
)
"""Settings of where and how the same is computed: a run goes on with others, as it goes on with another device."""


@dataclass(frozen=True, kw_only=True)
class Memory:
    """`precision` of the frozen base and its activations; the LoRA, its moments and the loss are fp32 always.

    `cache` "disk" keeps latents and text by content in the run's folder and reads them when they are shown; "memory"
    writes nothing and encodes again when resumed. `deterministic` makes a GPU repeat itself, about a third slower; a
    processor always does.

    `quantization` is of the frozen denoiser's weights ("nf4": 4 bits, "int8" and "fp8": 8, "int8_w8a8": 8, multiplied
    as they are), `text_quantization` of the text encoders' while captions are encoded. `swapped_blocks` of the denoiser
    rest in the computer's memory and come to the GPU when they are used. With checkpointing, `checkpointed_blocks`
    above 0 recompute their activations and the others keep them (0: all recompute); `offload_activations` keeps what
    lies between blocks in the computer's memory. `precompute_modulation` leaves layers that only read the time, where
    they learn nothing, off the GPU.

    `checkpoint_as_needed` lets as few blocks recompute as the device's free memory demands, `keep_attention` spares
    those that do the second pass through attention: its answers are kept. `compile` makes kernels of the denoiser's
    blocks: "auto" on a GPU that can, in a run that is long enough to win the time back. None of the three changes what
    is learned.
    """

    precision: Precision = "bf16"
    gradient_checkpointing: bool = True
    cache: CacheKind = "disk"
    deterministic: bool = False
    quantization: Quantization = "none"
    text_quantization: Quantization = "none"
    swapped_blocks: int = 0
    checkpointed_blocks: int = 0
    offload_activations: bool = False
    precompute_modulation: bool = False
    compile: Compile = "auto"
    keep_attention: bool = False
    checkpoint_as_needed: bool = False


def memory_faults(memory: Memory) -> list[tuple[bool, str]]:
    """Whether each rule is broken, and what to say then."""
    return [
        (not is_choice(memory.precision, Precision), f"precision is {memory.precision!r}; use {options(Precision)}."),
        (not is_choice(memory.cache, CacheKind), f"cache is {memory.cache!r}; use {options(CacheKind)}."),
        *[
            (not is_choice(word, Quantization), f"{name} is {word!r}; use {options(Quantization)}.")
            for name, word in (
                ("quantization", memory.quantization),
                ("text_quantization", memory.text_quantization),
            )
        ],
        (memory.swapped_blocks < 0, f"swapped_blocks is {memory.swapped_blocks}; use 0 for none."),
        (memory.checkpointed_blocks < 0, f"checkpointed_blocks is {memory.checkpointed_blocks}; use 0 for all."),
        (
            0 < memory.swapped_blocks < 3,
            f"swapped_blocks is {memory.swapped_blocks}; two are on the GPU at any time, so use 3 or more, or 0.",
        ),
        (
            0 < memory.checkpointed_blocks < memory.swapped_blocks,
            f"checkpointed_blocks is {memory.checkpointed_blocks} with {memory.swapped_blocks} swapped_blocks, which "
            "all recompute; use as many or more, or 0 for all.",
        ),
        (
            not memory.gradient_checkpointing and (memory.swapped_blocks > 0 or memory.offload_activations),
            "swapped_blocks and offload_activations need gradient_checkpointing, which is off; switch it on.",
        ),
        (not is_choice(memory.compile, Compile), f"compile is {memory.compile!r}; use {options(Compile)}."),
        (
            not memory.gradient_checkpointing and (memory.keep_attention or memory.checkpoint_as_needed),
            "keep_attention and checkpoint_as_needed need gradient_checkpointing, which is off; switch it on.",
        ),
        (
            memory.keep_attention and memory.swapped_blocks > 0,
            f"keep_attention is on with {memory.swapped_blocks} swapped_blocks, which come between what is kept and "
            "what is made anew; switch it off, or use 0 for no swapped_blocks.",
        ),
        (
            memory.checkpoint_as_needed and (memory.checkpointed_blocks > 0 or memory.swapped_blocks > 0),
            "checkpoint_as_needed chooses how many blocks recompute, but checkpointed_blocks is "
            f"{memory.checkpointed_blocks} and swapped_blocks {memory.swapped_blocks}; set both to 0, or switch it "
            "off.",
        ),
    ]
