"""Datasets joined at a ratio, and written where trainers and people find them."""

import re
from collections.abc import Mapping
from typing import Any

from ..trainer.dataset.dataset import Dataset
from ..trainer.errors import DatasetError, LikenessError
from ._api import io
from .host_files import SAVE_PLACES, pictures_folder, save_folder
from .sheet import dataset_view
from .sockets import DATASET

_LAYOUTS: Mapping[str, Any] = {"kohya folders": "kohya", "ai-toolkit folder": "ai-toolkit", "dataset.json": "json"}
_MOST_DATASETS = 10
_NUMBER = re.compile(r"\d{1,6}(?:\.\d{1,3})?")


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
            search_aliases=["ratio", "combine datasets", "merge datasets", "repeats", "balance", "60/40", "70/30"],
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
                        max=_MOST_DATASETS,
                    ),
                    tooltip="Two to ten datasets of one character. The first gives trigger and subject.",
                ),
            ],
            outputs=[DATASET.Output(display_name="dataset", tooltip="All pictures, with their repeats.")],
        )

    @classmethod
    def validate_inputs(cls, shares: str, datasets: Any = None) -> bool | str:
        """Takes `datasets` because the host passes growing inputs to every validation."""
        try:
            parsed_shares(shares)
        except DatasetError as fault:
            return str(fault)
        return True

    @classmethod
    def execute(cls, shares: str, datasets: dict[str, Dataset]) -> Any:
        from ..trainer.dataset.mix import mix

        parts = [part for part in datasets.values() if part is not None]
        ratio = parsed_shares(shares)
        if len(ratio) != len(parts):
            raise DatasetError(
                f"{len(parts)} datasets are wired but shares {shares!r} names {len(ratio)}; name one each, as 60/40."
            )
        mixed = mix(parts, ratio)
        view = dataset_view(mixed.dataset, cls, said=mixed.sentence)
        return io.NodeOutput(mixed.dataset, ui={**view, "warning": (*mixed.overlaps, *view["warning"])})


class SaveDataset(io.ComfyNode):
    """A dataset as a folder, for any trainer."""

    @classmethod
    def define_schema(cls) -> Any:
        return io.Schema(
            node_id="LikenessSaveDataset",
            display_name="Save dataset",
            category="Likeness/1 Dataset",
            description=(
                "Writes the pictures as PNG with their captions beside them. kohya folders (10_sage_character/001.png) "
                "are read by kohya_ss, sd-scripts and Load character dataset; an ai-toolkit folder by ai-toolkit. "
                "Pictures or captions that differ from what lies there are never overwritten unless you allow it."
            ),
            search_aliases=["export dataset", "write captions", "kohya folder", "ai-toolkit", "save images", "dataset"],
            is_output_node=True,
            inputs=[
                DATASET.Input("dataset", tooltip="What to write."),
                io.String.Input(
                    "name",
                    default="my_character",
                    tooltip="The folder's name: letters, digits, spaces, dots, - and _. No paths.",
                ),
                io.Combo.Input(
                    "place",
                    options=[*SAVE_PLACES],
                    default=SAVE_PLACES[0],
                    tooltip=(
                        "input: ComfyUI's input folder, where Load character dataset lists it. "
                        "output: output/likeness_datasets."
                    ),
                ),
                io.Combo.Input(
                    "layout",
                    options=[*_LAYOUTS],
                    default=next(iter(_LAYOUTS)),
                    tooltip=(
                        "kohya folders carry repeats and trigger in their names. An ai-toolkit folder is flat. "
                        "dataset.json also keeps what was measured and decided, for loading it again."
                    ),
                ),
                io.Boolean.Input(
                    "overwrite",
                    default=False,
                    tooltip=(
                        "Off: stops and names files that differ, such as captions you edited by hand. On: replaces "
                        "them, and removes what this node saved there before and is dropped now. Other files stay."
                    ),
                ),
            ],
            outputs=[
                DATASET.Output(display_name="dataset", tooltip="The same dataset, for what comes after saving."),
                io.String.Output(display_name="folder", tooltip="Where it lies, as a path for other trainers."),
            ],
        )

    @classmethod
    def validate_inputs(cls, name: str, place: str) -> bool | str:
        try:
            save_folder(place, name)
        except LikenessError as fault:
            return str(fault)
        return True

    @classmethod
    def execute(cls, dataset: Dataset, name: str, place: str, layout: str, overwrite: bool) -> Any:  # noqa: PLR0913
        from ..trainer.dataset.resave import save_again

        folder = save_folder(place, name)
        save_again(dataset, folder, _LAYOUTS[layout], overwrite=overwrite, notes=pictures_folder() / ".saved")
        count = len(dataset.samples)
        said = f"{count} pictures saved in {place if place == 'input' else 'output/likeness_datasets'}/{name}."
        return io.NodeOutput(dataset, str(folder), ui={"text": (said,), "folder": (f"{place}/{name}",)})


def parsed_shares(text: str) -> list[float]:
    """Numbers out of 60/40, 60:40 or 60, 40; DatasetError for anything else."""
    parts = [part.strip().removesuffix("%").strip() for part in re.split(r"[/:,;]", text)]
    if not 2 <= len(parts) <= _MOST_DATASETS or not all(_NUMBER.fullmatch(part) for part in parts):
        raise DatasetError(f"The shares {text[:40]!r} cannot be read; write them as 60/40 or 50/30/20.")
    shares = [float(part) for part in parts]
    if not all(shares):
        raise DatasetError(f"A share in {text[:40]!r} is 0; give every dataset more, or take its wire away.")
    return shares
