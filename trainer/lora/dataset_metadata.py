"""What a LoRA file says of the pictures it was trained on, in kohya's words.

Names of folders and tags of captions go wherever the file goes: `tag_frequency` off leaves both out.
"""

from collections import Counter
from collections.abc import Sequence

from ..dataset.dataset import Dataset
from ..dataset.placed_sample import place_samples, shown_by_bucket
from ..dataset.sample import Sample
from ..recipe.recipe import Recipe


def dataset_words(recipe: Recipe, dataset: Dataset, regularisation: Dataset | None) -> dict[str, object]:
    """Bucket table and, unless they are to stay private, tags and folders."""
    said: dict[str, object] = {"ss_bucket_info": _buckets(recipe, dataset)}
    if recipe.output.tag_frequency:
        said["ss_tag_frequency"] = tag_frequency(dataset.train)
        said["ss_dataset_dirs"] = _folders(dataset.train)
        if regularisation is not None:
            said["ss_reg_dataset_dirs"] = _folders(regularisation.train)
    return said


def tag_frequency(samples: Sequence[Sample]) -> dict[str, dict[str, int]]:
    """How often each comma-separated tag occurs, by folder, in small letters (kohya's `set_tag_frequency`)."""
    found: dict[str, Counter[str]] = {}
    for sample in samples:
        tags = [tag.strip().lower() for tag in sample.caption.split(",")]
        found.setdefault(sample.path.parent.name, Counter()).update(tag for tag in tags if tag)
    return {folder: dict(counts) for folder, counts in found.items()}


def _folders(samples: Sequence[Sample]) -> dict[str, dict[str, int]]:
    """Repeats and number of pictures, by folder; a folder of different repeats tells its largest."""
    found: dict[str, dict[str, int]] = {}
    for sample in samples:
        row = found.setdefault(sample.path.parent.name, {"n_repeats": 0, "img_count": 0})
        row["n_repeats"] = max(row["n_repeats"], sample.repeats)
        row["img_count"] += 1
    return found


def _buckets(recipe: Recipe, dataset: Dataset) -> dict[str, object]:
    """kohya's count of pictures a bucket, and how many were smaller than theirs and had to be scaled up."""
    placed = place_samples(dataset.train, recipe.buckets)
    rows = [{"resolution": list(size), "count": count} for size, count in sorted(shown_by_bucket(placed).items())]
    return {
        "buckets": {str(number): row for number, row in enumerate(rows)},
        "scaled_up": sum(one.placement.scales_up for one in placed),
    }
