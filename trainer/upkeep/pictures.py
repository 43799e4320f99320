"""Pictures that nodes keep by their contents: which of them a saved dataset, a run or a report names."""

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..storage.values import json_value
from .comparisons import Compared, compared_in
from .groups import Verdict, gathered, used_since
from .kept import Kept
from .names import NOTE, PICTURE, PREVIEW, RUN, is_draft
from .places import Places, files_below
from .run_parts import SEEDS

_HASH = re.compile(rb"[0-9a-f]{64}")
_INDEX = "dataset.json"
_DEPTH = 4
"""A saved dataset lies at most so deep below its root."""
_NOTES = ".notes"


def parts_of_pictures(places: Places, since: float) -> tuple[Kept, ...]:
    """The folder of pictures by content, its folders apart, with the notes on what they came from."""
    root = places.pictures
    named = named_pictures(places) if root.is_dir() else frozenset[str]()
    files = list(files_below(root))
    gone = {path.stem[:64] for path in files if not _needed(path, named, since)}
    found = gathered((path, _verdict(root, path, named, gone, since)) for path in files)
    return tuple(replace(item, files=tuple(sorted(item.files, key=_notes_last))) for item in found)


def parts_of_previews(places: Places, since: float) -> tuple[Kept, ...]:
    """Small JPEGs in the host's temp folder."""
    folder = places.previews
    files = [] if folder is None else [path for path in files_below(folder) if PREVIEW.fullmatch(path.name)]
    return gathered((path, ("previews", path.parent, _in_use(path, since))) for path in files)


def parts_of_compared(places: Places, since: float) -> tuple[Kept, ...]:
    """Comparisons of no run: of LoRA files, with models that were wired in."""

    known: dict[Path, Compared] = {}

    def verdicts() -> Iterator[tuple[Path, Verdict]]:
        for path in files_below(places.compared):
            where = next((each for each in path.parents if each.name.startswith("report")), path.parent)
            inside = path.relative_to(where.parent).as_posix()
            kind = next((kind for kind in ("comparisons", "readings") if RUN[kind].fullmatch(inside)), "reports")
            if is_draft(path):
                yield path, ("drafts", where, _in_use(path, since))
            else:
                if where not in known:
                    known[where] = compared_in(where)
                yield path, (kind, where, known[where].needed(kind, path, since))

    return gathered(verdicts())


def named_pictures(places: Places) -> frozenset[str]:
    """Every hash that a run's dataset, a saved dataset or a report names; any 64 hex digits count as one."""
    found: set[str] = set()
    for path in (*_of_runs(places.runs), *_indices((places.saved, *places.datasets)), *_reports(places)):
        try:
            found.update(match.decode() for match in _HASH.findall(path.read_bytes()))
        except OSError:
            continue
    return frozenset(found)


def _verdict(root: Path, path: Path, named: frozenset[str], gone: set[str], since: float) -> Verdict:
    if is_draft(path):
        return "drafts", root, _in_use(path, since)
    if path.parent.name == _NOTES and NOTE.fullmatch(path.name):
        return "pictures", path.parent.parent, _needed_note(path, gone)
    if PICTURE.fullmatch(path.name):
        return "pictures", path.parent, _needed(path, named, since)
    return "others", root, "not made by this pack, or a note on what it made"


def _notes_last(path: Path) -> tuple[bool, Path]:
    return path.parent.name == _NOTES, path


def _needed(path: Path, named: frozenset[str], since: float) -> str:
    match = PICTURE.fullmatch(path.name)
    if match is None:
        return "not a picture by its contents"
    return "a saved dataset or a run names them" if match["hash"] in named else _in_use(path, since)


def _needed_note(path: Path, gone: set[str]) -> str:
    """A note goes with its picture: alone it is a promise that nobody keeps. Notes are read here, so that when they
    were read last tells nothing."""
    try:
        told: Any = json_value(path.read_text(encoding="utf-8"))
        return "" if told.get("sha256") in gone else "notes on what stays"
    except (OSError, ValueError, AttributeError):
        return "cannot be read"


def _in_use(path: Path, since: float) -> str:
    return "used lately" if used_since(path, since) else ""


def _of_runs(runs: Path) -> Iterator[Path]:
    yield from runs.glob(f"*/{_INDEX}")
    yield from runs.glob(f"*/{SEEDS}/*/{_INDEX}")


def _reports(places: Places) -> Iterator[Path]:
    for root in (places.runs, places.compared):
        yield from root.glob("*/report*/*.json")


def _indices(roots: Sequence[Path]) -> Iterator[Path]:
    """Saved datasets. Links are followed here: what is only read may lie anywhere."""
    for root in roots:
        for folder, inner, names in os.walk(root, followlinks=True):
            if len(Path(folder).relative_to(root).parts) >= _DEPTH:
                inner.clear()
            yield from (Path(folder) / name for name in names if name == _INDEX)
