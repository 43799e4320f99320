"""The Training recipe node: a preset and the few numbers that matter."""

from dataclasses import replace
from typing import Any

from ..trainer.recipe.optim import OWN_CURVES, OWN_NUMBERS
from ..trainer.recipe.presets import PRESETS
from ..trainer.recipe.recipe import Recipe
from ._api import io
from .recipe_widgets import DEMO, UNCHANGED, recipe_inputs
from .sockets import RECIPE


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
        return io.NodeOutput(changed(_preset(preset), **numbers))


def changed(  # noqa: PLR0913
    recipe: Recipe,
    *,
    steps: int = 0,
    rank: int = 0,
    learning_rate: float = 0.0,
    seed: int = 0,
    alpha: float = 0.0,
    batch: int = 0,
    accumulation: int = 0,
    prior_images: int = -1,
    min_snr_gamma: float = -1.0,
    targets: str = UNCHANGED,
    precision: str = UNCHANGED,
    save_every: int = 0,
    sample_every: int = -1,
    sample_prompts: str = "",
    optimizer: str = UNCHANGED,
    schedule: str = UNCHANGED,
    warmup: int = -1,
    cycles: int = 0,
) -> Recipe:
    """`recipe` with every number that is not left to it; alpha follows a new rank at half of it.

    A newly chosen optimizer brings the numbers and the curve it needs, where they are left to the preset.
    """
    prompts = tuple(line.strip() for line in sample_prompts.splitlines() if line.strip())
    count = steps or recipe.schedule.steps
    parts = {
        "lora": {
            "rank": rank or None,
            "alpha": alpha or (rank / 2 if rank else None),
            "targets": None if targets == UNCHANGED else targets,
        },
        "optim": {
            "optimizer": None if optimizer == UNCHANGED else optimizer,
            **OWN_NUMBERS.get(optimizer, {}),
            **({"lr": learning_rate} if learning_rate else {}),
        },
        "schedule": {
            "steps": count,
            "batch": batch or None,
            "accumulation": accumulation or None,
            "curve": OWN_CURVES.get(optimizer) if schedule == UNCHANGED else schedule,
            "warmup": min(recipe.schedule.warmup, count - 1) if warmup < 0 else warmup,
            "cycles": cycles or None,
        },
        "prior": {"images": None if prior_images < 0 else prior_images},
        "loss": {"min_snr_gamma": None if min_snr_gamma < 0 else min_snr_gamma},
        "memory": {"precision": None if precision == UNCHANGED else precision},
        "output": {
            "save_every": save_every or None,
            "sample_every": None if sample_every < 0 else sample_every,
            "samples": prompts or None,
        },
    }
    data = recipe.to_json()
    for part, values in parts.items():
        data[part].update({name: value for name, value in values.items() if value is not None})
    return replace(Recipe.from_json(data), seed=seed)


def _preset(name: str) -> Recipe:
    if name == DEMO:
        from ..trainer.demo.settings import demo_recipe

        return demo_recipe()
    return PRESETS[name].recipe
