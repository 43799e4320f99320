"""Use a chosen LoRA, any other file, or a stack of them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from ...trainer.errors import RunError
from .._api import io
from ..checked import UNKNOWN, checked
from ..host.folders import file_fingerprint
from ..host.lora_files import NOTHING, lora_path, loras
from ..host.page import withheld
from ..panel.budget import words_of
from ..sockets import LORA, ChosenLora

_NO_VAE = "Apply character LoRA gives the run's VAE only when model and clip are left open; wire the VAE of your model."
_STACK = io.Custom("LORA_STACK")


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
                "Puts a chosen character LoRA on a model, exactly as core's LoraLoader does, and any other files or "
                "stacks beside it. Name the trigger in the prompt. Says so when a LoRA does not belong to the model, "
                "where LoraLoader would draw on unchanged."
            ),
            search_aliases=[
                "lora",
                "load lora",
                "lora loader",
                "lora stack",
                "power lora loader",
                "use lora",
                "use character",
                "apply lora",
            ],
            has_intermediate_output=True,
            inputs=[
                io.Model.Input(
                    "model",
                    optional=True,
                    tooltip=(
                        "Left open, the base that the LoRA was trained on. Wire model and clip to draw with a relative "
                        "of it or a patched one."
                    ),
                ),
                io.Clip.Input(
                    "clip",
                    optional=True,
                    tooltip="The text encoder of that model. Wire model and clip together, or neither.",
                ),
                LORA.Input("lora", optional=True, tooltip="From Choose checkpoint. Or name a file in lora_name."),
                io.Float.Input(
                    "strength",
                    default=1.0,
                    min=-2.0,
                    max=2.0,
                    step=0.05,
                    tooltip="1 is what was trained. 0.7 to 0.9 leaves room for an identity adapter or a strong style.",
                ),
                io.Combo.Input(
                    "lora_name",
                    options=[NOTHING, *loras()],
                    default=NOTHING,
                    optional=True,
                    tooltip="A file of the loras folder at the same strength, where no lora is wired, or beside it.",
                ),
                _STACK.Input(
                    "lora_stack",
                    optional=True,
                    tooltip="LoRAs of other packs' stack nodes: names with strengths of their own for model and clip.",
                ),
            ],
            outputs=[
                io.Model.Output(display_name="model", tooltip="The model that knows the character."),
                io.Clip.Output(display_name="clip", tooltip="The text encoder to prompt it with."),
                io.Vae.Output(
                    display_name="vae",
                    tooltip=(
                        "The VAE of the run's base, for VAE Decode. With model and clip wired, take the VAE that is "
                        "theirs."
                    ),
                ),
                io.String.Output(
                    display_name="trigger", tooltip="The word that wakes the character, to put into prompts."
                ),
            ],
        )

    @classmethod
    def validate_inputs(cls, lora_name: str = NOTHING) -> bool | str:
        if lora_name != NOTHING:
            lora_path(lora_name)
        return True

    @classmethod
    def fingerprint_inputs(cls, lora_name: str | None = NOTHING, **_: Any) -> Any:
        """A file of the same name may be another by now: Choose checkpoint writes its own anew."""
        if lora_name is None:
            return UNKNOWN
        return "" if lora_name == NOTHING else file_fingerprint(lora_path(lora_name))

    @classmethod
    def execute(  # noqa: PLR0913
        cls,
        lora: ChosenLora | None = None,
        strength: float = 1.0,
        model: Any = None,
        clip: Any = None,
        lora_name: str = NOTHING,
        lora_stack: Sequence[Sequence[Any]] | None = None,
    ) -> Any:
        from ..host.lora import apply_lora

        if (model is None) != (clip is None):
            raise RunError("Wire model and clip, both, to put the LoRA on them; or none, to put it on the run's base.")
        if model is None and lora is None:
            raise RunError("There is no model to put a LoRA on: wire model and clip, or the lora of a run.")
        vae = withheld(_NO_VAE)
        if model is None and lora is not None:
            base = lora.models.loaded
            model, clip, vae = base.model, base.clip, base.vae
        named = [] if lora_name == NOTHING else [(lora_path(lora_name), strength, strength)]
        own = [] if lora is None else [(lora.path, strength, strength)]
        files = [*own, *named, *_of_stack(lora_stack)]
        for path, on_model, on_clip in files:
            model, clip = apply_lora(model, clip, path, on_model, on_clip)
        trigger = lora.trigger if lora is not None else _trigger_of(named)
        return io.NodeOutput(model, clip, vae, trigger, ui={"text": words_of(_said(files, trigger))})


def _said(files: Sequence[tuple[Any, float, float]], trigger: str) -> str:
    """What was put on, and the word to name in the prompt."""
    if not files:
        return "No LoRA is chosen: the model is as it came."
    on = ", ".join(f"{path.stem} at {on_model:g}" for path, on_model, _ in files)
    return f"{on}. " + (f"Name {trigger} in the prompt." if trigger else "The file names no trigger.")


def _of_stack(stack: Sequence[Sequence[Any]] | None) -> list[tuple[Any, float, float]]:
    """Files and strengths of a stack as other packs make them: (name, of the model, of the clip) each."""
    found: list[tuple[Any, float, float]] = []
    for row in _rows(stack):
        if not _is_row(row):
            raise RunError(f"lora_stack takes names with two strengths each, and {str(row)[:60]!r} came in.")
        if row[0] not in ("", "None", NOTHING):
            found.append((lora_path(row[0]), float(row[1]), float(row[2])))
    return found


def _rows(stack: Any) -> Sequence[Any]:
    return () if stack is None else stack if isinstance(stack, (list, tuple)) else (stack,)


def _is_row(row: Any) -> bool:
    return (
        isinstance(row, (list, tuple))
        and len(row) == 3
        and isinstance(row[0], str)
        and all(isinstance(strength, (int, float)) and math.isfinite(strength) for strength in row[1:])
    )


def _trigger_of(files: Sequence[tuple[Any, float, float]]) -> str:
    """What the file says of itself; "" where it says nothing."""
    from ...trainer.storage.tensor_header import read_header

    return read_header(files[0][0]).metadata.get("modelspec.trigger_phrase", "") if files else ""
