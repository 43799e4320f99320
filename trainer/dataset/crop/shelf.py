"""What a folder of crops remembers: faces that were found and crops that were cut, so that neither is done twice."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, cast

from ...errors import DatasetError
from ...images.masks import LABEL
from ...storage.atomic import write_atomically
from .geometry import Box

_NOTES = ".notes"


@dataclass(frozen=True, kw_only=True)
class Found:
    """The character's face in a picture, in its pixels, and how it was found. `eye_height`: the eyes' y, if known."""

    box: Box
    reader: str
    rung: str
    yaw: float | None = None
    pitch: float | None = None
    roll: float | None = None
    eye_height: float | None = None


@dataclass(frozen=True, kw_only=True)
class Made:
    """A crop on disk, by the sha256 of its pixels as they load; `clear`: the file keeps transparency besides.

    `mask_sha256` names the values of its mask, where that is a file of its own.
    """

    sha256: str
    width: int
    height: int
    clear: bool = False
    mask_sha256: str | None = None


class CropShelf:
    """A folder of `<sha256>.png` with notes on what they came from. Notes of lost pictures are not believed.

    Transparent ones are `<sha256>-clear.png`: flattened they can be the same picture as an opaque one.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def picture(self, made: Made) -> Path:
        return self._folder / f"{made.sha256}{'-clear' if made.clear else ''}.png"

    def mask(self, made: Made) -> Path | None:
        if made.mask_sha256 is None:
            return None
        return self._folder / f"{made.sha256}-{made.mask_sha256[:16]}{LABEL}.png"

    def face(self, key: str) -> tuple[bool, Found | None]:
        """Whether somebody looked, and what was found."""
        note = self._note(key)
        if note is None:
            return False, None
        face: dict[str, Any] | None = note["face"]
        if face is not None:
            face["box"] = tuple(face["box"])
        return True, None if face is None else Found(**face)

    def keep_face(self, key: str, face: Found | None) -> None:
        self._write(key, {"face": None if face is None else asdict(face)})

    def crop(self, key: str) -> Made | None:
        note = self._note(key)
        if note is None:
            return None
        made = Made(**note)
        mask = self.mask(made)
        is_whole = self.picture(made).is_file() and (mask is None or mask.is_file())
        return made if is_whole else None

    def keep_crop(self, key: str, made: Made, png: bytes, mask_png: bytes | None = None) -> None:
        """The pictures first: a note is the promise that they are whole."""
        if not self.picture(made).is_file():
            _write(self.picture(made), png)
        mask = self.mask(made)
        if mask is not None and mask_png is not None:
            _write(mask, mask_png)
        self._write(key, asdict(made))

    def _note(self, key: str) -> dict[str, Any] | None:
        try:
            data: object = json.loads((self._folder / _NOTES / f"{key}.json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        return cast(dict[str, Any], data) if isinstance(data, dict) else None

    def _write(self, key: str, note: Mapping[str, Any]) -> None:
        _write(self._folder / _NOTES / f"{key}.json", json.dumps(note).encode())


def _write(path: Path, data: bytes) -> None:
    try:
        write_atomically(path, data)
    except OSError as fault:
        why = fault.strerror or str(fault)
        raise DatasetError(f"Cannot write {path}: {why}. Free some space or choose another folder.") from fault
