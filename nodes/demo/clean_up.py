"""What runs, caches and kept pictures take on the disk, and removing what nobody needs."""

from __future__ import annotations

import math
from typing import Any

from .._api import io
from ..checked import checked
from ..host.images import to_image
from ..host.kept_places import kept_places
from ..host.page import cancellable, is_cancelled
from ..panel.sheet import picture_view

_SHOW = "nothing, only show"
_LOSSLESS = ("drafts", "caches", "states", "comparisons", "readings", "pictures", "previews", "empty runs")
_KINDS = {
    _SHOW: (),
    "half-written files": ("drafts",),
    "what can be made again": _LOSSLESS,
    "also samples and checkpoints nobody chose": (*_LOSSLESS, "samples", "checkpoints"),
}


@checked
class CleanUp(io.ComfyNode):
    """Shows what is kept; removes what it is told to."""

    @classmethod
    def define_schema(cls) -> Any:
        return io.Schema(
            node_id="LikenessCleanUp",
            display_name="Clean up",
            category="Likeness/Demo",
            description=(
                "What every run, cache and kept picture takes on the disk, and which of it nobody needs any more. "
                "Removes nothing until it is told to, and then never what a run at work, a run that can go on, a "
                "saved dataset or a report needs, the chosen or the last checkpoint, nor a file that is not this "
                "pack's."
            ),
            search_aliases=["free disk space", "clear cache", "delete runs", "disk usage", "cleanup", "remove cache"],
            is_output_node=True,
            inputs=[
                io.Combo.Input(
                    "remove",
                    options=[*_KINDS],
                    default=_SHOW,
                    tooltip=(
                        "What can be made again: half-written files, caches and states of finished runs, pictures "
                        "that no report and no dataset names. Samples and checkpoints cannot: only those of finished "
                        "runs go, without the first and last samples, and once a comparison has chosen a checkpoint."
                    ),
                ),
                io.Int.Input(
                    "idle_days",
                    default=30,
                    min=1,
                    max=3650,
                    advanced=True,
                    tooltip=(
                        "Crops, variants, previews and pictures of comparisons used within so many days stay: "
                        "a graph that is not saved may need them."
                    ),
                ),
            ],
            outputs=[
                io.String.Output(display_name="report", tooltip="What is kept and what may go, a line each."),
                io.Image.Output(display_name="sheet", tooltip="A bar a run and folder, and what of it may go."),
            ],
        )

    @classmethod
    def fingerprint_inputs(cls, **_: Any) -> float:
        # Never the same: the disk has changed since.
        return math.nan

    @classmethod
    def execute(cls, remove: str = _SHOW, idle_days: int = 30) -> Any:
        from ...trainer.upkeep.clean import clean
        from ...trainer.upkeep.kept import of_kinds
        from ...trainer.upkeep.kept_sheet import draw_kept
        from ...trainer.upkeep.plan_cleaning import plan_cleaning
        from ...trainer.upkeep.words import cleaned_lines, summary_lines, table_lines

        places, said = kept_places(), list[str]()
        with cancellable():
            items = plan_cleaning(places, idle_days=idle_days)
            if wanted := of_kinds(items, _KINDS[remove]):
                said = list(cleaned_lines(clean(wanted, places, idle_days=idle_days, cancelled=is_cancelled)))
                items = plan_cleaning(places, idle_days=idle_days)
        summary, sheet = [*said, *summary_lines(items)], to_image([draw_kept(items)])
        report = "\n".join((*summary, *table_lines(items)))
        return io.NodeOutput(report, sheet, ui=picture_view(sheet, cls, "\n".join(summary)))
