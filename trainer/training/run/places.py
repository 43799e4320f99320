"""Paths in a run's files, written so that a folder that is shared for help tells nobody where and whose it was."""

import os
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

from ...dataset.dataset import Dataset
from ...families.base import Base

_WHOLE_PATH = re.compile(r"(?<![\w.~/\\])(?:[A-Za-z]:)?(?:[/\\][^\s/\\]+)*[/\\](?=[^\s/\\])")
"""The folders of a path from the root on."""


def told(path: Path, folder: Path) -> str:
    """`path` from the run's `folder` on, or from the home folder where the way would lead through its name.

    Only a place on another drive stays as it is.
    """
    place, start, home = _settled(path), folder.resolve(), _home()
    try:
        from_here = Path(os.path.relpath(place, start)).as_posix()
    except ValueError:  # Windows has no way from one drive to another
        from_here = place.as_posix()
    if home is None or not place.is_relative_to(home) or start.is_relative_to(home):
        return from_here
    return f"~/{place.relative_to(home).as_posix()}"


def found(text: str, folder: Path) -> Path:
    """The path that was told from `folder`; runs of before have whole ones, which stay."""
    home = _home()
    if text.startswith("~/") and home is not None:
        return home / text[2:]
    # Lexically: `..` behind a link would lead elsewhere than where it was told from.
    return Path(os.path.normpath(folder.resolve() / text))


def said(words: str, folder: Path) -> str:
    """Words that may name places, without the run's folder and the user's home in them; of others the last name."""
    for place, instead in ((folder.resolve(), "."), (folder.absolute(), "."), (_home(), "~")):
        if place is not None and place != place.parent:
            words = words.replace(place.as_posix(), instead).replace(str(place), instead)
    return _WHOLE_PATH.sub("", words)


def dataset_told(dataset: Dataset, folder: Path) -> dict[str, Any]:
    """The dataset's JSON for a run's folder."""
    data = dataset.to_json()
    data["root"] = told(dataset.root, folder)
    for row, sample in zip(data["samples"], dataset.samples, strict=True):
        row["path"] = told(sample.path, folder)
        row["mask"] = None if sample.mask is None else told(sample.mask, folder)
    for left in data["left_out"]:
        left["why"] = said(left["why"], folder)
    return data


def dataset_found(data: dict[str, Any], folder: Path) -> Dataset:
    """The dataset that `dataset_told` wrote into `folder`, its pictures where they were."""
    dataset = Dataset.from_json(data)
    samples = [
        replace(
            sample,
            path=found(sample.path.as_posix(), folder),
            mask=None if sample.mask is None else found(sample.mask.as_posix(), folder),
        )
        for sample in dataset.samples
    ]
    return replace(dataset, samples=tuple(samples), root=found(dataset.root.as_posix(), folder))


def base_told(base: Base, folder: Path) -> dict[str, Any]:
    """The base's JSON for a run's folder."""
    return {**base.to_json(), "files": {part: told(path, folder) for part, path in base.files.items()}}


def base_found(data: dict[str, Any], folder: Path) -> Base:
    """The base that `base_told` wrote into `folder`."""
    base = Base.from_json(data)
    return replace(base, files={part: found(path.as_posix(), folder) for part, path in base.files.items()})


def _settled(path: Path) -> Path:
    """The folder without links, the file by its own name: it is the same file, and a link's target is not told."""
    return path.parent.resolve() / path.name if path.name else path.resolve()


def _home() -> Path | None:
    try:
        return Path.home().resolve()
    except (RuntimeError, OSError):
        return None
