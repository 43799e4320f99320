"""The Training recipe node: a preset and the few numbers that matter."""

from dataclasses import dataclass
from typing import Any

from ...trainer.recipe.optim import OWN_CURVES, OWN_NUMBERS
from ...trainer.recipe.recipe import Recipe
from .._api import io
from ..checked import checked
from ..panel.budget import words_of
from ..sockets import RECIPE
from .preset import preset_recipe
from .recipe_widgets import WIDGET_OF, WIDGETS, recipe_inputs


@checked
class TrainingRecipe(io.ComfyNode):
    """A preset, with numbers of one's own where they are told."""

    @classmethod
    def define_schema(cls) -> Any:
        return io.Schema(
            node_id="LikenessTrainingRecipe",
            display_name="Choose training recipe",
            category="Likeness/3 Train",
            description=(
                "How to train. Pick the preset that fits the base model: every widget shows what will be used, and "
                "those you do not touch follow the preset. Settings that cannot work together are refused when the "
                "node runs, all at once."
            ),
            search_aliases=[
                "preset",
                "learning rate",
                "rank",
                "network dim",
                "dim",
                "steps",
                "epochs",
                "optimizer",
                "hyperparameters",
                "training settings",
                "training config",
                "lora settings",
                "low vram",
            ],
            has_intermediate_output=True,
            inputs=recipe_inputs(),
            outputs=[
                RECIPE.Output(display_name="recipe", tooltip="How to train, for Train character LoRA and Plan run.")
            ],
        )

    @classmethod
    def execute(cls, preset: str, **numbers: Any) -> Any:
        recipe = changed(preset_recipe(preset), **numbers)
        return io.NodeOutput(recipe, ui={"text": words_of(f"{preset}: {_said(recipe)}")})


def _said(recipe: Recipe) -> str:
    data = recipe.to_json()
    rank, steps, rate = (WIDGET_OF[name].of(data) for name in ("rank", "steps", "learning_rate"))
    return f"{steps} steps, rank {rank}, learning rate {rate:g}."


def changed(recipe: Recipe, **numbers: Any) -> Recipe:
    """`recipe` with every number that is not left to it; RecipeError names all that cannot go together."""
    return Recipe.from_json(settled(recipe, numbers).data)


@dataclass(frozen=True)
class Settled:
    """A recipe's data with the widgets' values in it, unchecked, and who decided: `brought` names widget by widget."""

    data: dict[str, Any]
    told: frozenset[str]
    brought: dict[str, str]


def settled(recipe: Recipe, numbers: dict[str, Any]) -> Settled:
    """The one rule of what is used: what is told, else what that brings along, else `recipe`.

    Some numbers bring others along, where those are left to the preset: a new rank an alpha of the same share of it,
    an optimizer the numbers and the curve it needs, debiased weights no min-SNR, fewer steps a shorter warmup, a warmup
    in steps none by share.
    """
    data = recipe.to_json()
    chosen = {widget.name: widget.chosen(numbers.get(widget.name, widget.unset)) for widget in WIDGETS}
    told = frozenset(name for name, value in chosen.items() if value is not None)
    brought: dict[str, str] = {}
    for name, (value, by) in _brought_along(data, chosen, told).items():
        if name not in told and value != WIDGET_OF[name].of(data):
            WIDGET_OF[name].put(data, value)
            brought[name] = by
    for name in told:
        WIDGET_OF[name].put(data, chosen[name])
    if "sample_prompts" in told:
        lines = [line.strip() for line in chosen["sample_prompts"].splitlines()]
        data["output"]["samples"] = [line for line in lines if line] or recipe.to_json()["output"]["samples"]
    return Settled(data, told, brought)


def _brought_along(data: dict[str, Any], chosen: dict[str, Any], told: frozenset[str]) -> dict[str, tuple[Any, str]]:
    """By widget: the value that another widget's brings, and that widget's name."""
    brought: dict[str, tuple[Any, str]] = {}
    if "rank" in told:
        brought["alpha"] = (chosen["rank"] * data["lora"]["alpha"] / data["lora"]["rank"], "rank")
    if "optimizer" in told:
        numbers = OWN_NUMBERS.get(chosen["optimizer"], {})
        brought |= {_widget_of("optim", field): (value, "optimizer") for field, value in numbers.items()}
        if chosen["optimizer"] in OWN_CURVES:
            brought["schedule"] = (OWN_CURVES[chosen["optimizer"]], "optimizer")
    if chosen["debiased"]:
        brought["min_snr_gamma"] = (0.0, "debiased")
    if "steps" in told:
        brought["warmup"] = (min(data["schedule"]["warmup"], chosen["steps"] - 1), "steps")
    if "warmup" in told and data["schedule"]["warmup_share"]:
        brought["warmup_share"] = (0.0, "warmup")
    if "text_encoder_steps" in told and data["text"]["encoder_share"]:
        brought["text_encoder_share"] = (0.0, "text_encoder_steps")
    if "resolution" in told:
        buckets = data["buckets"]
        brought["shortest_side"] = (min(buckets["shortest"], chosen["resolution"]), "resolution")
        brought["longest_side"] = (max(buckets["longest"], chosen["resolution"]), "resolution")
    return brought


def _widget_of(part: str, field: str) -> str:
    return next(widget.name for widget in WIDGETS if (widget.part, widget.field) == (part, field))
