"""Datasets into folders that kohya's trainers read, or into `dataset.json`."""

import io
import json
from collections import defaultdict
from dataclasses import dataclass, replace
from pathlib import Path

from ..atomic import write_atomically
from ..errors import DatasetError
from .dataset import Dataset
from .folder import INDEX
from .layout import CAPTION_SUFFIXES, HELD_OUT, Shelf, caption_of, one_line, pictures
from .pixels import load_rgb, pixel_sha256
from .sample import Sample


@dataclass(frozen=True)
class _Place:
    sample: Sample
    picture: Path

    @property
    def caption(self) -> Path:
        return self.picture.with_suffix(CAPTION_SUFFIXES[0])


def save_kohya(dataset: Dataset, folder: Path, *, overwrite: bool = False) -> Path:
    """Write `folder/N_trigger/001.png` and `001.txt`, one folder a number of repeats, held-out pictures in `held_out`.

    Raises DatasetError, with nothing written, when other pictures or captions are there already; `overwrite`
    replaces files of the same name, but never leaves strangers in a folder that will be trained on.
    """
    places = _places(dataset, folder)
    faults = _strangers(places)
    if not overwrite:
        faults += [fault for place in places for fault in _clashes(place)]
    if faults:
        raise DatasetError.all_of(faults)
    # All pictures are read before one is written: the dataset may lie in this very folder, in another order.
    images = [(place, _png(place.sample.path)) for place in places if overwrite or not place.picture.exists()]
    for place, data in images:
        _write(place.picture, data)
    for place in places:
        if place.sample.caption or place.caption.exists():
            _write(place.caption, one_line(place.sample.caption).encode() + b"\n")
    return folder


def save_json(dataset: Dataset, folder: Path) -> Path:
    """Write `folder/dataset.json` for pictures that lie in `folder`; DatasetError names those that do not."""
    root = folder.resolve()
    outside = [s.path.name for s in dataset.samples if not s.path.resolve().is_relative_to(root)]
    if outside:
        raise DatasetError(f"{', '.join(outside)} not in {folder}; save the dataset as kohya folders there first.")
    inside = tuple(replace(s, path=s.path.resolve().relative_to(root)) for s in dataset.samples)
    data = replace(dataset, samples=inside, root=Path()).to_json()
    _write(folder / INDEX, json.dumps(data, indent=2, ensure_ascii=False).encode() + b"\n")
    return folder / INDEX


def _places(dataset: Dataset, folder: Path) -> list[_Place]:
    shelves: dict[str, list[Sample]] = defaultdict(list)
    for sample in dataset.samples:
        name = HELD_OUT if sample.split == "held_out" else f"{sample.repeats}_{dataset.trigger}"
        shelves[name].append(sample)
    return [
        _Place(sample, folder / name / f"{number:03d}.png")
        for name, samples in shelves.items()
        for number, sample in enumerate(samples, 1)
    ]


def _strangers(places: list[_Place]) -> list[str]:
    ours = {place.picture for place in places}
    folders = sorted({path.parent for path in ours if path.parent.is_dir()})
    return [
        f"{path.parent.name}/{path.name} lies there but is not in the dataset; move it or choose another folder."
        for folder in folders
        for path in pictures(Shelf(folder))
        if path not in ours
    ]


def _clashes(place: _Place) -> list[str]:
    name = f"{place.picture.parent.name}/{place.picture.name}"
    faults: list[str] = []
    if place.picture.exists() and pixel_sha256(load_rgb(place.picture)) != place.sample.sha256:
        faults.append(f"{name} is there already with another picture; choose another folder or allow overwriting.")
    present = any(place.picture.with_suffix(suffix).exists() for suffix in CAPTION_SUFFIXES)
    if present and caption_of(place.picture) != one_line(place.sample.caption):
        faults.append(f"{name} is there already with another caption; choose another folder or allow overwriting.")
    return faults


def _write(path: Path, data: bytes) -> None:
    try:
        write_atomically(path, data)
    except OSError as fault:
        reason = fault.strerror or str(fault)
        raise DatasetError(f"Cannot write {path}: {reason}. Free some space or choose another folder.") from fault


def _png(path: Path) -> bytes:
    buffer = io.BytesIO()
    load_rgb(path).save(buffer, "PNG")
    return buffer.getvalue()
