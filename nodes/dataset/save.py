"""Datasets written where trainers and people find them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from .._api import io
from ..checked import checked
from ..host.page import cancellable, is_cancelled
from ..host.pictures import SAVE_PLACES, pictures_folder, save_folder
from ..panel.budget import warnings_of
from ..panel.progress import reporter
from ..panel.sheet import left_out_lines
from ..sockets import DATASET

if TYPE_CHECKING:
    from ...trainer.dataset.dataset import Dataset

_LAYOUTS: Mapping[str, Any] = {"kohya folders": "kohya", "ai-toolkit folder": "ai-toolkit", "dataset.json": "json"}


@checked
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
            search_aliases=[
                "export dataset",
                "dataset",
                "save images",
                "save captions",
                "write captions",
                "caption files",
                "kohya folder",
                "ai-toolkit",
            ],
            is_output_node=True,
            hidden=[io.Hidden.unique_id],
            inputs=[
                DATASET.Input("dataset", tooltip="The dataset to write."),
                io.String.Input(
                    "name",
                    default="my_character",
                    tooltip="The folder's name: letters, digits, spaces, dots, - and _. No paths.",
                ),
                io.Combo.Input(
                    "place",
                    display_name="save in",
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
        save_folder(place, name)
        return True

    @classmethod
    def execute(cls, dataset: Dataset, name: str, place: str, layout: str, overwrite: bool) -> Any:  # noqa: PLR0913
        from ...trainer.dataset.files.resave import save_again
        from ...trainer.dataset.files.told import told

        folder = save_folder(place, name)
        with cancellable():
            saved = save_again(
                dataset,
                folder,
                _LAYOUTS[layout],
                overwrite=overwrite,
                notes=pictures_folder(".saved"),
                progress=reporter(cls.hidden.unique_id, "Saving"),
                cancelled=is_cancelled,
            )
        count = len(dataset.samples)
        said = f"{count} pictures saved in {place if place == 'input' else 'output/likeness_datasets'}/{name}."
        said = " ".join((said, *told(dataset, folder, _LAYOUTS[layout])))
        ui = {"text": (said,), "folder": (f"{place}/{name}",), "warning": warnings_of(left_out_lines(dataset))}
        return io.NodeOutput(saved, str(folder), ui=ui)
