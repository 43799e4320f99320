"""Pictures of a character from the host's folders."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...trainer.errors import DatasetError
from .._api import io
from ..checked import UNKNOWN, checked
from ..host.folders import dataset_folder, dataset_folders, input_folder
from ..host.page import cancellable, is_cancelled
from ..host.pictures import dataset_fingerprint
from ..panel.progress import reporter
from ..panel.sheet import dataset_view, held_out_line
from ..sockets import DATASET
from .widgets import alpha_input, alpha_of

if TYPE_CHECKING:
    from ...trainer.dataset.dataset import Dataset

NO_FOLDER = "put a folder of pictures into ComfyUI's input folder, then press R"


@checked
class LoadCharacterDataset(io.ComfyNode):
    """A folder under input/ or a registered `datasets` root as a DATASET."""

    @classmethod
    def define_schema(cls) -> Any:
        return io.Schema(
            node_id="LikenessLoadCharacterDataset",
            display_name="Load character dataset",
            category="Likeness/1 Dataset",
            description=(
                "Pictures of one character with their captions (.txt beside each picture), from a folder of ComfyUI's "
                "input folder or of a `datasets` root in extra_model_paths.yaml. kohya folders (10_wrenna_character) "
                "and dataset.json are understood. Use 10 to 50 pictures; 20 to 30 is best. Files that cannot be used "
                "are named on the node and left out."
            ),
            search_aliases=[
                "load images folder",
                "load images from folder",
                "load image folder",
                "load images",
                "load dataset",
                "dataset",
                "image folder",
                "folder of images",
                "training images",
                "upload images",
                "kohya folder",
                "captions",
            ],
            has_intermediate_output=True,
            hidden=[io.Hidden.unique_id],
            inputs=[
                io.Combo.Input(
                    "folder",
                    options=[*dataset_folders(), NO_FOLDER],
                    tooltip=(
                        "The folder with the pictures. Upload one below, or put it into ComfyUI's input folder and "
                        "press R."
                    ),
                ),
                io.String.Input(
                    "trigger",
                    default="",
                    placeholder="wrenna_character (empty: from the folder's name)",
                    tooltip=(
                        "One made-up word that will mean this character, like wrenna_character. Empty takes it from "
                        "the folder's name (my cat girl: my_cat_girl) and says so. A common word such as woman would "
                        "lose its own meaning."
                    ),
                ),
                io.String.Input(
                    "subject",
                    default="",
                    placeholder="person (empty: from the folder's name)",
                    tooltip=(
                        "What the character is in one plain word: person, woman, man, robot, cat. Empty takes the "
                        "class word in a kohya folder's name (10_zxq woman), else person."
                    ),
                ),
                io.Int.Input(
                    "held_out",
                    display_name="held-out pictures",
                    default=3,
                    min=0,
                    max=64,
                    tooltip=(
                        "How many pictures are kept out of training, so that likeness is measured on pictures the LoRA "
                        "has not seen. 3 to 8 is good; 0 scores against pictures that were trained on, which flatters "
                        "memorising."
                    ),
                ),
                alpha_input(),
            ],
            outputs=[DATASET.Output(display_name="dataset", tooltip="Pictures, captions and trigger word.")],
        )

    @classmethod
    def validate_inputs(cls, folder: str) -> bool | str:
        if folder == NO_FOLDER:
            return (
                f"No folder is chosen. Press Upload on the node, or put a folder with 10 to 50 pictures of your "
                f"character into {input_folder()} and press R; then choose it in folder."
            )
        dataset_folder(folder)
        return True

    @classmethod
    def fingerprint_inputs(cls, folder: str | None, **words: Any) -> Any:
        """Changes with any picture or caption of the folder, so that an edited caption counts."""
        if folder is None:
            return UNKNOWN
        try:
            found = dataset_fingerprint(dataset_folder(folder))
        except DatasetError:  # asked of nodes that are not going to run, too
            found = ""
        return found, sorted(words.items())

    @classmethod
    def execute(cls, folder: str, trigger: str, subject: str, held_out: int, alpha: str = "white") -> Any:  # noqa: PLR0913
        from ...trainer.dataset.files.folder import read_dataset

        with cancellable():
            dataset = read_dataset(
                dataset_folder(folder),
                trigger=trigger.strip() or None,
                subject=subject.strip(),
                held_out=held_out,
                alpha=alpha_of(alpha),
                progress=reporter(cls.hidden.unique_id, "Reading"),
                cancelled=is_cancelled,
            )
        told = "\n".join(line for line in (_trigger_line(dataset, trigger), held_out_line(dataset)) if line)
        return io.NodeOutput(dataset, ui=dataset_view(dataset, cls, told=told))


def _trigger_line(dataset: Dataset, given: str) -> str:
    """Where the trigger comes from when nobody wrote one, and what speaks against it, before captions have it."""
    from ...trainer.captions.rules.trigger import check_trigger

    taken = (
        ""
        if given.strip()
        else f"Trigger {dataset.trigger}, taken from the folder; write one into trigger for another."
    )
    faults = [found.text for found in check_trigger(dataset.trigger, None, {}) if found.level != "note"]
    return " ".join(filter(None, (taken, *faults)))
