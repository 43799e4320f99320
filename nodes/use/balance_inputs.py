"""The inputs of Balance LoRA and identity."""

from typing import Any

from .._api import io
from ..compare.compare_inputs import DEMO_READER, sampling_inputs
from ..compare.plan import OWN_PROMPTS, PROMPTS
from ..readers import NO_READER, READERS
from ..sockets import DATASET, IDENTITY, IDENTITY_ADAPTER, LORA, REPORT

AS_COMPARED = "as compared"
_LEFT_ALONE = "as compared, else what suits the base"
FULL, QUICK, OWN = "full (5 × 6)", "quick (3 × 3)", "from the numbers below"


def balance_inputs() -> list[Any]:
    return [*_what(), *_how(), *_sampling()]


def _what() -> list[Any]:
    return [
        REPORT.Input(
            "report",
            optional=True,
            tooltip="From Compare checkpoints: its chosen LoRA, base, prompts and pictures. Or wire lora.",
        ),
        LORA.Input("lora", optional=True, tooltip="From Choose checkpoint; goes before the report's own choice."),
        IDENTITY_ADAPTER.Input(
            "adapter",
            optional=True,
            tooltip="From Load identity adapter. Left open, the first installed one that fits model and identity.",
        ),
        IDENTITY.Input("identity", optional=True, tooltip="From Read face: whom the adapter brings."),
        io.Image.Input(
            "reference_images",
            optional=True,
            tooltip=(
                "In place of adapter and identity, for edit models (FLUX Kontext, FLUX.2 klein, Qwen Image Edit): "
                "pictures that the model is shown. The weight is their strength."
            ),
        ),
        io.Model.Input(
            "model",
            optional=True,
            tooltip=(
                "A model without LoRA and adapter. Left open, the LoRA's base. Wire model, clip and vae together, or "
                "none of them."
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
        DATASET.Input(
            "references",
            optional=True,
            tooltip=(
                "Pictures of the character to be like, with its trigger: what a dataset holds out. Left open, the "
                "report's. The adapter should not have been shown these."
            ),
        ),
    ]


def _how() -> list[Any]:
    return [
        io.Combo.Input(
            "grid",
            options=[QUICK, FULL, OWN],
            default=QUICK,
            tooltip=(
                "Pairs to draw. Quick: LoRA 0.7, 0.8, 0.9 with weight 0, 0.5, 0.7. Full: 0.6 to 1 with 0 to 1, three "
                "times as many pictures."
            ),
        ),
        io.String.Input(
            "strengths",
            display_name="LoRA strengths",
            default="0.7, 0.8, 0.9",
            tooltip=f"LoRA strengths, for grid: {OWN}. 0 is the adapter alone.",
        ),
        io.String.Input(
            "weights",
            display_name="adapter weights",
            default="0, 0.5, 0.7",
            tooltip=f"Weights of the adapter, for grid: {OWN}. 0 is the LoRA alone.",
        ),
        io.Combo.Input(
            "prompts",
            options=[AS_COMPARED, *PROMPTS],
            default=AS_COMPARED,
            tooltip=(
                "What every pair draws. As compared: the report's prompts and seeds, whose pictures of the LoRA alone "
                "are there already; without a report what suits the base."
            ),
        ),
        io.Combo.Input(
            "reader",
            display_name="face reader",
            options=[DEMO_READER, *READERS, NO_READER],
            default=DEMO_READER,
            tooltip=(
                "Which face reader reads the faces. Best is one that the adapter does not use itself. The demo "
                "reader knows the demo's drawn faces only."
            ),
        ),
    ]


def _sampling() -> list[Any]:
    return [
        io.String.Input(
            "prompt_text",
            default="",
            multiline=True,
            optional=True,
            advanced=True,
            placeholder="{trigger}, {subject}, wearing a red coat, city street | clothing: red coat",
            tooltip=f"For prompts: {OWN_PROMPTS}, a prompt a line, as Compare checkpoints takes them.",
        ),
        io.Int.Input(
            "seeds",
            display_name="pictures per prompt",
            default=0,
            min=0,
            max=32,
            optional=True,
            advanced=True,
            tooltip="Pictures of each prompt. 0: as many as the prompts have themselves.",
        ),
        *sampling_inputs(_LEFT_ALONE, _LEFT_ALONE),
    ]
