"""What kohya's dataset files and LoRA_Easy_Training_Scripts say of pictures, inside a file of settings."""

from collections.abc import Mapping
from typing import Any, cast

from ..keys import PLACE, Keys
from .others import leave_pictures

ALSO = "further resolutions"
"""No option of kohya's: the sizes of datasets beside the largest, on their way to the buckets."""
_OF_THE_RECIPE = ("shuffle_caption", "keep_tokens", "caption_dropout_rate", "caption_tag_dropout_rate")
_TOLD = {
    "image_dir": PLACE,
    "num_repeats": "repeats belong to the dataset: folders named 10_name, or Load character dataset",
    "class_tokens": "captions belong to the dataset",
    "is_reg": "regularisation pictures are an input of Train character LoRA",
    "conditioning_data_dir": PLACE,
}


def take_subsets(keys: Keys) -> None:
    """Settings of all folders alike count as the file's own; the rest is told."""
    if "batch_size" in keys:
        keys.rename("batch_size", "train_batch_size")
    for name in ("subsets", "datasets"):
        given = keys.raw(name)
        if given not in (None, "", []):
            _take(keys, name, given)


def _take(keys: Keys, name: str, given: Any) -> None:
    rows = cast("list[Any]", given) if isinstance(given, list) else [given]
    if not all(isinstance(row, Mapping) for row in rows):
        keys.note(name, given, "settings of picture folders belong here")
        return
    if name == "datasets":
        _take_sizes(keys, cast("list[Mapping[str, Any]]", rows))
    for number, row in enumerate(rows, 1):
        inner = Keys(cast("Mapping[str, Any]", row), keys.file, keys.whose)
        take_subsets(inner)
        for setting in _OF_THE_RECIPE:
            values = [each.get(setting) for each in cast("list[Mapping[str, Any]]", rows)]
            if setting in inner and all(value == values[0] for value in values):
                keys.offer(setting, inner.raw(setting))
            else:
                inner.leave(setting, "set for all folders alike here", unless=(0, 0.0))
        for setting, why in _TOLD.items():
            inner.leave(setting, why)
        _of_one_folder(keys, inner)
        keys.absorb(inner, f"{name}[{number}]")


def _take_sizes(keys: Keys, rows: list[Mapping[str, Any]]) -> None:
    """The same folders at several sizes are one dataset that is shown at each."""
    sizes = [row.get("resolution") for row in rows]
    sides = sorted({each for each in sizes if isinstance(each, int) and not isinstance(each, bool)})
    if len(sides) < 2 or len(sides) != len(set(map(str, sizes))):
        return
    folders = [[each.get("image_dir") for each in _mappings(row.get("subsets"))] for row in rows]
    if all(each == folders[0] for each in folders):
        keys.offer("resolution", sides[-1])
        keys.offer(ALSO, sides[:-1])
        return
    for number, size in enumerate(sizes[1:], 2):
        keys.note(f"datasets[{number}].resolution", size, "one size for all folders here: the first one's")


def _mappings(given: Any) -> list[Mapping[str, Any]]:
    rows = cast("list[Any]", given) if isinstance(given, list) else []
    return [cast("Mapping[str, Any]", row) for row in rows if isinstance(row, Mapping)]


def _of_one_folder(keys: Keys, inner: Keys) -> None:
    """Settings with the file's own names: of the first folder that has them."""
    for setting in ("resolution", "train_batch_size", "enable_bucket", "min_bucket_reso", "max_bucket_reso"):
        if setting in inner:
            keys.offer(setting, inner.raw(setting))
    if "bucket_reso_steps" in inner:
        keys.offer("bucket_reso_steps", inner.raw("bucket_reso_steps"))
    leave_pictures(inner)
    inner.leave("bucket_no_upscale", "pictures smaller than their bucket are scaled up and named")
