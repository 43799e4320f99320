"""What other trainers must be told to read a saved folder as it is meant."""

from collections.abc import Iterator
from pathlib import Path

from ...images.masks import FOLDER
from ..dataset import Dataset

_MASKS = {
    "kohya": "give it to kohya's trainers as conditioning_data_dir, with masked_loss",
    "ai-toolkit": "give it to ai-toolkit as mask_path, and the folder of the pictures beside it as folder_path",
}


def told(dataset: Dataset, folder: Path, layout: str) -> Iterator[str]:
    """A sentence for each thing that the saved files alone do not say."""
    train = dataset.train
    if masked := sum(sample.mask is not None for sample in train):
        use = _MASKS.get(layout)
        where = f"The masks of {masked} of {len(train)} pictures lie in {folder / FOLDER}"
        yield f"{where}; {use}." if use else f"{where}."
    if several := sum(bool(sample.alternatives) for sample in train):
        have = f"{several} of {len(train)} pictures have several captions"
        if layout == "ai-toolkit":
            yield f"{have}, of which the first was saved: ai-toolkit reads all lines of a file as one caption."
        elif layout == "kohya":
            yield f"{have}, one a line; set enable_wildcard, without it kohya's trainers read the first alone."
