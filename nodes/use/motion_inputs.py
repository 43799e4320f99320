"""The inputs and outputs of Check motion."""

from typing import Any

from .._api import io
from ..host.compute import samplers, schedulers
from ..readers import AUTO, READERS
from ..sockets import DATASET


def motion_inputs() -> list[Any]:
    """Frames and whom they are held against first, then what samples them."""
    return [*_wired_inputs(), *_model_inputs(), *_sampling_inputs()]


def _wired_inputs() -> list[Any]:
    return [
        io.Image.Input(
            "frames",
            optional=True,
            tooltip=(
                "The clip: 8 frames or more, from any video sampling. Several clips as a list are measured together. "
                "Left open, wire model, clip, vae and latent."
            ),
        ),
        io.Combo.Input(
            "reader",
            display_name="face reader",
            options=list(READERS),
            default=AUTO,
            tooltip=(
                "Which face reader reads the faces. auto takes the first that is installed. Two readers' numbers "
                "never mix."
            ),
        ),
        DATASET.Input(
            "references",
            optional=True,
            tooltip="Pictures of the character, three or more. What a dataset holds out, else all of it.",
        ),
        io.Image.Input(
            "reference_images", optional=True, tooltip="References as pictures of any node; beside a dataset, or alone."
        ),
        io.Image.Input(
            "without_lora",
            optional=True,
            tooltip=(
                "The same clip, of the same seed, drawn without the LoRA: tells what the LoRA adds, and whether a "
                "fault is the LoRA's or the motion's own."
            ),
        ),
    ]


def _model_inputs() -> list[Any]:
    return [
        io.Model.Input(
            "model",
            optional=True,
            tooltip=(
                "A model with motion and the LoRA, to sample the clip here as KSampler would: AnimateDiff's, or a "
                "video model."
            ),
        ),
        io.Clip.Input("clip", optional=True, tooltip="The text encoder of that model."),
        io.Vae.Input("vae", optional=True, tooltip="The VAE of that model."),
        io.Latent.Input(
            "latent",
            optional=True,
            tooltip=(
                "An empty latent of the clip: for AnimateDiff a batch of 16, for a video model its own empty video "
                "latent."
            ),
        ),
        io.Model.Input(
            "model_without_lora",
            optional=True,
            tooltip="The same model before the LoRA: samples the same clip without it, twice the time.",
        ),
    ]


def _sampling_inputs() -> list[Any]:
    return [
        io.String.Input(
            "prompt",
            default="",
            multiline=True,
            optional=True,
            placeholder="trigger, class word, turning the head, smiling",
            tooltip=(
                "The prompt of the clip that is sampled here. Name the trigger and a movement; describe no looks."
            ),
        ),
        io.String.Input(
            "negative",
            default="",
            optional=True,
            advanced=True,
            tooltip="What to keep out of the clip that is sampled here.",
        ),
        io.Int.Input(
            "seed",
            default=0,
            min=0,
            max=2**32 - 1,
            control_after_generate=False,
            optional=True,
            tooltip="The seed of the clip that is sampled here; the one without the LoRA has the same.",
        ),
        io.Int.Input("steps", default=20, min=1, max=100, optional=True, tooltip="Sampling steps."),
        io.Float.Input(
            "cfg",
            default=7.0,
            min=1.0,
            max=20.0,
            step=0.1,
            optional=True,
            tooltip="How closely the words are followed; 1 for distilled models.",
        ),
        io.Combo.Input(
            "sampler",
            options=samplers(),
            default="euler",
            optional=True,
            advanced=True,
            tooltip="The same choice as in KSampler.",
        ),
        io.Combo.Input(
            "scheduler",
            options=schedulers(),
            default="normal",
            optional=True,
            advanced=True,
            tooltip="The same choice as in KSampler.",
        ),
    ]


def motion_outputs() -> list[Any]:
    return [
        io.String.Output(display_name="report", tooltip="Verdicts and numbers with their intervals, in words."),
        io.String.Output(display_name="figures", tooltip="Everything measured, as JSON, a likeness a frame."),
        io.Image.Output(display_name="strip", tooltip="Frames in a row, and the likeness of every frame beneath."),
        io.String.Output(
            display_name="verdict",
            tooltip=(
                "holds, drifts, flickers, hardly moves, loses the face, another person or not sure; several with "
                "commas between."
            ),
        ),
        io.Float.Output(
            display_name="likeness",
            tooltip="How alike the face is, the mean over the frames; NaN (no number) where no face is found.",
        ),
        io.Float.Output(display_name="drift", tooltip="What likeness gains from first frame to last; losses below 0."),
        io.Float.Output(
            display_name="flicker",
            tooltip=(
                "How much the face flickers: 0 for a steady change, 1 when frames differ as separate pictures do."
            ),
        ),
        io.Float.Output(
            display_name="light_flicker", tooltip="How much brightness flickers, in levels of 255, movement left out."
        ),
        io.Float.Output(display_name="movement", tooltip="Part of the clip's contrast that changes over time."),
        io.Image.Output(display_name="frames", tooltip="The clip where it was sampled here."),
    ]
