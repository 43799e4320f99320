"""Datasets as folders: kohya's `10_sage_character/001.png` with `001.txt`, a flat folder, or `dataset.json`."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

from ..errors import DatasetError
from .dataset import Dataset
from .layout import Shelf, caption_of, fault_of, pictures, shelves
from .pixels import load_rgb, pixel_sha256
from .sample import Sample
from .split import hold_out

INDEX = "dataset.json"


def read_dataset(
    folder: Path, *, trigger: str | None = None, subject: str = "person", held_out: int = 0, recursive: bool = False
) -> Dataset:
    """Read `dataset.json` if there is one, else kohya folders, else the folder's pictures with captions beside them.

    `held_out` holds the last so many pictures out of training. Pictures without a caption get "".
    Raises one DatasetError that names every file that cannot be used.
    """
    if not folder.is_dir():
        raise DatasetError(f"{folder} is not a folder; give the folder that holds the pictures.")
    if (folder / INDEX).is_file():
        return _split(_from_index(folder, trigger), held_out)
    found = shelves(folder, recursive=recursive)
    samples = _samples(folder, found)
    word = trigger or _trigger(found)
    return _split(Dataset(samples=samples, trigger=word, subject=subject, root=folder), held_out)


def _samples(root: Path, found: Sequence[Shelf]) -> tuple[Sample, ...]:
    samples: list[Sample] = []
    faults = [f"{s.folder.name} asks for 0 repeats; name it 1_{s.trigger} or more." for s in found if s.repeats < 1]
    for shelf in found:
        for path in pictures(shelf):
            try:
                samples.append(_sample(path, root, shelf))
            except DatasetError as fault:
                faults.append(str(fault))
    if not samples and not faults:
        faults = [f"{root} holds no pictures; put PNG, JPEG or WebP files into it."]
    if faults:
        raise DatasetError.all_of(faults)
    return tuple(samples)


def _sample(path: Path, root: Path, shelf: Shelf) -> Sample:
    if fault := fault_of(path, root):
        raise DatasetError(fault)
    image = load_rgb(path)
    caption = caption_of(path)
    return Sample(
        path=path,
        sha256=pixel_sha256(image),
        width=image.width,
        height=image.height,
        caption=caption,
        author="hand" if caption else "none",
        split=shelf.split,
        repeats=max(shelf.repeats, 1),
    )


def _trigger(found: Sequence[Shelf]) -> str:
    words = sorted({shelf.trigger for shelf in found if shelf.trigger})
    if len(words) == 1:
        return words[0]
    if words:
        raise DatasetError(f"The folders name the triggers {', '.join(words)}; keep one, or give the trigger.")
    raise DatasetError("The folder names no trigger; give one, or name the folder like 10_sage_character.")


def _split(dataset: Dataset, held_out: int) -> Dataset:
    return dataset.with_samples(hold_out(dataset.samples, held_out)) if held_out else dataset


def _from_index(folder: Path, trigger: str | None) -> Dataset:
    try:
        dataset = Dataset.from_json(_index(folder / INDEX))
    except (TypeError, AttributeError) as fault:
        raise DatasetError(f"{folder / INDEX} is not a dataset ({fault}); mend it or delete it.") from None
    samples = tuple(replace(sample, path=folder / sample.path) for sample in dataset.samples)
    faults = [fault for sample in samples if (fault := _changed(sample, folder)) is not None]
    if not samples:
        faults = [f"{folder / INDEX} lists no pictures; delete it to read the folder itself."]
    if faults:
        raise DatasetError.all_of(faults)
    return replace(dataset, samples=samples, root=folder, trigger=trigger or dataset.trigger)


def _index(path: Path) -> dict[str, Any]:
    try:
        data: object = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as fault:
        raise DatasetError(f"{path} is not valid JSON ({fault}); mend it or delete it.") from None
    if not isinstance(data, dict):
        raise DatasetError(f"{path} is not a dataset; delete it to read the folder itself.")
    return cast(dict[str, Any], data)


def _changed(sample: Sample, root: Path) -> str | None:
    if fault := fault_of(sample.path, root):
        return fault
    try:
        image = load_rgb(sample.path)
    except DatasetError as fault:
        return str(fault)
    if pixel_sha256(image) != sample.sha256:
        return f"{sample.path.name} has changed since {INDEX} was written; delete {INDEX} to read the folder afresh."
    return None
