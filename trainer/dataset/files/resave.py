"""Saving into a folder again and again: what an earlier saving left there goes, unless somebody has touched it."""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Literal, cast

from ...errors import DatasetError
from ...images.picture_file import SUFFIXES
from ...runtime.steps import Progress, silent
from ...runtime.work import never
from ...storage.atomic import write_atomically
from ...storage.values import json_file
from ..dataset import Dataset
from .index import INDEX
from .layout import CAPTION_SUFFIXES, lies_in
from .place import Place, aitoolkit_places, json_places, kohya_places
from .save import save_aitoolkit, save_json, save_kohya

Layout = Literal["kohya", "ai-toolkit", "json"]
_PLACES: Mapping[Layout, Callable[[Dataset, Path], list[Place]]] = {
    "kohya": kohya_places,
    "ai-toolkit": aitoolkit_places,
    "json": json_places,
}


def save_again(  # noqa: PLR0913
    dataset: Dataset,
    folder: Path,
    layout: Layout,
    *,
    overwrite: bool,
    notes: Path,
    progress: Progress = silent,
    cancelled: Callable[[], bool] = never,
) -> Dataset:
    """Save as the layout's own function does; `notes` is a folder that remembers what was written where.

    With `overwrite`, files that this function wrote earlier and nobody changed are removed when they are not of the
    dataset any more: pictures that were dropped since would be trained on. What lay there before it wrote anything is
    somebody else's and stays. Returns the dataset with the samples of `folder` where they lie now: numbers change when
    one is dropped. Raises as saving does, with the folder as it was.
    """
    folder = folder.resolve()
    places = _PLACES[layout](dataset, folder)
    ours = {path.resolve() for path in _files(places, folder, layout)}
    note = notes / f"{hashlib.sha256(str(folder).encode()).hexdigest()[:32]}.json"
    written = _untouched(note, folder)
    before = {path: _sha256(path) for path in ours if path.is_file() and path not in written}
    save = {"kohya": save_kohya, "ai-toolkit": save_aitoolkit, "json": save_json}[layout]
    leaving = sorted(_with_captions(written) - ours) if overwrite else []
    save(dataset, folder, overwrite=overwrite, leaving=leaving, progress=progress, cancelled=cancelled)
    there = {path: _sha256(path) for path in sorted(ours) if path.is_file()}
    _keep_note(note, folder, {path: sha256 for path, sha256 in there.items() if sha256 != before.get(path)})
    samples = (place.filled if lies_in(place.sample.path, folder) else place.sample for place in places)
    return dataset.with_samples(tuple(samples))


def _files(places: Sequence[Place], folder: Path, layout: Layout) -> set[Path]:
    pictures = {path for place in places for path in (place.picture, place.caption)}
    pictures |= {place.mask for place in places if place.has_mask}
    return pictures | {folder / INDEX} if layout == "json" else pictures


def _untouched(note: Path, folder: Path) -> set[Path]:
    """Noted files that are as they were written."""
    found = {folder / name: sha256 for name, sha256 in _noted(note).items() if lies_in(folder / name, folder)}
    return {path for path, sha256 in found.items() if path.is_file() and _sha256(path) == sha256}


def _with_captions(files: set[Path]) -> set[Path]:
    """Those that lie beside none but each other: a picture counts as touched with its caption."""
    return {path for path in files if all(beside in files for beside in _beside(path))}


def _beside(path: Path) -> list[Path]:
    return [beside for suffix in (*CAPTION_SUFFIXES, *SUFFIXES) if (beside := path.with_suffix(suffix)).exists()]


def _noted(note: Path) -> dict[str, str]:
    try:
        rows = json_file(note).get("written")
    except (OSError, ValueError):
        return {}
    known = cast(dict[str, object], rows) if isinstance(rows, dict) else {}
    return {name: sha256 for name, sha256 in known.items() if isinstance(sha256, str)}


def _keep_note(note: Path, folder: Path, files: Mapping[Path, str]) -> None:
    rows = {path.relative_to(folder).as_posix(): sha256 for path, sha256 in files.items()}
    try:
        write_atomically(note, json.dumps({"written": rows}).encode())
    except OSError as fault:
        raise DatasetError(f"{note} cannot be written: {fault.strerror or fault}. Free some space.") from fault


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
