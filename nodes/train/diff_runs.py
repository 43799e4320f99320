"""What differs between two runs, side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...trainer.errors import RunError, shortened
from .._api import io
from ..checked import UNKNOWN, checked
from ..host.folders import file_fingerprint, run_folder, runs
from ..host.images import to_image
from ..panel.sheet import picture_view
from ..sockets import RUN

if TYPE_CHECKING:
    from pathlib import Path

    from ..sockets import Run

NO_RUN = "train a run first, then press R"


@checked
class DiffRuns(io.ComfyNode):
    """Settings, dataset, base and result of two runs, where they differ."""

    @classmethod
    def define_schema(cls) -> Any:
        return io.Schema(
            node_id="LikenessDiffRuns",
            display_name="Show what differs between runs",
            category="Likeness/3 Train",
            description=(
                "Holds two runs side by side: every setting that differs with both values, pictures added, removed or "
                "recaptioned, the base, and what came of each: losses and likeness in one chart, what the comparison "
                "chose, time and memory. A run that is still training is shown as far as it is."
            ),
            search_aliases=[
                "compare runs",
                "diff runs",
                "run history",
                "training history",
                "past runs",
                "what changed",
                "loss curve",
                "tensorboard",
            ],
            is_output_node=True,
            has_intermediate_output=True,
            inputs=[
                io.Combo.Input(
                    "first",
                    display_name="first run",
                    options=runs() or [NO_RUN],
                    tooltip="A run of output/likeness, by its name.",
                ),
                io.Combo.Input(
                    "second",
                    display_name="second run",
                    options=_second_first(runs()) or [NO_RUN],
                    tooltip="The run to hold against it. Take another than the first.",
                ),
                RUN.Input(
                    "first_run",
                    display_name="first run, wired",
                    optional=True,
                    tooltip="A run straight from Train character LoRA, in place of the name.",
                ),
                RUN.Input(
                    "second_run",
                    display_name="second run, wired",
                    optional=True,
                    tooltip="The second run straight from Train character LoRA, in place of the name.",
                ),
            ],
            outputs=[
                io.String.Output(display_name="differences", tooltip="What differs, in words."),
                io.Image.Output(display_name="sheet", tooltip="Both runs' curves in the same charts, and a table."),
            ],
        )

    @classmethod
    def validate_inputs(cls, first: str, second: str) -> bool | str:
        for name in (first, second):
            if name != NO_RUN and name not in runs():
                return f"There is no run {shortened(name)!r} in output/likeness; choose another, or press R."
        return True

    @classmethod
    def fingerprint_inputs(cls, first: str | None, second: str | None, **_: Any) -> Any:
        if first is None or second is None:
            return UNKNOWN
        return [file_fingerprint(run_folder(name)) for name in (first, second) if name in runs()]

    @classmethod
    def execute(cls, first: str, second: str, first_run: Run | None = None, second_run: Run | None = None) -> Any:
        from ...trainer.training.run.diff import diff_folders
        from ...trainer.training.run.diff_sheet import draw_diff
        from ...trainer.training.run.diff_words import diff_lines

        diff = diff_folders(_folder(first, first_run, "first"), _folder(second, second_run, "second"))
        text, sheet = "\n".join(diff_lines(diff)), to_image([draw_diff(diff)])
        return io.NodeOutput(text, sheet, ui=picture_view(sheet, cls, text))


def _second_first(names: list[str]) -> list[str]:
    """A new node begins with two different runs."""
    return [*names[1:2], *names[:1], *names[2:]]


def _folder(name: str, run: Run | None, which: str) -> Path:
    if run is not None:
        return run.folder
    if name == NO_RUN:
        raise RunError(
            f"No run is chosen as the {which}: train one with Train character LoRA, press R and choose it, or wire one "
            f"into {which}_run."
        )
    return run_folder(name)
