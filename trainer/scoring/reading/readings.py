"""What readers saw in pictures, kept on disk a line a picture, so that no reader reads one twice.

Each reader has a file of its own: readings of two never mix. A line holds for a picture as long as its file has not
changed; the last one of a picture counts, and a line that was cut short counts as none.
"""

import base64
import hashlib
import json
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any, cast

import numpy as np

from ...faces.face import Face
from ...storage.values import canonical_json, json_value
from ..drawing import refused_write
from .descriptor import Description

FOLDER = "readings"
_VERSION = 1
"""In every file's name: another one has all pictures read again."""

_Place = tuple[int, int]
"""A line's first byte in its file, and how many there are."""


class Readings:
    """One reader's. `who` is everything that its readings depend on: its name, the words it may say."""

    def __init__(self, out: Path, kind: str, who: Any) -> None:
        name = hashlib.sha256(canonical_json([_VERSION, kind, who]).encode()).hexdigest()[:12]
        self._path = out / FOLDER / f"{kind}-{name}.jsonl"
        self._known: dict[str, _Place] | None = None
        self._new: dict[str, bytes] = {}

    def get(self, key: str) -> Any:
        """What was read of the picture of that key; None where nothing was."""
        if key in self._new:
            return json_value(self._new[key])[1]
        place = self._places.get(key)
        if place is None:
            return None
        start, size = place
        try:
            with self._path.open("rb") as file:
                file.seek(start)
                known, reading = json_value(file.read(size))
        except (OSError, ValueError, TypeError):
            # Taken away or written anew by somebody else meanwhile.
            return None
        return reading if known == key else None

    def keep(self, key: str, reading: Any) -> None:
        """Known at once, on disk with the next `save`."""
        self._new[key] = json.dumps([key, reading]).encode()

    def save(self) -> None:
        """RunError when the disk refuses."""
        if not self._new:
            return
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            # A line of a killed process may lack its end.
            lines = b"\n" + b"\n".join(self._new.values()) + b"\n"
            with self._path.open("ab") as file:
                file.write(lines)
                start = file.tell() - len(lines) + 1
        except OSError as fault:
            raise refused_write(self._path, fault) from fault
        places = self._places
        for key, line in self._new.items():
            places[key] = start, len(line)
            start += len(line) + 1
        self._new.clear()

    @property
    def _places(self) -> dict[str, _Place]:
        """Where each line lies: readings of hundreds of columns do not fit in memory."""
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


def _lines(path: Path) -> Iterator[tuple[str, _Place]]:
    """Of every whole line its key, start and length in bytes."""
    try:
        with path.open("rb") as file:
            start = 0
            for line in file:
                try:
                    key, _ = json_value(line)
                    yield str(key), (start, len(line))
                except (ValueError, TypeError):
                    pass
                start += len(line)
    except OSError:
        return
