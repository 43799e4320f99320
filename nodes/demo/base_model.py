"""The built-in base model: the whole way can be walked with nothing to download."""

from typing import TYPE_CHECKING, Any

from .._api import io
from ..checked import checked
from ..panel.budget import words_of
from ..sockets import BASE

if TYPE_CHECKING:
    from ...trainer.demo.family import DemoFamily

SDXL, FLUX = "SDXL", "FLUX.1"
_FAMILIES: "dict[str, DemoFamily]" = {SDXL: "sdxl", FLUX: "flow"}
_CFG = {SDXL: "4", FLUX: "2 to 3"}


@checked
class DemoBaseModel(io.ComfyNode):
    """MODEL, CLIP and VAE for the host's own nodes, BASE for ours."""

    @classmethod
    def define_schema(cls) -> Any:
        return io.Schema(
            node_id="LikenessDemoBaseModel",
            display_name="Load demo base model",
            category="Likeness/Demo",
            description=(
                "A tiny SDXL or FLUX.1 model that draws cartoon faces at 128 × 128. It comes with the pack, runs on "
                "any processor in about a second a picture, and works with every core node, so that the whole way from "
                "pictures to a chosen LoRA can be tried in minutes. Set Empty Latent Image to 128 × 128."
            ),
            search_aliases=[
                "demo model",
                "demo checkpoint",
                "tiny sdxl",
                "tiny flux",
                "test checkpoint",
                "sample base",
                "without gpu",
                "likeness demo",
            ],
            has_intermediate_output=True,
            inputs=[
                io.Combo.Input(
                    "family",
                    options=[SDXL, FLUX],
                    default=SDXL,
                    optional=True,
                    tooltip=(
                        "Which of two small models. Take SDXL to begin with, and cfg 4 in KSampler; FLUX.1 shows how "
                        "the FLUX half of the field learns, and wants cfg 2 to 3."
                    ),
                ),
            ],
            outputs=[
                io.Model.Output(display_name="model", tooltip="For KSampler, LoraLoader and every other core node."),
                io.Clip.Output(display_name="clip", tooltip="For CLIP Text Encode and LoraLoader."),
                io.Vae.Output(display_name="vae", tooltip="For VAE Decode and VAE Encode."),
                BASE.Output(display_name="base", tooltip="The same model's files, for Train character LoRA."),
            ],
        )

    @classmethod
    def execute(cls, family: str = SDXL) -> Any:
        from ...trainer.demo.assets import demo_base
        from ..host.models import LazyBase

        base = demo_base(family=_FAMILIES[family])
        loaded = LazyBase(base).loaded
        said = f"A tiny {family} base. Draw at 128 × 128, with cfg {_CFG[family]}."
        return io.NodeOutput(loaded.model, loaded.clip, loaded.vae, base, ui={"text": words_of(said)})
