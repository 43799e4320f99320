"""kohya's dataset TOML (`--dataset_config`): a dataset's folders, repeats and buckets in its words."""

from collections import Counter
from pathlib import Path
from typing import Any

from ..dataset.dataset import Dataset
from ..errors import DatasetError
from ..recipe.recipe import Recipe
from .kohya.words import bucket_settings


def kohya_dataset(recipe: Recipe, dataset: Dataset, regularisation: Dataset | None = None) -> str:
    """The file's text. DatasetError when a folder holds pictures of different repeats, which kohya cannot have."""
    import tomli_w

    subsets = _subsets(dataset, dataset.trigger)
    if regularisation is not None:
        subsets += [{**subset, "is_reg": True} for subset in _subsets(regularisation, dataset.subject)]
    whole: dict[str, Any] = {
        "general": {
            "caption_extension": ".txt",
            "shuffle_caption": recipe.text.shuffle,
            "keep_tokens": recipe.text.keep_tokens,
        },
        "datasets": [
            {
                "resolution": recipe.buckets.resolution,
                "batch_size": recipe.schedule.batch,
                **bucket_settings(recipe.buckets),
                "subsets": subsets,
            }
        ],
    }
    return tomli_w.dumps(whole)


def _subsets(dataset: Dataset, words: str) -> list[dict[str, Any]]:
    """A subset a folder. Held-out pictures that lie in the same folder would be trained by kohya."""
    repeats: dict[Path, Counter[int]] = {}
    for sample in dataset.train:
        repeats.setdefault(sample.path.parent, Counter())[sample.repeats] += 1
    held = {sample.path.parent for sample in dataset.held_out} & set(repeats)
    if held:
        raise DatasetError(
            f"{sorted(held)[0]} holds pictures to train on and held-out ones, which kohya would train too. "
            "Save the dataset, which puts them into folders of their own, and export that."
        )
    mixed = [folder for folder, counts in repeats.items() if len(counts) > 1]
    if mixed:
        raise DatasetError(f"{sorted(mixed)[0]} has pictures of different repeats. Save the dataset and export that.")
    return [
        {"image_dir": folder.as_posix(), "num_repeats": next(iter(counts)), "class_tokens": words}
        for folder, counts in sorted(repeats.items())
    ]
