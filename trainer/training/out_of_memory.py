"""What to change when a device's memory is full, the mildest help first."""

from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager

import torch

from ..errors import RunError
from ..families.spec import FamilySpec
from ..recipe.recipe import Recipe

_MANY = 24
"""Swapped blocks of which more help little: two are on the device always, and what lies outside of them."""


@contextmanager
def explain_out_of_memory(
    recipe: Recipe, device: str, spec: FamilySpec | None = None, change: Callable[[], str] | None = None
) -> Generator[None]:
    """RunError in place of a device's own words when its memory is full, whatever was under way; `change` plans the
    single change that makes it fit."""
    try:
        yield
    except torch.OutOfMemoryError as fault:
        raise out_of_memory(recipe, device, spec, change() if change else "") from fault


def out_of_memory(recipe: Recipe, device: str, spec: FamilySpec | None = None, planned: str = "") -> RunError:
    """The error that ends a run whose step did not fit; checkpoints and state of the last save are whole. What was
    `planned` to help is said in place of what helps as a rule."""
    helps = f"What makes it fit, by the plan: {planned}" if planned else f"What helps: {_usual(recipe, spec)}"
    return RunError(
        f"The memory of {device} is full with batch {recipe.schedule.batch} at {recipe.buckets.resolution} px. "
        f"{helps}. What was saved is whole; the changed recipe needs a new run name."
    )


def _usual(recipe: Recipe, spec: FamilySpec | None) -> str:
    return ", then ".join(_helps(recipe, spec)[:2])


def _helps(recipe: Recipe, spec: FamilySpec | None) -> list[str]:
    schedule, memory, resolution = recipe.schedule, recipe.memory, recipe.buckets.resolution
    found: list[str] = []
    if not memory.gradient_checkpointing:
        found.append("gradient_checkpointing on (a third slower)")
    if memory.precision == "fp32":
        found.append("precision bf16 in place of fp32")
    if spec is not None and spec.blocks:
        found += _of_blocks(recipe, spec)
    if schedule.batch > 1:
        found.append(f"batch 1 with accumulation {schedule.batch * schedule.accumulation}")
    if recipe.prior.output_weight:
        found.append("prior_images in place of output_preservation")
    if recipe.text.encoder_lr:
        found.append("text_encoder_lr 0, which takes the text encoders off the device")
    if resolution > 512:
        found.append(f"resolution {max(512, resolution * 3 // 4 // 64 * 64)}")
    if recipe.optim.optimizer == "adamw":
        found.append("optimizer adamw8bit")
    if recipe.lora.rank > 16:
        found.append("rank 16")
    return found or ["closing other programs that use the device", "a smaller base model"]


def _of_blocks(recipe: Recipe, spec: FamilySpec) -> Iterator[str]:
    """What a base of blocks can do besides."""
    memory, modulation = recipe.memory, spec.modulation
    if memory.checkpointed_blocks:
        yield "checkpointed_blocks 0, so that all recompute"
    if memory.quantization != "nf4":
        yield f"quantization {'nf4' if memory.quantization in ('int8', 'fp8') else 'int8'}"
    if memory.text_quantization == "none" and memory.quantization != "none":
        yield "text_quantization int8, if it was while captions were encoded"
    if modulation and not memory.precompute_modulation and recipe.lora.targets not in modulation.targets:
        yield "precompute_modulation on"
    if not memory.offload_activations:
        yield "offload_activations on"
    if memory.swapped_blocks < _MANY:
        yield f"{memory.swapped_blocks + 8} swapped_blocks (slower)"
