"""Widgets that several dataset nodes have, and what their choices mean to the engine."""

from __future__ import annotations

from typing import Any

from .._api import io
from ..host.compute import samplers, schedulers

AS_MASK = "keep as mask"
COLOURS = ("white", "grey", "black", "green")


def alpha_input() -> Any:
    return io.Combo.Input(
        "alpha",
        display_name="behind transparency",
        options=[*COLOURS, AS_MASK],
        default="white",
        advanced=True,
        optional=True,
        tooltip=(
            "What lies behind transparent pictures. A plain colour is learned with the character unless the caption "
            "names it (green background). keep as mask shows grey there and lets training pass over it, as do mask "
            "files (001-masklabel.png beside 001.png, or masks/001.png; white is learned), which leave the picture "
            "as it is."
        ),
    )


def alpha_of(choice: str) -> Any:
    """The engine's Alpha for a choice."""
    from ...trainer.images.alpha import Alpha

    return Alpha(matte="grey", masked=True) if choice == AS_MASK else Alpha(matte=choice)


def drawing_inputs(model: str) -> list[Any]:
    return [
        io.Model.Input("model", tooltip=model),
        io.Clip.Input("clip", tooltip="The text encoder of that model."),
        io.Vae.Input("vae", tooltip="The VAE of that model."),
    ]


def sampling_inputs() -> list[Any]:
    """Size, steps, cfg and seed, then sampler and scheduler."""
    return [
        io.Int.Input(
            "resolution",
            default=1024,
            min=64,
            max=2048,
            step=64,
            tooltip=(
                "Pictures have about as many pixels as a square of this side, each in its own shape: 1024 for SDXL "
                "and FLUX, 128 for the demo."
            ),
        ),
        io.Int.Input(
            "steps",
            default=20,
            min=1,
            max=100,
            tooltip="Sampling steps. All of them are made, whatever the denoise. 20 to 30 is usual.",
        ),
        io.Float.Input(
            "cfg",
            default=5.0,
            min=1.0,
            max=20.0,
            step=0.1,
            tooltip=(
                "How closely the words are followed; 1 for FLUX. A LoRA learns what a high one exaggerates: take the "
                "lowest that still gives what is asked."
            ),
        ),
        io.Int.Input(
            "seed",
            default=0,
            min=0,
            max=2**32 - 1,
            control_after_generate=False,
            tooltip="Where chance begins: every picture has a seed of its own that comes from this one.",
        ),
        io.Combo.Input(
            "sampler",
            options=samplers(),
            default="euler",
            advanced=True,
            optional=True,
            tooltip="The same choice as in KSampler.",
        ),
        io.Combo.Input(
            "scheduler",
            options=schedulers(),
            default="simple",
            advanced=True,
            optional=True,
            tooltip="The same choice as in KSampler.",
        ),
    ]


def retry_inputs() -> list[Any]:
    return [
        io.Float.Input(
            "share",
            display_name="share of made pictures",
            default=0.6,
            min=0.1,
            max=0.9,
            step=0.05,
            advanced=True,
            optional=True,
            tooltip=(
                "How much of the training time the made pictures get beside your own; their repeats are set so. 0.6 "
                "is usual."
            ),
        ),
        io.Int.Input(
            "retries",
            default=3,
            min=0,
            max=10,
            advanced=True,
            optional=True,
            tooltip="How often a picture that fails is tried again, each time with another seed.",
        ),
    ]


def control_inputs(net: str) -> list[Any]:
    """A ControlNet and how it is used, all optional."""
    return [
        io.ControlNet.Input("control_net", optional=True, tooltip=net),
        io.Float.Input(
            "strength",
            display_name="ControlNet strength",
            default=0.7,
            min=0.0,
            max=2.0,
            step=0.05,
            advanced=True,
            optional=True,
            tooltip="How strongly the ControlNet holds, where one is wired in. 0.5 to 0.8 is usual.",
        ),
        io.Float.Input(
            "end",
            display_name="ControlNet end",
            default=0.7,
            min=0.0,
            max=1.0,
            step=0.05,
            advanced=True,
            optional=True,
            tooltip=(
                "Part of sampling after which the ControlNet lets go: 0 is the first step, 1 the last. 0.6 to 0.8 is "
                "usual."
            ),
        ),
    ]


def control_of(choices: dict[str, Any]) -> Any:
    """The ControlNet of the widgets, which are taken out of `choices`; None without one."""
    from ..host.generator import Control

    net = choices.pop("control_net", None)
    numbers = {name: choices.pop(name) for name in ("strength", "end") if name in choices}
    return None if net is None or numbers.get("strength") == 0 else Control(net=net, **numbers)
