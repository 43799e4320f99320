"""One checkpoint of a run into the host's loras folder."""

from collections.abc import Iterable
from typing import Any

from ...trainer.errors import RunError
from .._api import io
from ..checked import checked
from ..host.folders import check_name, longer_name
from ..host.lora_files import lora_path, publish_lora
from ..sockets import LORA, REPORT, ChosenLora, Comparison


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
                "Puts one checkpoint into ComfyUI's loras folder, where LoraLoader lists it at once. Takes the "
                "recommended one: the most like the character among those that still follow prompts, the earliest if "
                "several cannot be told apart. If none passes it says why instead of choosing."
            ),
            search_aliases=["best epoch", "select lora", "pick checkpoint", "save lora", "export lora"],
            is_output_node=True,
            inputs=[
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
            ],
            outputs=[
                LORA.Output(display_name="lora", tooltip="For Apply character LoRA."),
                io.String.Output(display_name="lora_name", tooltip="The name LoraLoader lists it by."),
            ],
        )

    @classmethod
    def validate_inputs(cls, save_as: str) -> bool | str:
        if save_as.strip():
            check_name(save_as.strip())
        return True

    @classmethod
    def execute(cls, report: Comparison, step: int, save_as: str) -> Any:
        from ...trainer.training.run.folder import RunFolder

        run = RunFolder(report.run.folder)
        checkpoints = {each.step: each.path for each in run.checkpoints()}
        wanted = step or report.report.chosen_step
        if wanted is None:
            raise RunError(f"{report.report.reason} To use one all the same, set its step: {_listed(checkpoints)}.")
        if wanted not in checkpoints:
            raise RunError(
                f"The run {report.run.name!r} has no checkpoint at step {wanted}; it has {_listed(checkpoints)}."
            )
        saved_as = save_as.strip() or longer_name(report.run.name, "_chosen")
        own = (*checkpoints.values(), *run.samples.glob("*.png"))
        saved = publish_lora(checkpoints[wanted], saved_as, run.sample_at(wanted), own)
        name = saved.name
        chosen = ChosenLora(path=lora_path(name), name=name, trigger=report.report.trigger, models=report.run.models)
        why = f"Step {wanted}, chosen by you." if step else report.report.reason
        said = " ".join(
            part for part in (f"{why}\nSaved as {name}.", saved.note, f"Prompt with {chosen.trigger}.") if part
        )
        return io.NodeOutput(chosen, name, ui={"text": (said,), "lora": (name,)})


def _listed(steps: Iterable[int]) -> str:
    return ", ".join(str(step) for step in sorted(steps))
