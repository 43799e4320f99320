"""The fastest settings with which a run fits a card.

The largest precision that fits while all blocks recompute; then as few as fit; then larger batches in place of
accumulation, so that an update sees as many pictures as before. What makes the base less exact comes after what does
not, and swapping last.
"""

from collections.abc import Iterator
from dataclasses import replace

from ...recipe.memory import Memory, Quantization
from ...recipe.recipe import Recipe
from .changes import can_precompute
from .planner import Planner

CARDS = (6, 8, 12, 16, 24)
"""GB, as cards are sold."""
_OURS = 0.98
_TEXT: tuple[Quantization, ...] = ("none", "int8", "nf4")
_KINDS: tuple[Quantization, ...] = ("none", "int8_w8a8", "int8", "nf4")
"""The fastest of each size first."""
_SWAPPED = (0.25, 0.5, 0.75, 1.0)
"""Shares of the blocks."""


def usable(card: int) -> int:
    """Bytes of a card of so many GB that a run may take."""
    return round(card * 10**9 * _OURS)


def solved(planner: Planner, recipe: Recipe, free: int) -> Recipe | None:
    """The recipe with other settings of memory and batch, in at most `free` bytes; None where none will do."""
    for tried in _ladder(planner, recipe):
        if planner.plan(tried).training > free:
            continue
        for kind in _TEXT if planner.packs_text else _TEXT[:1]:
            found = replace(tried, memory=replace(tried.memory, text_quantization=kind))
            if planner.plan(found).needed <= free:
                return _faster(planner, found, free)
    return None


def _ladder(planner: Planner, recipe: Recipe) -> Iterator[Recipe]:
    """All of whose blocks recompute, one picture at a time, the most exact first."""
    whole = recipe.schedule.batch * recipe.schedule.accumulation
    kept = recipe.memory
    plain = Memory(precision="bf16", cache=kept.cache, deterministic=kept.deterministic, gradient_checkpointing=True)
    start = replace(recipe, memory=plain, schedule=replace(recipe.schedule, batch=1, accumulation=whole))
    kinds: tuple[Quantization, ...] = _KINDS if planner.spec.blocks else _KINDS[:1]
    last = start
    for kind in kinds:
        last = replace(start, memory=replace(plain, quantization=kind))
        yield last
        if can_precompute(planner, last):
            last = replace(last, memory=replace(last.memory, precompute_modulation=True))
            yield last
    if not planner.spec.blocks:
        return
    count = len(planner.plan(last).step.blocks)
    for share in _SWAPPED:
        last = replace(last, memory=replace(last.memory, swapped_blocks=max(3, round(count * share))))
        yield last
    yield replace(last, memory=replace(last.memory, offload_activations=True))


def _faster(planner: Planner, recipe: Recipe, free: int) -> Recipe:
    """With what is left spent on speed."""
    memory = recipe.memory
    if memory.swapped_blocks:
        return recipe
    plan = planner.plan(recipe)
    fewest = plan.fewest(free)
    if fewest > 0 and planner.spec.blocks:
        fewest = 0 if fewest == len(plan.step.blocks) else fewest
        return replace(recipe, memory=replace(memory, checkpointed_blocks=fewest))
    free_of_it = replace(recipe, memory=replace(memory, gradient_checkpointing=False))
    if planner.plan(free_of_it).needed > free:
        return recipe
    return next(
        (each for each in _batches(free_of_it) if planner.plan(each).needed <= free),
        free_of_it,
    )


def _batches(recipe: Recipe) -> Iterator[Recipe]:
    """Larger ones, the largest first, that make up the same update."""
    whole = recipe.schedule.accumulation
    for batch in range(whole, 1, -1):
        if whole % batch == 0:
            yield replace(recipe, schedule=replace(recipe.schedule, batch=batch, accumulation=whole // batch))


def settings_in_words(recipe: Recipe | None) -> str:
    """What a solved recipe has of its own, as the fields are called."""
    if recipe is None:
        return "too small"
    memory = recipe.memory
    said = [
        (memory.quantization != "none", f"quantization {memory.quantization}"),
        (memory.text_quantization != "none", f"text_quantization {memory.text_quantization}"),
        (memory.precompute_modulation, "precompute_modulation"),
        (memory.checkpointed_blocks > 0, f"{memory.checkpointed_blocks} checkpointed_blocks"),
        (not memory.gradient_checkpointing, "no gradient_checkpointing"),
        (memory.swapped_blocks > 0, f"{memory.swapped_blocks} swapped_blocks"),
        (memory.offload_activations, "offload_activations"),
        (recipe.schedule.batch > 1, f"batch {recipe.schedule.batch}"),
    ]
    words = [words for is_set, words in said if is_set]
    return ", ".join(words) if words else "nothing packed, all blocks recomputed"
