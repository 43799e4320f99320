"""The widgets of the Training recipe node, in the order that saved workflows hold their values."""

from typing import Any, get_args

from ..trainer.recipe.optim import Curve, Optimizer
from ..trainer.recipe.presets import PRESETS
from ._api import io

DEMO = "Demo"
UNCHANGED = "as the preset says"


def recipe_inputs() -> list[Any]:
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
        *_optimizer_inputs(),
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
            options=[UNCHANGED, "attention", "attention_mlp"],
            default=UNCHANGED,
            advanced=True,
            tooltip="Layers to train. attention is enough for a face; attention_mlp holds more style in larger files.",
        ),
        io.Combo.Input(
            "precision",
            options=[UNCHANGED, "bf16", "fp32"],
            default=UNCHANGED,
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


def _optimizer_inputs() -> list[Any]:
    return [
        io.Combo.Input(
            "optimizer",
            options=[UNCHANGED, *get_args(Optimizer)],
            default=UNCHANGED,
            optional=True,
            advanced=True,
            tooltip=(
                "adamw is the usual one; adamw8bit needs a quarter of its memory; lion8bit wants a third of the "
                "learning rate; prodigy finds the rate itself; schedulefree needs no schedule."
            ),
        ),
        io.Combo.Input(
            "schedule",
            options=[UNCHANGED, *get_args(Curve)],
            default=UNCHANGED,
            optional=True,
            advanced=True,
            tooltip="The learning rate's path after warmup. All end at 0 but constant; rex stays high longest.",
        ),
        io.Int.Input(
            "warmup",
            default=-1,
            min=-1,
            max=10_000,
            optional=True,
            advanced=True,
            tooltip="Steps over which the learning rate rises to its full height. -1: preset, 0: none.",
        ),
        io.Int.Input(
            "cycles",
            default=0,
            min=0,
            max=100,
            optional=True,
            advanced=True,
            tooltip="How often cosine_with_restarts falls; other schedules do not use it. 0: preset.",
        ),
    ]
