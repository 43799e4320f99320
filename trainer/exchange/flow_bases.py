"""Settings of flow bases and of little memory, for trainers that have no words for them."""

from collections.abc import Collection
from dataclasses import fields

from ..recipe.flow import Flow
from ..recipe.memory import Memory
from ..recipe.recipe import Recipe
from .keys import Left, left_out

TARGETS = ("all", "double_blocks", "single_blocks")
"""Layers that only such bases have."""
MEMORY = (
    *("quantization", "text_quantization", "swapped_blocks", "checkpointed_blocks", "offload_activations"),
    "precompute_modulation",
)


def is_for_flow(recipe: Recipe) -> bool:
    """Whether it says something that other bases refuse."""
    return recipe.lora.targets in TARGETS or recipe.flow != Flow()


def of_flow_bases(recipe: Recipe, written: Collection[str] = ()) -> list[Left]:
    """All such settings that are not as they are without, but those of memory that are written."""
    found = {
        f"flow.{each.name}": (getattr(recipe.flow, each.name) != each.default, "left out: for flow bases")
        for each in fields(Flow)
    }
    plain = {each.name: each.default for each in fields(Memory)}
    found |= {
        f"memory.{name}": (getattr(recipe.memory, name) != plain[name], "left out")
        for name in MEMORY
        if name not in written
    }
    return left_out(recipe, found)
