"""Datasets into folders that kohya's trainers and ai-toolkit read, or beside a `dataset.json`."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from pathlib import Path

from ...errors import DatasetError
from ...runtime.steps import Progress, Steps, silent, stepped
from ...runtime.work import never
from ..dataset import Dataset
from .atomic_batch import AtomicBatch, atomic_batch
from .encode import is_rgba, mask_png, png_of
from .index import INDEX, foreign_index, index_of
from .place import (
    Place,
    aitoolkit_places,
    clashes,
    escapes,
    has_caption,
    has_no_caption,
    holds,
    json_places,
    kohya_places,
    untracked_files,
)

_STOPPED = "Saving stopped after {done} of {total} steps; the folder is as it was."


def save_kohya(
    dataset: Dataset,
    folder: Path,
    *,
    overwrite: bool = False,
    leaving: Collection[Path] = (),
    progress: Progress = silent,
    cancelled: Callable[[], bool] = never,
) -> Path:
    """Write `folder/N_trigger/001.png` and `001.txt`, one folder a number of repeats, held-out pictures in `held_out`.

    Raises DatasetError, with nothing written, when other pictures or captions are there already; `overwrite`
    replaces files of the same name, but never leaves untracked files in a folder that will be trained on. Files that
    are `leaving` go with it, once what is written from them is in place. Progress
    counts a step for every picture that is compared with what is there, and one for every picture written. Raises
    Cancelled between two, with the folder as it was.
    """
    places = kohya_places(dataset, folder)
    return _save(dataset, places, folder, overwrite, leaving, _steps(places, overwrite, progress, cancelled))


def save_aitoolkit(
    dataset: Dataset,
    folder: Path,
    *,
    overwrite: bool = False,
    leaving: Collection[Path] = (),
    progress: Progress = silent,
    cancelled: Callable[[], bool] = never,
) -> Path:
    """Write `folder/001.png` and `001.txt`; with repeats or held-out pictures `N_trigger` and `held_out` as for kohya.

    A flat folder names no trigger: give it when reading it again. Of several captions the first is written, since
    ai-toolkit reads all lines as one. Raises as `save_kohya` does.
    """
    single = dataset.with_samples(tuple(replace(sample, alternatives=()) for sample in dataset.samples))
    places = aitoolkit_places(single, folder)
    return _save(single, places, folder, overwrite, leaving, _steps(places, overwrite, progress, cancelled))


def save_json(
    dataset: Dataset,
    folder: Path,
    *,
    overwrite: bool = False,
    leaving: Collection[Path] = (),
    progress: Progress = silent,
    cancelled: Callable[[], bool] = never,
) -> Path:
    """Write `folder/dataset.json`, all that is known of every picture; pictures from elsewhere go into kohya folders.

    Caption files beside the pictures are kept equal. Raises DatasetError, with nothing written, when one says something
    else or another picture is in the way, unless `overwrite`. Progress and Cancelled are as of `save_kohya`.
    """
    if fault := foreign_index(folder):
        raise DatasetError(fault)
    places = json_places(dataset, folder)
    steps = _steps(places, overwrite, progress, cancelled)
    _check(places, folder, dataset.trigger, overwrite, steps)
    here = tuple(place.filled for place in places)
    with atomic_batch(folder) as stage:
        _put(stage, places, dataset.trigger, steps)
        stage.write(folder / INDEX, index_of(dataset.with_samples(here), folder.resolve()))
        stage.remove(leaving)
    return folder / INDEX


def _save(  # noqa: PLR0913
    dataset: Dataset,
    places: Sequence[Place],
    folder: Path,
    overwrite: bool,
    leaving: Collection[Path],
    steps: Steps,
) -> Path:
    faults = untracked_files(places, folder, leaving)
    if (folder / INDEX).exists() and folder / INDEX not in leaving:
        faults.append(f"{INDEX} lies in {folder} and would be read instead; move it or choose another folder.")
    if faults:
        raise DatasetError.all_of(faults)
    _check(places, folder, dataset.trigger, overwrite, steps)
    with atomic_batch(folder) as stage:
        _put(stage, places, dataset.trigger, steps)
        stage.remove(leaving)
    return folder


def _steps(places: Sequence[Place], overwrite: bool, progress: Progress, cancelled: Callable[[], bool]) -> Steps:
    return Steps(len(places) * (1 if overwrite else 2), _STOPPED, progress, cancelled)


def _check(places: Sequence[Place], folder: Path, trigger: str, overwrite: bool, steps: Steps) -> None:
    faults = escapes(places, folder)
    if not overwrite:
        compared = stepped(places, lambda place: tuple(clashes(place, trigger)), steps, _name, _pixels)
        faults += [fault for _, found in compared for fault in found]
    if faults:
        raise DatasetError.all_of(faults)


def _put(stage: AtomicBatch, places: Sequence[Place], trigger: str, steps: Steps) -> None:
    """Write what is not there yet; a file that needs no change keeps its time."""
    for index, data in stepped(places, _due_picture, steps, _name, _pixels):
        if data is not None:
            stage.write(places[index].picture, data)
    for place in places:
        if place.has_mask:
            stage.write(place.mask, mask_png(place.sample))
    for place in places:
        is_wanted = not has_no_caption(place) or (any(place.sample.captions) and not place.stays)
        if is_wanted and not has_caption(place, trigger):
            stage.write(place.caption, place.caption_bytes)


def _name(place: Place) -> str:
    return place.name


def _pixels(place: Place) -> int:
    return place.sample.pixels


def _due_picture(place: Place) -> bytes | None:
    if place.stays or (holds(place.picture, place.sample) and (not place.has_alpha or is_rgba(place.picture))):
        return None
    return png_of(place.sample, with_alpha=place.has_alpha)
