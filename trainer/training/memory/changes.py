"""The single change that makes a run fit, the least costly first.

The order is that of what a change costs: nothing that is learned, then time, then exactness of the frozen base, then
much time, then the pictures' size.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from ...recipe.buckets import Size
from ...recipe.memory import Memory
from ...recipe.recipe import Recipe
from .plan import MemoryPlan
from .planner import Planner

_LEAST_SWAPPED, _LEAST_SIDE = 3, 512
_FAST = (0.75, 0.5)
"""Of the resolution."""


@dataclass(frozen=True, kw_only=True)
class Change:
    """`words` say the settings as the recipe calls them."""

    words: str
    recipe: Recipe
    size: Size


def change_that_fits(planner: Planner, recipe: Recipe, free: int) -> Change | None:
    """The first with which the run needs at most `free` bytes in all; None where no single one does."""
    for change in _changes(planner, recipe, free):
        if planner.plan(change.recipe, change.size).needed <= free:
            return change
    return None


def _changes(planner: Planner, recipe: Recipe, free: int) -> Iterator[Change]:
    memory = recipe.memory

    def with_memory(words: str, **settings: Any) -> Change:
        return Change(words=words, recipe=replace(recipe, memory=replace(memory, **settings)), size=planner.size)

    for kind in ("int8", "nf4"):
        if memory.text_quantization == "none" and planner.packs_text:
            yield with_memory(f"text_quantization {kind}", text_quantization=kind)
    if can_precompute(planner, recipe):
        yield with_memory("precompute_modulation on", precompute_modulation=True)
    yield from _recomputing(planner, recipe, free, with_memory)
    batch = recipe.schedule.batch
    for fewer in (each for each in range(batch - 1, 0, -1) if batch % each == 0):
        steps = recipe.schedule.accumulation * batch // fewer
        schedule = replace(recipe.schedule, batch=fewer, accumulation=steps)
        words = f"batch {fewer} with accumulation {steps}"
        yield Change(words=words, recipe=replace(recipe, schedule=schedule), size=planner.size)
    if recipe.prior.images:
        yield Change(
            words="prior_images 0, with pictures of others of your own",
            recipe=replace(recipe, prior=replace(recipe.prior, images=0)),
            size=planner.size,
        )
    if recipe.optim.optimizer == "adamw":
        yield Change(
            words="optimizer adamw8bit",
            recipe=replace(recipe, optim=replace(recipe.optim, optimizer="adamw8bit")),
            size=planner.size,
        )
    if memory.precision == "fp32":
        yield with_memory("precision bf16", precision="bf16")
    if planner.spec.blocks:
        yield from _packing(memory, with_memory)
        yield from _swapping(planner, recipe, free, with_memory)
    yield from _smaller(planner, recipe)


With = Callable[..., Change]


def can_precompute(planner: Planner, recipe: Recipe) -> bool:
    """Whether layers that read the time alone can still leave the GPU."""
    modulation = planner.spec.modulation
    return bool(
        modulation and not recipe.memory.precompute_modulation and recipe.lora.targets not in modulation.targets
    )


def _recomputing(planner: Planner, recipe: Recipe, free: int, with_memory: With) -> Iterator[Change]:
    """As few blocks as will do, where not all of them do so already."""
    memory = recipe.memory
    if memory.gradient_checkpointing and not memory.checkpointed_blocks:
        return
    everything = with_memory("", gradient_checkpointing=True, checkpointed_blocks=0)
    plan = planner.plan(everything.recipe)
    count = len(plan.step.blocks)
    fewest = max(plan.fewest(free), memory.swapped_blocks)
    word = "" if memory.gradient_checkpointing else "gradient_checkpointing on"
    if planner.spec.blocks and 0 < fewest < count:
        words = " with ".join(filter(None, (word, f"checkpointed_blocks {fewest}")))
        yield with_memory(words, gradient_checkpointing=True, checkpointed_blocks=fewest)
    yield replace(everything, words=word or "checkpointed_blocks 0, so that all recompute")


def _packing(memory: Memory, with_memory: With) -> Iterator[Change]:
    kinds = {"none": ("int8_w8a8", "int8", "nf4"), "nf4": ()}.get(memory.quantization, ("nf4",))
    for kind in kinds:
        yield with_memory(f"quantization {kind}", quantization=kind)
    if memory.gradient_checkpointing and not memory.offload_activations:
        yield with_memory("offload_activations on", offload_activations=True)


def _swapping(planner: Planner, recipe: Recipe, free: int, with_memory: With) -> Iterator[Change]:
    """As few blocks as will do."""
    if not recipe.memory.gradient_checkpointing:
        return
    plan: MemoryPlan = planner.plan(recipe)
    most = recipe.memory.checkpointed_blocks or len(plan.step.blocks)
    low, high = max(_LEAST_SWAPPED, recipe.memory.swapped_blocks + 1), most
    if low > high:
        return
    while low < high:
        middle = (low + high) // 2
        is_enough = planner.plan(with_memory("", swapped_blocks=middle).recipe).needed <= free
        low, high = (low, middle) if is_enough else (middle + 1, high)
    yield with_memory(f"swapped_blocks {low} (slower)", swapped_blocks=low)


def _smaller(planner: Planner, recipe: Recipe) -> Iterator[Change]:
    buckets = recipe.buckets
    for share in _FAST:
        side = int(buckets.resolution * share) // buckets.step * buckets.step
        if side < min(_LEAST_SIDE, buckets.resolution):
            return
        size = tuple(max(buckets.step, int(each * share) // buckets.step * buckets.step) for each in planner.size)
        smaller = replace(buckets, resolution=side, also=(), shortest=min(buckets.shortest, side))
        yield Change(words=f"resolution {side}", recipe=replace(recipe, buckets=smaller), size=(size[0], size[1]))
