"""The files that a base comes in besides its own: of the host's text_encoders and vae folders, chosen or found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import folder_paths

from ...trainer.errors import ModelError, shortened
from .folders import WEIGHTS

if TYPE_CHECKING:
    from ...trainer.families.spec import FilePart

AUTOMATIC = "automatic"


def part_choices(folder: str) -> list[str]:
    """What a widget for files of one of the host's folders offers."""
    return [AUTOMATIC, *_files(folder)]


def base_parts(path: Path, chosen: Mapping[str, Sequence[str]]) -> dict[str, Path]:
    """The parts of the base in `path` by name: of the files `chosen` in each of the host's folders the one that is such
    a part, else the likeliest of that folder; what is nowhere is left out.

    ModelError for a chosen file that is no part of the base.
    """
    from ...trainer.families.part_files import best_part
    from ...trainer.families.registry import files_words
    from ...trainer.storage.tensor_header import read_header

    spec = files_words(path)[0]
    parts = spec.file_parts if spec.sized_parts is None else spec.sized_parts(read_header(path))
    parts = [part for part in parts if part.marks]
    found = _chosen(path, parts, chosen)
    for part in parts:
        if part.name not in found and (place := best_part(part, map(Path, _paths(part.folder)))):
            found[part.name] = place
    return found


def _chosen(path: Path, parts: Sequence[FilePart], chosen: Mapping[str, Sequence[str]]) -> dict[str, Path]:
    from ...trainer.families.part_files import is_part

    found: dict[str, Path] = {}
    for folder, names in chosen.items():
        for name in names:
            if name == AUTOMATIC:
                continue
            place = Path(folder_paths.get_full_path(folder, name) or name)
            part = next((p for p in parts if p.folder == folder and is_part(p, place)), None)
            if part is None:
                wanted = [part.title for part in parts if part.folder == folder]
                hint = f"It takes {' and '.join(wanted)}" if wanted else "It has all parts inside"
                raise ModelError(f"{shortened(name)} is no part of {path.name}. {hint}; choose {AUTOMATIC}.")
            found[part.name] = place
    return found


def _files(folder: str) -> list[str]:
    if folder not in folder_paths.folder_names_and_paths:
        return []
    return [name for name in folder_paths.get_filename_list(folder) if name.lower().endswith(WEIGHTS)]


def _paths(folder: str) -> list[str]:
    return [path for name in _files(folder) if (path := folder_paths.get_full_path(folder, name))]
