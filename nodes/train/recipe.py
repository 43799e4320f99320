"""The Training recipe node: a preset and the few numbers that matter."""

from typing import Any

from ...trainer.recipe.optim import OWN_CURVES, OWN_NUMBERS
from ...trainer.recipe.recipe import Recipe
from .._api import io
from ..checked import checked
from ..sockets import RECIPE
from .preset import preset_recipe
from .recipe_widgets import WIDGETS, recipe_inputs


@checked
class TrainingRecipe(io.ComfyNode):
    """A preset, with numbers of one's own where they are not 0."""

    @classmethod
    def define_schema(cls) -> Any:
        return io.Schema(
            node_id="LikenessTrainingRecipe",
            display_name="Choose training recipe",
            category="Likeness/3 Train",
            description=(
                "How to train. Pick the preset that fits the base model; every number left at 0 (or -1) stays as the "
                "preset says. Settings that cannot work together are refused when the node runs, all at once."
            ),
            search_aliases=["preset", "learning rate", "rank", "steps", "hyperparameters", "training settings", "dim"],
            inputs=recipe_inputs(),
            outputs=[RECIPE.Output(display_name="recipe", tooltip="For Train character LoRA.")],
        )

    @classmethod
    def execute(cls, preset: str, **numbers: Any) -> Any:
        return io.NodeOutput(changed(preset_recipe(preset), **numbers))


def changed(recipe: Recipe, **numbers: Any) -> Recipe:
    """`recipe` with every number that is not left to it; RecipeError names all that cannot go together.

    Some numbers bring others along, where those are left to the preset: a new rank an alpha of half of it, an
    optimizer the numbers and the curve it needs, debiased weights no min-SNR, fewer steps a shorter warmup.
    """
    data = recipe.to_json()
    chosen = {widget.name: widget.chosen(numbers.get(widget.name, widget.unset)) for widget in WIDGETS}
    told = {name for name, value in chosen.items() if value is not None}
    _bring_along(data, chosen, told)
    for widget in WIDGETS:
        if widget.name in told:
            part = data[widget.part] if widget.part else data
            part[widget.field] = chosen[widget.name]
    if "sample_prompts" in told:
        lines = [line.strip() for line in chosen["sample_prompts"].splitlines()]
        data["output"]["samples"] = [line for line in lines if line] or recipe.to_json()["output"]["samples"]
    return Recipe.from_json(data)


def _bring_along(data: dict[str, Any], chosen: dict[str, Any], told: set[str]) -> None:
    if "rank" in told:
        data["lora"]["alpha"] = chosen["rank"] / 2
    if "optimizer" in told:
        data["optim"].update(OWN_NUMBERS.get(chosen["optimizer"], {}))
        data["schedule"]["curve"] = OWN_CURVES.get(chosen["optimizer"], data["schedule"]["curve"])
    if chosen["debiased"]:
        data["loss"]["min_snr_gamma"] = 0.0
    if "steps" in told:
        data["schedule"]["warmup"] = min(data["schedule"]["warmup"], chosen["steps"] - 1)
    if "resolution" in told:
        buckets = data["buckets"]
        buckets["shortest"] = min(buckets["shortest"], chosen["resolution"])
        buckets["longest"] = max(buckets["longest"], chosen["resolution"])
