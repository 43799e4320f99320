"""One checkpoint of a comparison into the host's loras folder, and put on the model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...trainer.errors import ModelError, RunError, shortened
from .._api import io
from ..checked import checked
from ..host.folders import check_name, longer_name
from ..host.lora_files import lora_path
from ..host.page import cancellable, withheld
from ..panel.budget import warnings_of, words_of
from ..panel.comparison import comparison_view
from ..sockets import LORA, REPORT, ChosenLora, Comparison
from .chosen import Chosen, chosen_of, labels_of, publish_chosen

if TYPE_CHECKING:
    from ..host.models import HostBase

RECOMMENDED = 0.5


@checked
class ChooseCheckpoint(io.ComfyNode):
    """The recommended checkpoint, or the one the user prefers, into the host's loras folder."""

    @classmethod
    def define_schema(cls) -> Any:
        return io.Schema(
            node_id="LikenessChooseCheckpoint",
            display_name="Choose checkpoint",
            category="Likeness/4 Compare",
            description=(
                "Puts one checkpoint into ComfyUI's loras folder, where LoraLoader lists it at once, and on the model. "
                "Takes the recommended one: the most like the character among those that still follow prompts, the "
                "earliest if several cannot be told apart. Click a column in the grid to take another. If none passes "
                "it says why and gives nothing on. Why it was chosen is written into the file and a card beside it."
            ),
            search_aliases=[
                "best epoch",
                "best step",
                "best checkpoint",
                "pick checkpoint",
                "select lora",
                "choose lora",
                "save lora",
                "export lora",
            ],
            is_output_node=True,
            inputs=_inputs(),
            outputs=_outputs(),
        )

    @classmethod
    def validate_inputs(cls, save_as: str) -> bool | str:
        if save_as.strip():
            check_name(save_as.strip())
        return True

    @classmethod
    def execute(  # noqa: PLR0913
        cls,
        report: Comparison,
        step: int,
        save_as: str,
        identity_or_flexibility: float = RECOMMENDED,
        strength: float = 0.0,
        pick: str = "",
        model: Any = None,
        clip: Any = None,
    ) -> Any:
        with cancellable():
            chosen = chosen_of(report, pick=pick.strip(), step=step, preference=identity_or_flexibility)
            view = comparison_view(chosen.report, report.folder, pick.strip())
        if chosen.path is None:
            return _none(chosen, view)
        saved = publish_chosen(report, chosen, save_as.strip() or longer_name(report.name, "_chosen"))
        path, at = lora_path(saved.name), strength or chosen.strength
        lora = ChosenLora(path=path, name=saved.name, trigger=chosen.report.trigger, models=report.models)
        said = [chosen.why, f"Saved as {saved.name}.", saved.note, f"Prompt with {lora.trigger}, strength {at:g}."]
        shown = {"likeness_compare": (view,), "text": words_of(_said(said)), "lora": (saved.name,)}
        return io.NodeOutput(lora, saved.name, *_applied(lora, at, model, clip), at, ui=shown)


def _inputs() -> list[Any]:
    return [
        REPORT.Input("report", tooltip="From Compare checkpoints."),
        io.Int.Input(
            "step",
            default=0,
            min=0,
            max=1_000_000,
            tooltip="0 takes the recommended checkpoint; any other number the one saved at that step.",
        ),
        io.String.Input(
            "save_as",
            default="",
            placeholder="(the run's name)_chosen",
            tooltip="Name of the LoRA file in loras/likeness. Empty: the run's name with _chosen.",
        ),
        io.Float.Input(
            "identity_or_flexibility",
            default=RECOMMENDED,
            min=0.0,
            max=1.0,
            step=0.05,
            display_mode=io.NumberDisplay.slider,
            optional=True,
            tooltip=(
                "What a good checkpoint is: 0 only the most like the character, 1 only the freest with prompts, 0.5 "
                "both alike. Nothing is drawn anew."
            ),
        ),
        io.Float.Input(
            "strength",
            default=0.0,
            min=0.0,
            max=2.0,
            step=0.05,
            optional=True,
            tooltip="LoRA strength of model and clip. 0: the recommended one, of those the winner was compared at.",
        ),
        io.String.Input(
            "pick",
            display_name="picked column",
            default="",
            optional=True,
            placeholder="click a column, or write its name",
            tooltip="The column to take in place of the recommended one, saved with the workflow. Empty: recommended.",
        ),
        io.Model.Input(
            "model",
            optional=True,
            tooltip="To put the LoRA on. Left open, the base that was compared with. Wire model and clip, or neither.",
        ),
        io.Clip.Input(
            "clip", optional=True, tooltip="The text encoder of that model. Wire model and clip together, or neither."
        ),
    ]


def _outputs() -> list[Any]:
    return [
        LORA.Output(display_name="lora", tooltip="For Apply character LoRA."),
        io.String.Output(display_name="lora_name", tooltip="The name LoraLoader lists it by."),
        io.Model.Output(display_name="model", tooltip="The model with the LoRA on it."),
        io.Clip.Output(display_name="clip", tooltip="The text encoder with the LoRA on it."),
        io.Float.Output(display_name="strength", tooltip="The LoRA strength: what you set, else the recommended one."),
    ]


def _said(parts: list[str]) -> str:
    first, *rest = (part for part in parts if part)
    return f"{first}\n{' '.join(rest)}"


def _none(chosen: Chosen, view: Any) -> Any:
    """That none passes is an answer: what hangs on it waits, and says nothing of its own."""
    said = f"{chosen.why} To use one all the same, click its column or set its step: {labels_of(chosen.report)}."
    shown = {"likeness_compare": (view,), "text": words_of(""), "warning": warnings_of((said,))}
    return io.NodeOutput(*[withheld(None)] * len(_outputs()), ui=shown)


def _applied(lora: ChosenLora, strength: float, model: Any, clip: Any) -> tuple[Any, Any]:
    """MODEL and CLIP with the LoRA; what there is no base for is withheld with the reason."""
    from ..host.lora import apply_lora

    if (model is None) != (clip is None):
        raise RunError("Wire model and clip, both, to put the LoRA on them; or none, to put it on the run's base.")
    if model is not None:
        return apply_lora(model, clip, lora.path, strength)
    try:
        base: HostBase = lora.models.loaded
    except ModelError as fault:
        why = withheld(f"The LoRA is saved, and its base cannot be loaded: {shortened(str(fault), 400)}")
        return why, why
    return apply_lora(base.model, base.clip, lora.path, strength)
