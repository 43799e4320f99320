"""The inputs of Compare checkpoints."""

from typing import Any

from .._api import io
from ..readers import NO_READER, READERS
from ..sockets import DATASET, RUN
from .plan import DEMO_PROMPTS, OWN_PROMPTS, PROMPTS

DEMO_READER = "Demo reader (drawn faces)"


def compare_inputs() -> list[Any]:
    """Those of before first, in their order: widgets are saved by it."""
    return [
        *_first_inputs(),
        *_later_inputs(),
        *sampling_inputs("what the run was trained at, else what suits the base", "what suits the base"),
    ]


def _first_inputs() -> list[Any]:
    return [
        RUN.Input(
            "run",
            optional=True,
            tooltip="The run from Train character LoRA. Left open, name LoRA files in loras and wire references.",
        ),
        io.Model.Input(
            "model",
            optional=True,
            tooltip=(
                "Left open, the run's base draws. Wire model, clip and vae, of any family, to draw with another or a "
                "patched one, without the LoRA."
            ),
        ),
        io.Clip.Input(
            "clip",
            optional=True,
            tooltip="The text encoder of that model. Wire model, clip and vae together, or none of them.",
        ),
        io.Vae.Input(
            "vae", optional=True, tooltip="The VAE of that model. Wire model, clip and vae together, or none of them."
        ),
        io.Combo.Input(
            "prompts",
            options=list(PROMPTS),
            default=DEMO_PROMPTS,
            tooltip=(
                "Demo for the demo base (48 pictures a column); Character (guide) for real ones (56); Quick for a "
                f"first look (12); {OWN_PROMPTS}: what prompt_text says."
            ),
        ),
        io.Combo.Input(
            "reader",
            display_name="face reader",
            options=[DEMO_READER, *READERS, NO_READER],
            default=DEMO_READER,
            tooltip=(
                "Which face reader reads the faces. auto takes the first that is installed. Two readers' numbers "
                "never mix. The demo reader knows the demo's drawn faces only."
            ),
        ),
        io.Int.Input(
            "most",
            display_name="most checkpoints",
            default=6,
            min=1,
            max=50,
            tooltip=(
                "How many checkpoints are compared at most. They are spread evenly over the run, the last is always "
                "in. Fewer is quicker."
            ),
        ),
        io.Float.Input(
            "strength",
            default=1.0,
            min=0.1,
            max=2.0,
            step=0.05,
            advanced=True,
            tooltip="LoRA strength while comparing. 1 is as trained; 0.7 to 0.9 is usual beside an adapter.",
        ),
    ]


def _later_inputs() -> list[Any]:
    return [
        io.String.Input(
            "loras",
            display_name="LoRA files",
            default="",
            optional=True,
            placeholder="likeness/sage*, another.safetensors",
            tooltip=(
                "LoRA files of models/loras to compare, anybody's: names as LoraLoader lists them, patterns with *, or "
                "a folder/, with commas between. Beside the run's checkpoints, or in their place."
            ),
        ),
        DATASET.Input(
            "references",
            optional=True,
            tooltip="Pictures of the character, with its trigger, to be like. Left open, those the run held out.",
        ),
        io.String.Input(
            "prompt_text",
            default="",
            multiline=True,
            optional=True,
            advanced=True,
            placeholder="# prompt\n{trigger}, {subject}, wearing a red coat, city street | clothing: red coat",
            tooltip=(
                f"For prompts: {OWN_PROMPTS}. A prompt a line, {{trigger}} and {{subject}} for the words; what it asks "
                "for after |, slot: word; # trigger, # prompt, # class or # other above a kind. Describe no looks."
            ),
        ),
        io.Int.Input(
            "seeds",
            display_name="pictures per prompt",
            default=0,
            min=0,
            max=32,
            optional=True,
            advanced=True,
            tooltip="Pictures of each prompt. 0: as many as the prompts have themselves. More make intervals narrower.",
        ),
        io.String.Input(
            "strengths",
            display_name="more strengths",
            default="",
            optional=True,
            advanced=True,
            placeholder="0.6, 0.8",
            tooltip=("Other LoRA strengths that the best checkpoint is drawn at too, to recommend one. Empty: none."),
        ),
        io.Boolean.Input(
            "refine",
            display_name="refine around the best",
            default=False,
            optional=True,
            advanced=True,
            tooltip=(
                "Draw the checkpoints next before and after the best one too, where most checkpoints had left them out."
            ),
        ),
        io.Boolean.Input(
            "missing_views",
            default=True,
            optional=True,
            advanced=True,
            tooltip=(
                "With Character (guide): up to five prompts more, of angles, expressions and light that no training "
                "picture shows. A LoRA that learned the character draws it there too."
            ),
        ),
    ]


def sampling_inputs(size: str, rest: str) -> list[Any]:
    """`size` and `rest` say what is taken where a number is left alone."""
    return [
        io.Int.Input(
            "size",
            default=0,
            min=0,
            max=2048,
            step=64,
            optional=True,
            advanced=True,
            tooltip=f"Side of the pictures in pixels. 0: {size}.",
        ),
        io.Int.Input(
            "steps",
            default=0,
            min=0,
            max=100,
            optional=True,
            advanced=True,
            tooltip=f"Sampling steps. 0: {rest}. A distilled base draws in 4 to 8.",
        ),
        io.Float.Input(
            "cfg",
            default=-1.0,
            min=-1.0,
            max=20.0,
            step=0.1,
            optional=True,
            advanced=True,
            tooltip=f"How closely words are followed. Below 0: {rest}. 1 for distilled bases.",
        ),
    ]
