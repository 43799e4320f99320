"""What other trainers must be told to read a saved folder as it is meant."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from ...images.masks import FOLDER
from ..dataset import Dataset
from ..sample import Sample
from .place import aitoolkit_places

_MASKS = {
    "kohya": (
        "kohya's trainers heed them where the dataset file names that folder (conditioning_data_dir) and masked_loss "
        "is set, as recipe export --data and Export recipe with this folder loaded write it"
    ),
    "ai-toolkit": "give it to ai-toolkit as mask_path",
}
_WITHOUT_CAPTION = {
    "kohya": "with conditioning_data_dir kohya's trainers read an empty one; caption them",
    "ai-toolkit": "ai-toolkit reads an empty one; caption them, or set default_caption to {!r}",
}


def told(dataset: Dataset, folder: Path, layout: str) -> Iterator[str]:
    """A sentence for each thing that the saved files alone do not say."""
    train = dataset.train
    if layout == "ai-toolkit":
        yield from _folders(dataset, folder)
    yield from _masks(train, folder, layout)
    if several := sum(bool(sample.alternatives) for sample in train):
        have = f"{several} of {len(train)} pictures have several captions"
        if layout == "ai-toolkit":
            yield f"{have}, of which the first was saved: ai-toolkit reads all lines of a file as one caption."
        elif layout == "kohya":
            yield f"{have}, one a line; set enable_wildcard, without it kohya's trainers read the first alone."
    bare = sum(not sample.caption for sample in train)
    is_read_as_empty = layout == "ai-toolkit" or any(sample.mask is not None for sample in train)
    if bare and is_read_as_empty and layout in _WITHOUT_CAPTION:
        why = _WITHOUT_CAPTION[layout].format(f"{dataset.trigger}, {dataset.subject}")
        yield f"{bare} of {len(train)} pictures have no caption: {why}."


def _masks(train: Sequence[Sample], folder: Path, layout: str) -> Iterator[str]:
    masked = sum(sample.masked for sample in train)
    if any(sample.mask is not None for sample in train):
        what = f"The masks of {masked} of {len(train)} pictures lie in {folder / FOLDER}"
        white = ", white ones for the others" if masked < len(train) and layout in _MASKS else ""
        yield f"{what}{white}; {_MASKS[layout]}." if layout in _MASKS else f"{what}."
    elif masked and layout in _MASKS:
        whose = "kohya's trainers" if layout == "kohya" else "ai-toolkit"
        yield f"{masked} of {len(train)} pictures are masked by their transparency; set alpha_mask for {whose}."


def _folders(dataset: Dataset, folder: Path) -> Iterator[str]:
    """ai-toolkit has repeats by dataset, and reads all folders below the one it is given."""
    places = [place for place in aitoolkit_places(dataset, folder) if place.sample.split == "train"]
    repeats = {place.picture.parent: place.sample.repeats for place in places}
    if folder not in repeats:
        each = [f"{path.name} with num_repeats {count}" for path, count in sorted(repeats.items())]
        what = "a dataset for each folder" if len(each) > 1 else "the folder inside as folder_path"
        yield f"Give ai-toolkit {what}: {', '.join(each)}; {folder.name} itself holds more than is to be trained on."
