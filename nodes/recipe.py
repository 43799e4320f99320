"""The Training recipe node: a preset and the few numbers that matter."""

from dataclasses import replace
from typing import Any

from ..trainer.recipe.presets import PRESETS
from ..trainer.recipe.recipe import Recipe
from ._api import io
from .sockets import RECIPE

DEMO = "Demo"
_PRESET = "as the preset says"


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
            inputs=_inputs(),
            outputs=[RECIPE.Output(display_name="recipe", tooltip="For Train character LoRA.")],
        )

    @classmethod
    def execute(cls, preset: str, **numbers: Any) -> Any:
        return io.NodeOutput(changed(_preset(preset), **numbers))


def _inputs() -> list[Any]:
    return [
        io.Combo.Input(
            "preset",
            options=[DEMO, *PRESETS],
            default=DEMO,
            tooltip=(
                "Demo suits the built-in base: minutes on a processor. SDXL character (guide) is for a real SDXL base "
                "and 15 to 30 pictures; it needs a GPU."
            ),
        ),
        io.Int.Input(
            "steps",
            default=0,
            min=0,
            max=100_000,
            tooltip=(
                "Optimizer updates. 0: as the preset says. Pictures shown are steps × batch × accumulation; about 100 "
                "passes over each picture is usual. More learns the face harder and forgets prompts sooner."
            ),
        ),
        io.Int.Input(
            "rank",
            default=0,
            min=0,
            max=256,
            tooltip="Capacity. 0: preset. 16 to 32 for a face, 48 to 64 for a strong style; higher overfits sooner.",
        ),
        io.Float.Input(
            "learning_rate",
            default=0.0,
            min=0.0,
            max=0.1,
            step=0.00001,
            round=0.0000001,
            tooltip=(
                "0: preset. 0.0001 is safe for SDXL and 0.0004 quick; the demo base needs 0.003. Too high ruins "
                "pictures, too low never learns the face."
            ),
        ),
        io.Int.Input(
            "seed",
            default=0,
            min=0,
            max=2**31 - 1,
            # The host would draw a new seed after every run, and a run is its seed too.
            control_after_generate=False,
            tooltip=(
                "Same seed, pictures, base and recipe: the same file (always on a processor). Seeds differ as much as "
                "most settings do, so try two before blaming a number."
            ),
        ),
        *_advanced_inputs(),
    ]


def _advanced_inputs() -> list[Any]:
    return [
        io.Float.Input(
            "alpha",
            default=0.0,
            min=0.0,
            max=512.0,
            step=0.5,
            advanced=True,
            tooltip="Strength of the LoRA is alpha / rank. 0: half the rank (or as the preset says, if rank is 0 too).",
        ),
        io.Int.Input(
            "batch",
            default=0,
            min=0,
            max=64,
            advanced=True,
            tooltip="Pictures at once. 0: preset. More needs more memory.",
        ),
        io.Int.Input(
            "accumulation",
            default=0,
            min=0,
            max=64,
            advanced=True,
            tooltip="Batches gathered into one update. 0: preset. Acts like a larger batch without its memory.",
        ),
        io.Int.Input(
            "prior_images",
            default=-1,
            min=-1,
            max=1000,
            advanced=True,
            tooltip=(
                "Pictures of ordinary people the base draws itself and trains beside yours. -1: preset, 0: none. "
                "Without them the character appears whether the trigger is named or not."
            ),
        ),
        io.Float.Input(
            "min_snr_gamma",
            default=-1.0,
            min=-1.0,
            max=20.0,
            step=0.5,
            advanced=True,
            tooltip="Weighs noise levels evenly. -1: preset, 5 is usual, 0 switches it off.",
        ),
        io.Combo.Input(
            "targets",
            options=[_PRESET, "attention", "attention_mlp"],
            default=_PRESET,
            advanced=True,
            tooltip="Layers to train. attention is enough for a face; attention_mlp holds more style in larger files.",
        ),
        io.Combo.Input(
            "precision",
            options=[_PRESET, "bf16", "fp32"],
            default=_PRESET,
            advanced=True,
            tooltip="bf16 halves memory on a GPU. fp32 is exact and slower; processors want it.",
        ),
        io.Int.Input(
            "save_every",
            default=0,
            min=0,
            max=10_000,
            advanced=True,
            tooltip="A checkpoint and the state to resume from, every so many steps. 0: preset.",
        ),
        io.Int.Input(
            "sample_every",
            default=-1,
            min=-1,
            max=10_000,
            advanced=True,
            tooltip="Sample pictures every so many steps. -1: preset, 0: none.",
        ),
        io.String.Input(
            "sample_prompts",
            default="",
            multiline=True,
            advanced=True,
            placeholder="{trigger}, {subject}, in a forest",
            tooltip=(
                "What to draw while training, one prompt a line; {trigger} and {subject} stand for the dataset's "
                "words. Empty: preset. Leave out what the character looks like, or the picture proves nothing."
            ),
        ),
    ]


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
    targets: str = _PRESET,
    precision: str = _PRESET,
    save_every: int = 0,
    sample_every: int = -1,
    sample_prompts: str = "",
) -> Recipe:
    """`recipe` with every number that is not left to it; alpha follows a new rank at half of it."""
    prompts = tuple(line.strip() for line in sample_prompts.splitlines() if line.strip())
    count = steps or recipe.schedule.steps
    parts = {
        "lora": {
            "rank": rank or None,
            "alpha": alpha or (rank / 2 if rank else None),
            "targets": None if targets == _PRESET else targets,
        },
        "optim": {"lr": learning_rate or None},
        "schedule": {
            "steps": count,
            "batch": batch or None,
            "accumulation": accumulation or None,
            "warmup": min(recipe.schedule.warmup, count - 1),
        },
        "prior": {"images": None if prior_images < 0 else prior_images},
        "loss": {"min_snr_gamma": None if min_snr_gamma < 0 else min_snr_gamma},
        "memory": {"precision": None if precision == _PRESET else precision},
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
