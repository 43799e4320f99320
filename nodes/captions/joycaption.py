"""Pictures described in sentences by JoyCaption."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ...trainer.errors import ModelError
from .._api import io
from ..checked import checked
from ..host.compute import device, memory_handed_over
from ..host.model_folders import joycaption_folders
from ..host.page import cancellable
from ..sockets import DATASET
from .captioning import INSTEAD, captioned, keep_hand_input

if TYPE_CHECKING:
    from ...trainer.dataset.dataset import Dataset

_KINDS: Mapping[str, Any] = {
    "description": "descriptive",
    "straightforward caption": "straightforward",
    "prompt": "prompt",
    "booru-like tags": "tags",
}
_LENGTHS = ("any", "very short", "short", "medium-length", "long", "very long")
_PRECISIONS: Mapping[str, Any] = {"bf16 (17 GB)": "bf16", "8 bit (10 GB)": "int8", "NF4 (7 GB)": "nf4"}


@checked
class CaptionWithJoyCaption(io.ComfyNode):
    """Sentences of JoyCaption beta one as captions."""

    @classmethod
    def define_schema(cls) -> Any:
        return io.Schema(
            node_id="LikenessCaptionWithJoyCaption",
            display_name="Caption with JoyCaption",
            category="Likeness/2 Captions",
            description=(
                "Describes every picture in sentences. It is asked for what can change (clothes, pose, light, camera), "
                "yet still speaks of hair: pass its captions to Apply caption rules. What was described before with "
                "the same settings is not described again, and Cancel loses nothing. Its memory is given back "
                "afterwards."
            ),
            search_aliases=[
                "joycaption",
                "joy caption",
                "caption",
                "captioner",
                "auto caption",
                "caption images",
                "image to text",
                "describe images",
                "llava",
                "vlm",
                "vision language model",
            ],
            has_intermediate_output=True,
            hidden=[io.Hidden.unique_id],
            inputs=_inputs(),
            outputs=[
                DATASET.Output(
                    display_name="dataset", tooltip="The dataset with captions. Pass it to Apply caption rules."
                )
            ],
        )

    @classmethod
    def validate_inputs(cls, model: str) -> bool | str:
        from ...trainer.captions.captioners.joycaption_files import find_joycaption

        try:
            find_joycaption(model, joycaption_folders())
        except ModelError as fault:
            return f"{fault} {INSTEAD}"
        return True

    @classmethod
    def execute(  # noqa: PLR0913
        cls,
        dataset: Dataset,
        model: str,
        precision: str,
        kind: str,
        length: str,
        keep_by_hand: bool,
        mention_light: bool = True,
        mention_camera: bool = True,
        own_request: str = "",
        temperature: float = 0.0,
        seed: int = 0,
        max_new_tokens: int = 512,
        batch: int = 1,
    ) -> Any:
        from ...trainer.captions.captioners.joy_prompt import DEFAULT_EXTRAS, JoyPrompt
        from ...trainer.captions.captioners.joycaption import Decoding, JoyCaption
        from ...trainer.captions.captioners.joycaption_files import find_joycaption

        unwanted = {*(() if mention_light else _LIGHT), *(() if mention_camera else _CAMERA)}
        joy = JoyCaption(
            folder=find_joycaption(model, joycaption_folders()),
            prompt=JoyPrompt(
                kind=_KINDS[kind],
                length=length,  # type: ignore[arg-type]  # one of the options
                extras=tuple(extra for extra in DEFAULT_EXTRAS if extra not in unwanted),
                own=own_request,
            ),
            decoding=Decoding(max_new_tokens=max_new_tokens, temperature=temperature, seed=seed),
            precision=_PRECISIONS[precision],
            device=device(),
            batch=batch,
        )
        with cancellable(), memory_handed_over(), joy:
            return captioned(dataset, joy, keep_by_hand, cls)


_LIGHT = ("lighting",)
_CAMERA = ("camera_angle", "shot_size")


def _models() -> list[str]:
    from ...trainer.captions.captioners.joycaption_files import DEFAULT_JOYCAPTION, find_joycaptions

    found = [folder.name for folder in find_joycaptions(joycaption_folders())]
    return list(dict.fromkeys([*found, DEFAULT_JOYCAPTION]))


def _inputs() -> list[Any]:
    return [
        DATASET.Input("dataset", tooltip="The pictures to describe."),
        io.Combo.Input(
            "model",
            options=_models(),
            tooltip=(
                "llama-joycaption-beta-one-hf-llava in models/LLavacheckpoints or models/LLM. Its weights come under "
                "the Llama 3.1 community licence."
            ),
        ),
        io.Combo.Input(
            "precision",
            options=[*_PRECISIONS],
            default=next(iter(_PRECISIONS)),
            tooltip="How the language model is kept in memory; 8 bit and NF4 need bitsandbytes. Vision stays in full.",
        ),
        io.Combo.Input(
            "kind",
            display_name="kind of text",
            options=[*_KINDS],
            default="description",
            tooltip=(
                "What to ask for. A description suits FLUX and SDXL; tags from JoyCaption are less exact than WD14's."
            ),
        ),
        io.Combo.Input(
            "length",
            options=[*_LENGTHS],
            default="medium-length",
            tooltip=(
                "How long texts should be. A wish, not a limit: Apply caption rules cuts to what the text encoder "
                "takes in."
            ),
        ),
        keep_hand_input(),
        io.Boolean.Input(
            "mention_light", default=True, optional=True, advanced=True, tooltip="Ask what the light is like."
        ),
        io.Boolean.Input(
            "mention_camera", default=True, optional=True, advanced=True, tooltip="Ask about camera angle and framing."
        ),
        io.String.Input(
            "own_request",
            default="",
            multiline=True,
            optional=True,
            advanced=True,
            tooltip="Replaces everything that is asked. Empty: the request is made from the choices above.",
        ),
        io.Float.Input(
            "temperature",
            default=0.0,
            min=0.0,
            max=2.0,
            step=0.05,
            optional=True,
            advanced=True,
            tooltip="0 gives the same words every time. Above, words are drawn with the seed; 0.6 is JoyCaption's own.",
        ),
        io.Int.Input(
            "seed",
            default=0,
            min=0,
            max=2**31 - 1,
            control_after_generate=False,
            optional=True,
            advanced=True,
            tooltip="Only used above temperature 0.",
        ),
        io.Int.Input(
            "max_new_tokens",
            default=512,
            min=16,
            max=2048,
            optional=True,
            advanced=True,
            tooltip="Longest answer. 512 is enough for any description.",
        ),
        io.Int.Input(
            "batch",
            display_name="pictures at once",
            default=1,
            min=1,
            max=64,
            optional=True,
            advanced=True,
            tooltip=(
                "Pictures at once. More is faster where memory allows; rarely a word then depends on the neighbours."
            ),
        ),
    ]
