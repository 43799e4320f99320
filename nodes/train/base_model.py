"""Choose a base."""

from typing import Any

from .._api import io
from ..checked import UNKNOWN, checked
from ..host.folders import base_model, base_models, file_fingerprint
from ..sockets import BASE

AS_THE_FILE_SAYS = "as the file says"
PREDICTS = ("epsilon", "v_prediction", "v_prediction, zero SNR")
NO_BASE = "put an SDXL or SD 1.5 checkpoint into models/checkpoints, then press R"


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
                "An SDXL or SD 1.5 model: a checkpoint file of ComfyUI's models/checkpoints, or a folder of diffusers "
                "in models/diffusers. Training reads the file itself; model, clip and vae are the same weights for "
                "sampling. Train on the base you will draw with, or on plain SDXL if the LoRA is to work on many."
            ),
            search_aliases=["checkpoint", "sdxl", "sd15", "illustrious", "pony", "diffusers loader", "load model"],
            inputs=[
                io.Combo.Input(
                    "model",
                    options=base_models() or [NO_BASE],
                    tooltip="A checkpoint file or a folder of diffusers. A new one shows after pressing R.",
                ),
                io.Combo.Input(
                    "predicts",
                    options=[AS_THE_FILE_SAYS, *PREDICTS],
                    default=AS_THE_FILE_SAYS,
                    optional=True,
                    advanced=True,
                    tooltip=(
                        "Noise (epsilon) or velocity. Merges of v-pred bases often lose the mark that says so: their "
                        "pictures are grey mush, here and in KSampler, until it is chosen by hand."
                    ),
                ),
            ],
            outputs=[
                io.Model.Output(display_name="model", tooltip="For sampling."),
                io.Clip.Output(display_name="clip", tooltip="For CLIP Text Encode."),
                io.Vae.Output(display_name="vae", tooltip="For VAE Decode."),
                BASE.Output(display_name="base", tooltip="The model's files, for Train character LoRA."),
            ],
        )

    @classmethod
    def validate_inputs(cls, model: str) -> bool | str:
        if model == NO_BASE:
            return (
                "No base model is chosen: put an SDXL or SD 1.5 checkpoint (.safetensors) into models/checkpoints and "
                "press R. To try everything out without one, use Demo base model."
            )
        base_model(model)
        return True

    @classmethod
    def fingerprint_inputs(cls, model: str | None, predicts: str | None = AS_THE_FILE_SAYS) -> Any:
        return UNKNOWN if model is None else f"{file_fingerprint(base_model(model))} {predicts}"

    @classmethod
    def execute(cls, model: str, predicts: Any = AS_THE_FILE_SAYS) -> Any:
        from ...trainer.families.registry import describe_base
        from ..host.base import load_host_base

        path = base_model(model)
        base = describe_base(path, "" if predicts == AS_THE_FILE_SAYS else predicts)
        loaded = load_host_base(path, base.predicts)
        return io.NodeOutput(loaded.model, loaded.clip, loaded.vae, base)
