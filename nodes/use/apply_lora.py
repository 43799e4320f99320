"""Use a chosen LoRA."""

from typing import Any

from ...trainer.errors import RunError
from .._api import io
from ..checked import checked
from ..host.page import withheld
from ..sockets import LORA, ChosenLora

_NO_VAE = "Apply character LoRA gives the run's VAE only when model and clip are left open; wire the VAE of your model."


@checked
class ApplyCharacterLora(io.ComfyNode):
    """The host's own LoRA loading, with the file that Choose checkpoint names."""

    @classmethod
    def define_schema(cls) -> Any:
        return io.Schema(
            node_id="LikenessApplyCharacterLora",
            display_name="Apply character LoRA",
            category="Likeness/5 Use",
            description=(
                "Puts a chosen character LoRA on a model, exactly as core's LoraLoader does. Name the trigger in the "
                "prompt. Says so when the LoRA does not belong to the model, where LoraLoader would draw on unchanged."
            ),
            search_aliases=["load lora", "lora loader", "use character", "apply lora"],
            inputs=[
                io.Model.Input(
                    "model",
                    optional=True,
                    tooltip=(
                        "Left open, the base that the LoRA was trained on. Wire model and clip to draw with a relative "
                        "of it or a patched one."
                    ),
                ),
                io.Clip.Input("clip", optional=True, tooltip="Its text encoder; wire both or none."),
                LORA.Input("lora", tooltip="From Choose checkpoint."),
                io.Float.Input(
                    "strength",
                    default=1.0,
                    min=-2.0,
                    max=2.0,
                    step=0.05,
                    tooltip="1 is what was trained. 0.7 to 0.9 leaves room for an identity adapter or a strong style.",
                ),
            ],
            outputs=[
                io.Model.Output(display_name="model", tooltip="The model that knows the character."),
                io.Clip.Output(display_name="clip", tooltip="The text encoder to prompt it with."),
                io.Vae.Output(
                    display_name="vae",
                    tooltip="The run's own, for VAE Decode. With model and clip wired, take the VAE that is theirs.",
                ),
            ],
        )

    @classmethod
    def execute(cls, lora: ChosenLora, strength: float, model: Any = None, clip: Any = None) -> Any:
        from ..host.lora import apply_lora

        if (model is None) != (clip is None):
            raise RunError("Wire model and clip, both, to put the LoRA on them; or none, to put it on the run's base.")
        if model is None:
            base = lora.models.loaded
            return io.NodeOutput(*apply_lora(base.model, base.clip, lora.path, strength), base.vae)
        return io.NodeOutput(*apply_lora(model, clip, lora.path, strength), withheld(_NO_VAE))
