"""Saving into a folder again and again: what an earlier saving left there goes, unless somebody has touched it."""

import hashlib
import json
import shutil
import tempfile
from collections.abc import Callable, Generator, Iterable, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from ...errors import DatasetError
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
) -> Path:
    """Save as the layout's own function does; `notes` is a folder that remembers what was written where.

    With `overwrite`, files that this function wrote earlier and nobody changed are removed when they are not of the
    dataset any more: pictures that were dropped since would be trained on. Raises as saving does, with the folder as
    it was.
    """
    ours = _files(_PLACES[layout](dataset, folder), folder, layout)
    note = notes / f"{hashlib.sha256(str(folder.resolve()).encode()).hexdigest()[:32]}.json"
    stale = [path for path in _untouched(note, folder) if path not in ours] if overwrite else []
    with _aside(stale, folder):
        save = {"kohya": save_kohya, "ai-toolkit": save_aitoolkit, "json": save_json}[layout]
        written = save(dataset, folder, overwrite=overwrite, progress=progress, cancelled=cancelled)
    _keep_note(note, folder, ours)
    return written


def _files(places: Iterable[Place], folder: Path, layout: Layout) -> set[Path]:
    places = list(places)
    pictures = {path for place in places for path in (place.picture, place.caption)}
    pictures |= {place.mask for place in places if place.has_mask}
    return pictures | {folder / INDEX} if layout == "json" else pictures


def _untouched(note: Path, folder: Path) -> list[Path]:
    """Noted files that are as they were written; a picture counts as touched with its caption."""
    known = _noted(note)
    root = folder.resolve()
    found = {folder / name: sha256 for name, sha256 in known.items() if lies_in(folder / name, root)}
    same = {path for path, sha256 in found.items() if path.is_file() and _sha256(path) == sha256}
    return sorted(path for path in same if all(beside in same for beside in _beside(path)))


def _beside(path: Path) -> list[Path]:
    return [beside for suffix in (*CAPTION_SUFFIXES, ".png") if (beside := path.with_suffix(suffix)).exists()]


def _noted(note: Path) -> dict[str, str]:
    try:
        rows = json_file(note)
    except (OSError, ValueError):
        return {}
    return {name: sha256 for name, sha256 in rows.items() if isinstance(sha256, str)}


def _keep_note(note: Path, folder: Path, files: Iterable[Path]) -> None:
    rows = {path.relative_to(folder).as_posix(): _sha256(path) for path in sorted(files) if path.is_file()}
    try:
        write_atomically(note, json.dumps(rows).encode())
    except OSError as fault:
        raise DatasetError(f"{note} cannot be written: {fault.strerror or fault}. Free some space.") from fault


@contextmanager
def _aside(files: list[Path], folder: Path) -> Generator[None]:
    """Files out of the way for the block: gone when it ends, back in their places when it raises."""
    if not files:
        yield
        return
    hidden = Path(tempfile.mkdtemp(dir=folder, prefix=".", suffix=".part"))
    moved = [(path, hidden / str(number)) for number, path in enumerate(files)]
    done: list[tuple[Path, Path]] = []
    try:
        for path, away in moved:
            path.replace(away)
            done.append((path, away))
        yield
    except BaseException:
        for path, away in done:
            away.replace(path)
        raise
    finally:
        shutil.rmtree(hidden, ignore_errors=True)
    for parent in {path.parent for path in files} - {folder}:
        if parent.is_dir() and not any(parent.iterdir()):
            parent.rmdir()


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
