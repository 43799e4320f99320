"""Choose a base."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ...trainer.errors import ModelError, shortened
from .._api import io
from ..checked import UNKNOWN, checked
from ..host.base_parts import AUTOMATIC, base_parts, part_choices
from ..host.folders import DIFFUSION_MODELS, base_model, base_models, file_fingerprint
from ..host.lora_files import NOTHING, lora_path, loras
from ..panel.budget import words_of
from ..sockets import BASE

AS_THE_FILE_SAYS = "as the file says"
PREDICTS = ("epsilon", "v_prediction", "v_prediction, zero SNR")
NO_BASE = "put an SDXL or SD 1.5 checkpoint into models/checkpoints, then press R"
_TEXTS, _VAES = "text_encoders", "vae"


_PART_INPUTS = {
    "text_encoder": (_TEXTS, "One of the text encoders of a diffusion model, or the only one: qwen_3_4b of Z-Image"),
    "second_text_encoder": (_TEXTS, "The other text encoder, where it has two: FLUX.1 has clip_l and t5xxl"),
    "vae_file": (_VAES, "The VAE of a diffusion model: ae of FLUX.1 and Z-Image, flux2-vae of FLUX.2"),
}
"""Files beside a diffusion model: the host's folder, and what each is."""


@checked
class ChooseBaseModel(io.ComfyNode):
    """A checkpoint or diffusers folder of the host as MODEL, CLIP, VAE and BASE."""

    @classmethod
    def define_schema(cls) -> Any:
        return io.Schema(
            node_id="LikenessChooseBaseModel",
            display_name="Choose base model",
            category="Likeness/3 Train",
            description=(
                "An SDXL, SD 1.5, FLUX.1, Z-Image or FLUX.2 klein model: a checkpoint file of ComfyUI's "
                "models/checkpoints, a diffusion model "
                "of models/diffusion_models with its text encoders and VAE, or a folder of diffusers in "
                "models/diffusers. "
                "Training reads the files themselves; model, clip and vae are the same weights for sampling. Train on "
                "the base you will draw with, or on plain SDXL if the LoRA is to work on many."
            ),
            search_aliases=[
                "base model",
                "checkpoint",
                "load checkpoint",
                "checkpoint loader",
                "load model",
                "diffusers loader",
                "load diffusion model",
                "unet loader",
                "sdxl",
                "sd15",
                "illustrious",
                "pony",
                "flux",
                "z-image",
                "klein",
            ],
            has_intermediate_output=True,
            inputs=[
                io.Combo.Input(
                    "model",
                    options=base_models() or [NO_BASE],
                    tooltip="A checkpoint file or a folder of diffusers. A new one shows after pressing R.",
                ),
                io.Combo.Input(
                    "predicts",
                    display_name="model predicts",
                    options=[AS_THE_FILE_SAYS, *PREDICTS],
                    default=AS_THE_FILE_SAYS,
                    optional=True,
                    advanced=True,
                    tooltip=(
                        "Noise (epsilon) or velocity. Merges of v-pred bases often lose the mark that says so: their "
                        "pictures are grey mush, here and in KSampler, until it is chosen by hand."
                    ),
                ),
                *(_part_input(name, folder, what) for name, (folder, what) in _PART_INPUTS.items()),
                io.Combo.Input(
                    "assistant",
                    options=[NOTHING, *loras()],
                    default=NOTHING,
                    optional=True,
                    advanced=True,
                    tooltip=(
                        "A training assistant of models/loras: a LoRA that undoes the distillation of a base of few "
                        "steps (schnell, Turbo) while yours learns, and stays out of samples. Its strengths are the "
                        "recipe's."
                    ),
                ),
            ],
            outputs=[
                io.Model.Output(display_name="model", tooltip="The model to draw with, for KSampler and LoRA loaders."),
                io.Clip.Output(display_name="clip", tooltip="The text encoder, for CLIP Text Encode."),
                io.Vae.Output(display_name="vae", tooltip="The VAE, for VAE Decode and VAE Encode."),
                BASE.Output(display_name="base", tooltip="The model's files, for Train character LoRA."),
            ],
        )

    @classmethod
    def validate_inputs(  # noqa: PLR0913
        cls,
        model: str,
        text_encoder: str = AUTOMATIC,
        second_text_encoder: str = AUTOMATIC,
        vae_file: str = AUTOMATIC,
        assistant: str = NOTHING,
    ) -> bool | str:
        chosen = (text_encoder, second_text_encoder, vae_file)
        _check_choices(chosen)
        helper = _assistant(assistant)
        if model == NO_BASE:
            return (
                "No base model is chosen: put an SDXL or SD 1.5 checkpoint (.safetensors) into models/checkpoints, for "
                "example sd_xl_base_1.0.safetensors of stabilityai/stable-diffusion-xl-base-1.0 on Hugging Face (7 GB, "
                "OpenRAIL++-M), or FLUX.1 into models/diffusion_models, and press R. To try everything out without "
                "one, use Load demo base model."
            )
        if model.startswith(f"{DIFFUSION_MODELS}/"):
            # Other bases are hashed when they are described, which takes too long here.
            _described(model, chosen, helper)
        else:
            _parts(model, chosen)
        return True

    @classmethod
    def fingerprint_inputs(  # noqa: PLR0913
        cls,
        model: str | None,
        predicts: str | None = AS_THE_FILE_SAYS,
        text_encoder: str | None = AUTOMATIC,
        second_text_encoder: str | None = AUTOMATIC,
        vae_file: str | None = AUTOMATIC,
        assistant: str | None = NOTHING,
    ) -> Any:
        chosen = (text_encoder, second_text_encoder, vae_file)
        if model is None or assistant is None or any(name is None for name in chosen):
            return UNKNOWN
        places = [base_model(model), *_parts(model, chosen).values(), *_assistant(assistant).values()]
        return f"{' '.join(map(file_fingerprint, places))} {predicts}"

    @classmethod
    def execute(  # noqa: PLR0913
        cls,
        model: str,
        predicts: Any = AS_THE_FILE_SAYS,
        text_encoder: str = AUTOMATIC,
        second_text_encoder: str = AUTOMATIC,
        vae_file: str = AUTOMATIC,
        assistant: str = NOTHING,
    ) -> Any:
        from ...trainer.families.registry import spec_of
        from ..host.base import load_base

        said = "" if predicts == AS_THE_FILE_SAYS else predicts
        base = _described(model, (text_encoder, second_text_encoder, vae_file), _assistant(assistant), said)
        loaded = load_base(base)
        files = "; ".join(dict.fromkeys(path.name for path in base.files.values()))
        said = f"{spec_of(base).title}, from {files}."
        return io.NodeOutput(loaded.model, loaded.clip, loaded.vae, base, ui={"text": words_of(said)})


def _part_input(name: str, folder: str, what: str) -> Any:
    return io.Combo.Input(
        name,
        options=part_choices(folder),
        default=AUTOMATIC,
        optional=True,
        advanced=True,
        tooltip=f"{what}. Automatic takes the likeliest file of models/{folder}; checkpoints have theirs inside.",
    )


def _check_choices(chosen: Sequence[str]) -> None:
    """ModelError for a file that is not in the host's folder."""
    for name, (folder, _) in zip(chosen, _PART_INPUTS.values(), strict=True):
        if name not in part_choices(folder):
            raise ModelError(
                f"There is no file {shortened(name)!r} in models/{folder}; put it there and press R, or choose "
                f"{AUTOMATIC!r}."
            )


def _described(model: str, chosen: Sequence[str], helper: Mapping[str, Path], predicts: Any = "") -> Any:
    """The base with its parts; ModelError names what is missing and where it goes."""
    from ...trainer.families.registry import describe_base

    return describe_base(base_model(model), predicts, {**_parts(model, chosen), **helper})


def _assistant(choice: str) -> dict[str, Path]:
    """The training assistant as a part of the base; none where none is chosen."""
    from ...trainer.families.base import ASSISTANT

    if choice == NOTHING:
        return {}
    if choice not in loras():
        raise ModelError(f"There is no LoRA {shortened(choice)!r} in models/loras; choose another, or {NOTHING!r}.")
    return {ASSISTANT: lora_path(choice)}


def _parts(model: str, chosen: Sequence[Any]) -> dict[str, Path]:
    path = base_model(model)
    if not model.startswith(f"{DIFFUSION_MODELS}/") and all(name == AUTOMATIC for name in chosen):
        return {}
    if path.is_dir():
        raise ModelError(f"{model} is a folder with all its parts; choose {AUTOMATIC} for its text encoders and VAE.")
    first, second, vae = chosen
    return base_parts(path, {_TEXTS: (first, second), _VAES: (vae,)})
