"""What readers saw in pictures, kept on disk a line a picture, so that no reader reads one twice.

Each reader has a file of its own: readings of two never mix. A line holds for a picture as long as its file has not
changed; the last one of a picture counts, and a line that was cut short counts as none.
"""

import base64
import hashlib
import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any, cast

import numpy as np

from ...faces.face import Face
from ...storage.values import canonical_json
from ..drawing import refused_write
from .descriptor import Description

FOLDER = "readings"
_VERSION = 1
"""In every file's name: another one has all pictures read again."""


class Readings:
    """One reader's. `who` is everything that its readings depend on: its name, the words it may say."""

    def __init__(self, out: Path, kind: str, who: Any) -> None:
        name = hashlib.sha256(canonical_json([_VERSION, kind, who]).encode()).hexdigest()[:12]
        self._path = out / FOLDER / f"{kind}-{name}.jsonl"
        self._known: dict[str, Any] | None = None
        self._new: list[str] = []

    def get(self, key: str) -> Any:
        """What was read of the picture of that key; None where nothing was."""
        return self._rows.get(key)

    def keep(self, key: str, reading: Any) -> None:
        """Known at once, on disk with the next `save`."""
        self._rows[key] = reading
        self._new.append(json.dumps([key, reading]))

    def save(self) -> None:
        """RunError when the disk refuses."""
        if not self._new:
            return
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            # A line of a killed process may lack its end.
            with self._path.open("a", encoding="utf-8", newline="\n") as file:
                file.write("\n" + "\n".join(self._new) + "\n")
        except OSError as fault:
            raise refused_write(self._path, fault) from fault
        self._new.clear()

    @property
    def _rows(self) -> dict[str, Any]:
        if self._known is None:
            self._known = dict(_lines(self._path))
        return self._known


def stamped(key: str, path: Path) -> str:
    """The key of a picture's file as it is now."""
    stat = path.stat()
    return f"{key} {stat.st_size} {stat.st_mtime_ns}"


def faces_json(faces: Sequence[Face]) -> list[dict[str, Any]]:
    """Faces in plain JSON, every number to its last bit."""
    return [{each.name: _plain(getattr(face, each.name)) for each in fields(face)} for face in faces]


def faces_of(rows: Sequence[Mapping[str, Any]]) -> list[Face]:
    names = {each.name for each in fields(Face)}
    return [Face(**{name: _face_value(name, value) for name, value in row.items() if name in names}) for row in rows]


def description_json(description: Description) -> dict[str, Any]:
    return {each.name: _plain(getattr(description, each.name)) for each in fields(description)}


def description_of(row: Mapping[str, Any]) -> Description:
    held: dict[str, Any] = {name: None if value is None else array_of(value) for name, value in row.items()}
    return Description(**held)


def array_json(array: np.ndarray[Any, Any]) -> list[Any]:
    """Type, shape and bytes."""
    whole = np.ascontiguousarray(array)
    data = base64.b64encode(zlib.compress(whole.tobytes(), 1)).decode()
    return [whole.dtype.str, list(array.shape), data]


def array_of(row: Sequence[Any]) -> np.ndarray:
    kind, shape, data = row
    return np.frombuffer(zlib.decompress(base64.b64decode(data)), dtype=np.dtype(kind)).reshape(shape).copy()


def _plain(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return array_json(cast(np.ndarray[Any, Any], value))
    if isinstance(value, tuple):
        return [_plain(each) for each in cast(tuple[Any, ...], value)]
    return None if value is None else float(value)


def _face_value(name: str, value: Any) -> Any:
    if name == "embedding":
        return array_of(value)
    if name == "points":
        return tuple(tuple(point) for point in value)
    return tuple(value) if name == "box" else value


def _lines(path: Path) -> list[tuple[str, Any]]:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return []
    found: list[tuple[str, Any]] = []
    for line in text.splitlines():
        try:
            key, reading = json.loads(line)
        except (ValueError, TypeError):
            continue
        found.append((str(key), reading))
    return found
