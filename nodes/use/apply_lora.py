"""Use a chosen LoRA."""

from typing import Any

from .._api import io
from ..sockets import LORA, ChosenLora


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
                io.Model.Input("model", tooltip="The base model the LoRA was trained on, or a relative of it."),
                io.Clip.Input("clip", tooltip="Its text encoder."),
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
            ],
        )

    @classmethod
    def execute(cls, model: Any, clip: Any, lora: ChosenLora, strength: float) -> Any:
        from ..host.lora import apply_lora

        return io.NodeOutput(*apply_lora(model, clip, lora.path, strength))
