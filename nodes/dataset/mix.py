"""Datasets joined at a ratio."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...trainer.errors import DatasetError
from .._api import io
from ..checked import checked
from ..panel.budget import warnings_of
from ..panel.sheet import dataset_view
from ..sockets import DATASET

if TYPE_CHECKING:
    from ...trainer.dataset.dataset import Dataset


@checked
class MixDatasets(io.ComfyNode):
    """Several datasets as one, each with its share of the pictures shown in training."""

    @classmethod
    def define_schema(cls) -> Any:
        return io.Schema(
            node_id="LikenessMixDatasets",
            display_name="Mix datasets",
            category="Likeness/1 Dataset",
            description=(
                "Joins datasets of one character so that each is shown its share of the time: photos and renders "
                "60/40, full body and close-ups 70/30. Solved with the smallest whole repeats that come within 3 %, "
                "counting what training really shows, not files."
            ),
            search_aliases=[
                "merge datasets",
                "combine datasets",
                "join datasets",
                "concat datasets",
                "ratio",
                "repeats",
                "num repeats",
                "balance",
                "60/40",
                "70/30",
            ],
            is_output_node=True,
            inputs=[
                io.String.Input(
                    "shares",
                    default="60/40",
                    placeholder="60/40",
                    tooltip=(
                        "Each dataset's share, in the order of the sockets: 60/40, 70/30, 50/30/20. Only the ratio "
                        "counts. 60/40 is usual for style variants beside originals, 70/30 for body beside face."
                    ),
                ),
                io.Autogrow.Input(
                    "datasets",
                    template=io.Autogrow.TemplatePrefix(
                        input=DATASET.Input("dataset", tooltip="One of the datasets to join; another socket follows."),
                        prefix="dataset_",
                        min=2,
                        max=10,
                    ),
                    tooltip="Two to ten datasets of one character. The first gives trigger and subject.",
                ),
            ],
            outputs=[DATASET.Output(display_name="dataset", tooltip="All pictures, with their repeats.")],
        )

    @classmethod
    def validate_inputs(cls, shares: str, datasets: Any = None) -> bool | str:
        """Takes `datasets` because the host passes growing inputs to every validation."""
        from ...trainer.dataset.ratio import parse_shares

        parse_shares(shares)
        return True

    @classmethod
    def execute(cls, shares: str, datasets: dict[str, Dataset]) -> Any:
        from ...trainer.dataset.mix import mix
        from ...trainer.dataset.ratio import parse_shares

        parts = [part for part in datasets.values() if part is not None]
        ratio = parse_shares(shares)
        if len(ratio) != len(parts):
            raise DatasetError(
                f"{len(parts)} datasets are wired but shares {shares!r} names {len(ratio)}; name one each, as 60/40."
            )
        mixed = mix(parts, ratio)
        view = dataset_view(mixed.dataset, cls, said=mixed.sentence)
        return io.NodeOutput(mixed.dataset, ui={**view, "warning": warnings_of((*mixed.overlaps, *view["warning"]))})
