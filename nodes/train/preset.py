"""Recipes by the names that widgets offer them by."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...trainer.errors import RecipeError
from ...trainer.recipe.presets import PRESETS, fitting_preset
from .._api import io

if TYPE_CHECKING:
    from ...trainer.families.base import Base
    from ...trainer.recipe.recipe import Recipe

DEMO = "Demo"
FITTING = "the one that fits the base"


def preset_input() -> Any:
    """The widget of a node that takes a recipe's wire or a preset."""
    return io.Combo.Input(
        "preset",
        options=[FITTING, DEMO, *PRESETS],
        default=FITTING,
        optional=True,
        tooltip=(
            "How to train when no recipe is wired. What fits is Demo on a demo base, and else the guide's numbers "
            "for the base's family. Wire Choose training recipe to change numbers."
        ),
    )


def preset_recipe(name: str) -> Recipe:
    """The recipe of a preset; RecipeError for a name there is none of."""
    if name == DEMO:
        from ...trainer.demo.settings import demo_recipe

        return demo_recipe()
    if name not in PRESETS:
        raise RecipeError(f"There is no preset {name[:60]!r}; pick one of the list.")
    return PRESETS[name].recipe


def recipe_for(base: Base, wired: Recipe | None, preset: str) -> Recipe:
    """The wired recipe, else the preset's; RecipeError when none fits the base."""
    if wired is not None:
        return wired
    if preset not in (FITTING, DEMO):
        return preset_recipe(preset)
    from ...trainer.demo.assets import demo_family
    from ...trainer.demo.settings import demo_recipe

    family = demo_family(base)
    if family is not None:
        return demo_recipe(family=family)
    return preset_recipe(DEMO if preset == DEMO else fitting_preset(base.family))
